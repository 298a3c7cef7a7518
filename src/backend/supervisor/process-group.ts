/** The processes of one cell, each proven to be ours before it is signalled. */
import type { Clock } from '../../clock.ts';
import { least } from '../../domain/long-lists.ts';
import { listensOn } from './proc/listening.ts';
import { findMarked } from './proc/marked.ts';
import {
  findProcess,
  isLiving,
  listStats,
  type ProcessIdentity,
  type ProcessStat,
  readStat,
} from './proc/stat.ts';

/**
 * A process is ours when one of these holds:
 * - it is our own child that was not reaped yet, or was recorded as such (pid, start time, boot) and carries the cell's mark;
 * - its environment carries the cell's mark, an unguessable id;
 * - it was in the session of the first process, our own child, in the moment in which that one was reaped;
 * - it is in the group or session of the first process while a process proven before is in it too: as long as any process is in a
 *   group or a session, the kernel gives its number to no other, and only descendants of the first process can enter either.
 * What was proven once stays proven, by pid and start time, even when its environment cannot be read any more.
 */
export class ProcessGroup {
  readonly uuid: string;
  /** Id of the group and of the session that the first process was started with: its pid. Null when nobody knows any more. */
  readonly leader: ProcessIdentity | null;
  readonly #clock: Clock;
  readonly #proven = new Map<number, ProcessIdentity>();
  /** No member is older than the first process. */
  readonly #earliestTicks: number;

  /** @param proven the first process, and others that are known to be ours already. */
  constructor(
    uuid: string,
    leader: ProcessIdentity | null,
    proven: readonly ProcessIdentity[],
    clock: Clock,
  ) {
    this.uuid = uuid;
    this.leader = leader;
    this.#clock = clock;
    for (const identity of proven) this.#proven.set(identity.pid, identity);
    this.#earliestTicks = Math.min(
      leader?.startTicks ?? Number.POSITIVE_INFINITY,
      least(proven.map((identity) => identity.startTicks)),
    );
  }

  /** The first process while it lives, else null. */
  livingLeader(): ProcessStat | null {
    const stat = this.leader && findProcess(this.leader);
    return stat && isLiving(stat) ? stat : null;
  }

  /** Those of the members found before that still live; cheap. */
  knownMembers(): readonly ProcessStat[] {
    return [...this.#proven.values()].flatMap((identity) => {
      const stat = findProcess(identity);
      if (!stat) this.#proven.delete(identity.pid);
      return stat && isLiving(stat) ? stat : [];
    });
  }

  /**
   * Looks at the groups of all processes, but into no environment: finds every member but those that left the group and the session.
   * @param all the system's processes, for a caller who asks several groups.
   */
  nearMembers(all: readonly ProcessStat[] = listStats()): readonly ProcessStat[] {
    this.#proveCompanions(all);
    return this.knownMembers();
  }

  /**
   * To be called in the moment in which our own child, the first process, was reaped: whoever is in its session then was in it while
   * it lived, also without a mark and never seen before. A moment later its pid could be another's.
   */
  proveOrphans(): void {
    const { leader } = this;
    if (!leader || readStat(leader.pid)) return;
    for (const stat of listStats()) {
      if (stat.sessionId === leader.pid && stat.startTicks >= leader.startTicks)
        this.#proven.set(stat.pid, stat);
    }
  }

  /** Whether one of them is who listens on that port. */
  async listensOn(port: number): Promise<boolean> {
    for (const { pid } of this.nearMembers()) if (await listensOn(pid, port)) return true;
    return false;
  }

  /** Looks through all processes; resolves with every member that lived when it began: where none did, nobody could start another since. */
  async scan(): Promise<readonly ProcessStat[]> {
    const all = listStats();
    const candidates = all.filter((stat) => !this.#isProven(stat) && stat.startTicks >= this.#earliestTicks);
    for (const { stat, uuid } of await findMarked(candidates, this.#clock)) {
      if (uuid === this.uuid) this.#proven.set(stat.pid, stat);
    }
    this.#proveCompanions(all);
    return all.filter((stat) => this.#isProven(stat) && isLiving(stat));
  }

  /**
   * Signals every member found before that still lives. Between the last look at a process and its signal nothing else of ours runs:
   * only within these microseconds could its pid get another owner.
   * @param told pids that have had it already.
   */
  signal(signal: NodeJS.Signals, told: ReadonlySet<number> = new Set()): void {
    const members = this.nearMembers().filter(({ pid }) => !told.has(pid));
    if (told.size > 0) {
      for (const member of members) send(member.pid, signal);
      return;
    }
    const groupId = this.leader?.pid;
    if (groupId !== undefined && members.some((member) => member.groupId === groupId)) {
      send(-groupId, signal);
    }
    for (const member of members) if (member.groupId !== groupId) send(member.pid, signal);
  }

  /** Proves those without the mark (their environment was cleared, or they are just being started) by the company they are in. */
  #proveCompanions(all: readonly ProcessStat[]): void {
    const leader = this.leader;
    if (!leader) return;
    const together = all.filter((stat) => stat.groupId === leader.pid || stat.sessionId === leader.pid);
    // A zombie keeps the number as well as a living one does.
    if (!together.some((stat) => this.#isProven(stat))) return;
    for (const stat of together) this.#proven.set(stat.pid, stat);
  }

  #isProven(stat: ProcessStat): boolean {
    return this.#proven.get(stat.pid)?.startTicks === stat.startTicks;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it went by itself. EPERM: it took on another user's rights, and shows as one that does not end.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** One process under supervision, with all the children that it starts. */
import { type Clock, sleep } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { endGroup } from './end-group.ts';
import { environmentDigest, withoutMarks } from './environment.ts';
import { ProcessStuckError } from './errors.ts';
import type { Leader } from './leader.ts';
import type { OutputFile } from './output-file.ts';
import { readEnviron } from './proc/environ.ts';
import { programOf } from './proc/host.ts';
import { type HostMemory, memoryOf } from './proc/memory.ts';
import type { ProcessStat } from './proc/stat.ts';
import { type ExitStatus, explainExit, type ProcessExit } from './process-exit.ts';
import type { ProcessGroup } from './process-group.ts';
import type { ProcessRecord, ProcessRecords } from './process-record.ts';
import { nextProcessState, type ProcessEvent, type ProcessState } from './state.ts';

export interface SupervisedParts {
  readonly record: ProcessRecord;
  readonly records: ProcessRecords;
  readonly leader: Leader;
  readonly group: ProcessGroup;
  readonly output: OutputFile;
  /** Found again, and READY: an earlier server had started it. */
  readonly adopted: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: (process: SupervisedProcess) => void;
}

const LAST_LINES = 20;
/** Between two attempts to end what does not end. */
const STUCK_RETRY_MS = 5_000;

export class SupervisedProcess {
  readonly output: OutputFile;
  /** Started by an earlier server of ours. */
  readonly adopted: boolean;
  /** Its first process is dead: nothing answers any more. Never rejects. */
  readonly died: Promise<ProcessExit>;
  /** None of its processes is left: what they held is free. Never rejects; does not resolve for one that was released. */
  readonly gone: Promise<ProcessExit>;

  readonly #records: ProcessRecords;
  readonly #leader: Leader;
  readonly #group: ProcessGroup;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onChange: (process: SupervisedProcess) => void;
  readonly #resolveGone: (exit: ProcessExit) => void;
  readonly #cleared = Promise.withResolvers<ProcessExit>();
  readonly #stuck = Promise.withResolvers<never>();
  readonly #released = new AbortController();
  #record: ProcessRecord;
  #state: ProcessState;
  #writes: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;
  #exit: ProcessExit | undefined;
  /** Its record is being removed, and no write may bring it back. */
  #isOver = false;

  constructor(parts: SupervisedParts) {
    this.output = parts.output;
    this.adopted = parts.adopted;
    this.#record = parts.record;
    this.#records = parts.records;
    this.#leader = parts.leader;
    this.#group = parts.group;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#onChange = parts.onChange;
    this.#state = parts.adopted ? 'READY' : 'STARTING';
    const gone = Promise.withResolvers<ProcessExit>();
    this.gone = gone.promise;
    this.#resolveGone = gone.resolve;
    this.died = parts.leader.death.then((status) => this.#die(status));
    // Heard by those who call `end`; nobody has to.
    this.#stuck.promise.catch(() => {});
  }

  get uuid(): string {
    return this.#record.uuid;
  }

  get name(): string {
    return this.#record.name;
  }

  get pid(): number {
    return this.#leader.identity.pid;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** What is kept of it in the data folder. */
  get record(): ProcessRecord {
    return this.#record;
  }

  /** Null until it is ready. */
  get port(): number | null {
    return this.#record.port;
  }

  get note(): Json {
    return this.#record.note;
  }

  /** Epoch milliseconds. */
  get startedAt(): number {
    return this.#record.startedAt;
  }

  /** Undefined while its first process lives. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** Resolves when the new note is in the record; the newest of several wins. */
  async setNote(note: Json): Promise<void> {
    await this.#keep({ note });
  }

  /**
   * It serves on `port`: in the record first, so that a crash of ours right afterwards does not lose it. A script that put its
   * program in its own place runs another file by now than at its start, and a shell adds variables of its own.
   */
  async answer(port: number): Promise<void> {
    await this.#keep({ port, ...(await this.#asItServes()) });
    if (this.#state === 'STARTING') this.#take('answer');
  }

  /** Of all its processes but those that left its session. @param all the system's processes, for a caller who asks several. */
  memory(all?: readonly ProcessStat[]): Promise<HostMemory> {
    return memoryOf(this.#group.nearMembers(all).map((member) => member.pid));
  }

  /** Whether it, or a child of its, is who listens on that port. */
  listensOn(port: number): Promise<boolean> {
    return this.#group.listensOn(port);
  }

  /**
   * The processes that belong to it, the first one included, but those that left its session.
   * @param all the system's processes, for a caller who asks several.
   */
  memberPids(all?: readonly ProcessStat[]): readonly number[] {
    return this.#group.nearMembers(all).map((member) => member.pid);
  }

  /**
   * Ends it and its children: SIGTERM, a grace, SIGKILL. Resolves when nothing of it is left, a moment after `gone`: not even its record.
   * @throws ProcessStuckError when not even SIGKILL helps; it is tried again and `gone` tells when it has
   */
  async end(): Promise<ProcessExit> {
    if (this.#state === 'STARTING' || this.#state === 'READY') this.#take('stop');
    this.#clearAway();
    return Promise.race([this.#cleared.promise, this.#stuck.promise]);
  }

  /** Looks after it no longer and leaves it running. Resolves when its record is as it shall stay. */
  async release(): Promise<void> {
    this.#released.abort();
    this.#leader.release();
    this.output.close();
    // Whoever asked for the write was told when it failed.
    await this.#writes.catch(() => {});
  }

  #die(status: ExitStatus): ProcessExit {
    if (!this.adopted) this.#group.proveOrphans();
    // Before anything is told: whoever follows the output has its last lines first.
    this.output.look();
    const asked = this.#state === 'STOPPING';
    const at = this.#clock.now();
    this.#exit = {
      ...status,
      asked,
      why: explainExit(status, asked),
      lastLines: this.output.tail(LAST_LINES),
      at,
      livedMs: Math.max(0, at - this.startedAt),
    };
    this.#take('die');
    this.#clearAway();
    return this.#exit;
  }

  #clearAway(): void {
    this.#ending ??= this.#endUntilGone();
  }

  /** The background task that sees it to its end; it never fails, it tries again. */
  async #endUntilGone(): Promise<void> {
    while (!(await this.#tryToEnd())) {
      await sleep(this.#clock, STUCK_RETRY_MS, this.#released.signal).catch(() => {});
      if (this.#released.signal.aborted) return;
    }
    this.#leader.check();
    const exit = await this.died;
    this.#resolveGone(exit);
    this.output.close();
    this.#isOver = true;
    await this.#writes.catch(() => {});
    await this.#records.remove(this.uuid).catch((error: unknown) => {
      // Harmless: the next start finds it dead and tries again.
      this.#logger.warn('The record of an ended process cannot be removed.', {
        cell: this.uuid,
        cause: messageOf(error),
      });
    });
    this.#take('clear');
    this.#cleared.resolve(exit);
  }

  async #tryToEnd(): Promise<boolean> {
    try {
      const outcome = await endGroup(this.#group, { graceMs: this.#record.graceMs, clock: this.#clock });
      if (outcome.kind === 'gone') return true;
      throw new ProcessStuckError(
        this.name,
        outcome.members.map((member) => member.pid),
      );
    } catch (error) {
      this.#logger.error(messageOf(error), { cell: this.uuid });
      this.#stuck.reject(error);
      return false;
    }
  }

  async #asItServes(): Promise<Partial<ProcessRecord>> {
    const [program, environ] = await Promise.all([programOf(this.pid), readEnviron(this.pid, this.#clock)]);
    const { process } = this.#record;
    return {
      process: process && { ...process, program },
      ...(environ.kind === 'read' && {
        environmentDigest: environmentDigest(withoutMarks(environ.variables)),
      }),
    };
  }

  /** One after the other: an older record must not come after a newer one. */
  #keep(change: Partial<ProcessRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    const write = async () => {
      if (!this.#isOver) await this.#records.write(this.#record);
    };
    this.#writes = this.#writes.then(write, write);
    return this.#writes;
  }

  #take(event: ProcessEvent): void {
    this.#state = nextProcessState(this.#state, event);
    this.#onChange(this);
  }
}

/** What an earlier server of ours left running. */
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { environmentDigest, withoutMarks } from './environment.ts';
import { readEnviron } from './proc/environ.ts';
import { runsFile, sharesFolder } from './proc/host.ts';
import { findMarked, type Marked } from './proc/marked.ts';
import { findProcess, isLiving, listStats, type ProcessIdentity } from './proc/stat.ts';
import { ProcessGroup } from './process-group.ts';
import type { ProcessRecord, ProcessRecords } from './process-record.ts';

/** Living processes that are proven to be ours, and what is known of them. */
export interface Survivor {
  readonly uuid: string;
  /** Null when it is lost; such a one can only be ended. */
  readonly record: ProcessRecord | null;
  /** The first process; null when it is dead and only children of its are left. */
  readonly leader: ProcessIdentity | null;
  /** All that carry its mark. */
  readonly pids: readonly number[];
  /** Whether the first process still has the environment and runs the file that it was started with; false when one of it cannot be told. */
  readonly environmentAsRecorded: boolean;
  readonly programAsRecorded: boolean;
  readonly group: ProcessGroup;
}

export interface SurvivorSearch {
  readonly records: ProcessRecords;
  readonly home: string;
  readonly bootId: string;
  /** Not ours to find: they are under supervision now. */
  readonly isSupervised: (uuid: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Looks through the records and all processes; removes the records of what is dead. */
export async function findSurvivors(search: SurvivorSearch): Promise<readonly Survivor[]> {
  const { records, clock } = search;
  // The records first: whatever starts in between is under supervision.
  const recorded = await records.readAll();
  const others = listStats().filter((stat) => stat.pid !== process.pid);
  const marked = Map.groupBy(await findMarked(others, clock), ({ uuid }) => uuid);
  const found: Survivor[] = [];
  for (const [uuid, record] of recorded) {
    if (search.isSupervised(uuid)) continue;
    const members = marked.get(uuid);
    if (members) found.push(await survivorOf(uuid, record, members, search.bootId, clock));
    else if (!(await isUnprovable(record, search))) await records.remove(uuid);
  }
  for (const [uuid, members] of marked) {
    if (recorded.has(uuid) || search.isSupervised(uuid)) continue;
    const ours = await ofHome(members, search.home);
    if (ours.length > 0) found.push(await survivorOf(uuid, null, ours, search.bootId, clock));
  }
  await records.tidy(search.isSupervised);
  return found;
}

async function survivorOf(
  uuid: string,
  record: ProcessRecord | null,
  members: readonly Marked[],
  bootId: string,
  clock: Clock,
): Promise<Survivor> {
  const known = record?.process?.bootId === bootId ? record.process : null;
  const first = members.find(({ stat }) =>
    known
      ? stat.pid === known.pid && stat.startTicks === known.startTicks
      : stat.pid === stat.groupId && stat.pid === stat.sessionId,
  );
  return {
    uuid,
    record,
    leader: first?.stat ?? null,
    pids: members.map(({ stat }) => stat.pid),
    environmentAsRecorded:
      first !== undefined && environmentDigest(withoutMarks(first.environ)) === record?.environmentDigest,
    programAsRecorded:
      first !== undefined && !!known?.program && (await runsFile(first.stat.pid, known.program)),
    group: new ProcessGroup(
      uuid,
      known ?? first?.stat ?? null,
      members.map(({ stat }) => stat),
      clock,
    ),
  };
}

/**
 * A process of the recorded pid and start time that may not be looked into is most likely ours, but that is no proof: it is left
 * alone, and so is its record, for a start that can see more.
 */
async function isUnprovable(record: ProcessRecord | null, search: SurvivorSearch): Promise<boolean> {
  const known = record?.process?.bootId === search.bootId ? record.process : null;
  const stat = known && findProcess(known);
  if (!stat || !isLiving(stat)) return false;
  if ((await readEnviron(stat.pid, search.clock)).kind !== 'unreadable') return false;
  search.logger.warn(
    `Process ${stat.pid} is most likely ${record?.name} of an earlier server, but its environment cannot be read, so it is left alone. End it by hand if it holds memory.`,
    { cell: record?.uuid },
  );
  return true;
}

async function ofHome(members: readonly Marked[], home: string): Promise<readonly Marked[]> {
  const own = await Promise.all(
    members.map(async (member) => member.home === home && (await sharesFolder(member.stat.pid, home))),
  );
  return members.filter((_member, index) => own[index]);
}

/** Ends all processes of a group: SIGTERM, a grace, SIGKILL. */
import { type Clock, sleep } from '../../clock.ts';
import { holdEventLoop } from './hold-event-loop.ts';
import type { ProcessStat } from './proc/stat.ts';
import type { ProcessGroup } from './process-group.ts';

export interface EndOptions {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  readonly clock: Clock;
}

export type EndOutcome =
  | { readonly kind: 'gone'; readonly killed: boolean }
  /** These do not end; ask again later. */
  | { readonly kind: 'stuck'; readonly members: readonly ProcessStat[] };

/** Children whose parent is dead wait for nothing: they get this long. */
const ORPHAN_GRACE_MS = 200;
/** A process that SIGKILL does not end within this is held by the kernel. */
const KILL_LIMIT_MS = 10_000;
const FIRST_POLL_MS = 5;
const LONGEST_POLL_MS = 100;

/** Resolves when no member that is not a zombie remains, or when SIGKILL has not helped for ten seconds. */
export async function endGroup(group: ProcessGroup, options: EndOptions): Promise<EndOutcome> {
  const { clock } = options;
  using _running = holdEventLoop();
  // Those that are at hand need not wait for the look through all processes. Told twice, a program may end without tidying up.
  const told = new Set(group.nearMembers().map(({ pid }) => pid));
  if (told.size > 0) group.signal('SIGTERM');
  const members = await group.scan();
  if (members.length === 0) return { kind: 'gone', killed: false };
  group.signal('SIGTERM', told);
  const graceEnd = clock.monotonic() + options.graceMs;
  let orphanedAt = Number.POSITIVE_INFINITY;
  const emptied = await poll(group, clock, () => {
    const now = clock.monotonic();
    if (!group.livingLeader()) orphanedAt = Math.min(orphanedAt, now);
    return now < Math.min(graceEnd, orphanedAt + ORPHAN_GRACE_MS);
  });
  if (emptied) return { kind: 'gone', killed: false };
  const killEnd = clock.monotonic() + KILL_LIMIT_MS;
  const killed = await poll(group, clock, () => {
    group.signal('SIGKILL');
    return clock.monotonic() < killEnd;
  });
  return killed ? { kind: 'gone', killed } : { kind: 'stuck', members: group.knownMembers() };
}

/** True when the group is empty; false when `goOn` ends the wait before. */
async function poll(group: ProcessGroup, clock: Clock, goOn: () => boolean): Promise<boolean> {
  let waitMs = FIRST_POLL_MS;
  for (;;) {
    // The full look is for those that were started since the last one; it costs more, so it comes when the known ones are gone.
    if (group.knownMembers().length === 0 && (await group.scan()).length === 0) return true;
    if (!goOn()) return false;
    await sleep(clock, waitMs);
    waitMs = Math.min(waitMs * 1.5, LONGEST_POLL_MS);
  }
}

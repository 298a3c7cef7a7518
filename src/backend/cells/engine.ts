/** The engine process of a cell: that it lives is what residency means. `/api/ps` goes on listing an engine that was killed. */
import { readFileSync } from 'node:fs';
import {
  findProcess,
  isLiving,
  type ProcessIdentity,
  type ProcessStat,
  readStat,
} from '../supervisor/proc/stat.ts';

/**
 * The engine among a cell's processes; null when there is none. Looking for GPUs starts the same program without a model, so the
 * command line decides where several are left.
 * @param memberPids with the cell's own.
 */
export function findEngine(memberPids: readonly number[], cellPid: number): ProcessIdentity | null {
  const children = memberPids
    .filter((pid) => pid !== cellPid)
    .flatMap((pid) => readStat(pid) ?? [])
    .filter(isLiving);
  const [engine] = [...children.filter(holdsModel), ...(children.length === 1 ? children : [])];
  return engine ? { pid: engine.pid, startTicks: engine.startTicks } : null;
}

/**
 * One whose first thread has ended is as good as dead, though others of it may still be on their way out: a request that came between
 * would be answered by a new engine, unseen.
 */
export function isAlive(engine: ProcessIdentity): boolean {
  return livingEngine(engine) !== null;
}

/** Null when it is not alive. */
export function livingEngine(engine: ProcessIdentity): ProcessStat | null {
  const stat = findProcess(engine);
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : null;
}

function holdsModel({ pid }: ProcessStat): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('--model');
  } catch {
    return false;
  }
}

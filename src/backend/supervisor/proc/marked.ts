/** Processes that carry our marks, wherever in the system they are. */
import type { Clock } from '../../../clock.ts';
import { CELL_VARIABLE, HOME_VARIABLE } from '../environment.ts';
import { eachLimited } from './each-limited.ts';
import { type Environ, readEnviron } from './environ.ts';
import { isLiving, isSame, type ProcessStat, readStat } from './stat.ts';

export interface Marked {
  readonly stat: ProcessStat;
  readonly uuid: string;
  /** The data folder of whoever started it. */
  readonly home: string | null;
  readonly environ: Readonly<Record<string, string>>;
}

/** The thread pool has four threads; a few more requests keep them busy, many would only keep others waiting. */
const READS_AT_ONCE = 6;

/** Those of `candidates` that live and carry a mark. */
export async function findMarked(
  candidates: readonly ProcessStat[],
  clock: Clock,
): Promise<readonly Marked[]> {
  const found: Marked[] = [];
  await eachLimited(candidates.filter(isLiving), READS_AT_ONCE, async (stat) => {
    const marked = marksOf(stat, await readEnviron(stat.pid, clock));
    // Read again: the pid may have got another owner before its environment was read.
    const now = marked && readStat(stat.pid);
    if (now && isSame(now, stat)) found.push({ ...marked, stat: now });
  });
  return found;
}

function marksOf(stat: ProcessStat, environ: Environ): Marked | null {
  if (environ.kind !== 'read') return null;
  const uuid = environ.variables[CELL_VARIABLE];
  if (!uuid) return null;
  return { stat, uuid, home: environ.variables[HOME_VARIABLE] ?? null, environ: environ.variables };
}

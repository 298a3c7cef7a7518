/** What keeps a model out, and who stands how to making room for it, in the words of a waiting job. */
import { footprintBytes } from '../../domain/instance.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { countLimit } from '../decide/limits.ts';
import type { NoRoom, Resident, Stance } from '../decide/verdict.ts';

/** An unload that takes longer is said to be stuck. */
export const LATE_UNLOAD_MS = 30_000;

const STAYS: Readonly<Record<Exclude<Stance, 'MOVING'>, string>> = {
  IDLE: 'has nothing to do',
  SPARE: 'does what another backend does as well',
  FORCED: 'gives way',
  OUTRANKED: 'gives way to who comes before its jobs',
  HAS_WORK: 'has work of its own',
  RUNNING: 'runs a job that is as urgent',
  MORE_URGENT: 'served a more urgent job just now',
  JUST_LOADED: 'was just loaded',
  PINNED: 'is pinned',
};

/** Who is in memory and why that does not change now; and when it may. */
export function whyNoRoom(verdict: NoRoom, now: number): string {
  const residents = verdict.residents.map(({ resident, stance }) => {
    const how = stance === 'MOVING' ? movement(resident, now) : STAYS[stance];
    return `${resident.variant.modelName} (${formatBytes(footprintBytes(resident))}) ${how}`;
  });
  const until = verdict.until === null ? '' : `; a swap is forced in ${formatDuration(verdict.until - now)}`;
  return `${limit(verdict)}; ${residents.join(', ') || 'nothing of ours is in memory'}${until}.`;
}

function limit({ obstacle, needBytes, freeBytes, place }: NoRoom): string {
  const what = `Needs ${formatBytes(needBytes)}, ${formatBytes(freeBytes)} free`;
  switch (obstacle) {
    case 'COUNT':
      return `${what}, but ${countLimit(place)}`;
    case 'BELIEF':
      return `${what}, but ${place.name} would not believe that and evict by itself`;
    case 'HOST':
    case 'MEMORY':
    case null:
      return what;
    default:
      return obstacle satisfies never;
  }
}

/** What an instance that is not ready is doing, and since when if that is too long. */
export function movement(instance: Resident, now: number): string {
  const { status, activeJobs, unloadStartedAt, loadStartedAt, nameless } = instance;
  switch (status) {
    case 'LOADING':
      return `has been loading for ${formatDuration(now - loadStartedAt)}`;
    case 'DRAINING':
      return activeJobs > 0
        ? `is to go and finishes ${activeJobs === 1 ? 'one job' : `${activeJobs} jobs`} first`
        : 'is to go';
    case 'UNLOADING': {
      if (nameless)
        return 'is what no name means any more, so its server cannot be told to let go of it and has to evict it';
      const sinceMs = now - (unloadStartedAt ?? now);
      const stuck = sinceMs > LATE_UNLOAD_MS ? ', and its server does not let go of it' : '';
      return `has been on its way out for ${formatDuration(sinceMs)}${stuck}`;
    }
    case 'FAILED':
      return 'failed and is cleared away';
    case 'READY':
    case 'GONE':
      return 'is on its way out';
    default:
      return status satisfies never;
  }
}

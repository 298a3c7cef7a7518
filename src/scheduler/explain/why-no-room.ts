/** What keeps a model out, and who stands how to making room for it, in the words of a waiting job. */

import { footprintBytes } from '../../domain/instance.ts';
import type { JobPriority } from '../../domain/job.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { Draft } from '../decide/draft.ts';
import { type Obstacle, obstacle } from '../decide/fit.ts';
import { refilledAt } from '../decide/forced-share.ts';
import { countLimit } from '../decide/limits.ts';
import type { BackendSnapshot, InstanceSnapshot, LoadOption, Snapshot } from '../decide/snapshot.ts';
import { type Stance, stanceOf } from '../decide/switch-test.ts';

/** An unload that takes longer is said to be stuck. */
export const LATE_UNLOAD_MS = 30_000;

const STAYS: Readonly<Record<Exclude<Stance, 'MOVING'>, string>> = {
  IDLE: 'has nothing to do',
  SPARE: 'does what another backend does as well',
  FORCED: 'gives way',
  HAS_WORK: 'has work of its own',
  MORE_URGENT: 'served a more urgent job just now',
  JUST_LOADED: 'was just loaded',
  PINNED: 'is pinned',
};

/** Who is in memory and why that does not change now; and when it may. */
export function whyNoRoom(
  { option, backend }: { readonly option: LoadOption; readonly backend: BackendSnapshot },
  { priority, overdueAt }: { readonly priority: JobPriority; readonly overdueAt: number },
  snapshot: Snapshot,
  now: number,
): string {
  const draft = new Draft(snapshot, now);
  const residents = backend.instances.map((instance) => {
    const { is: stance } = stanceOf(draft, backend, instance, { option, priority, forced: false });
    const how = stance === 'MOVING' ? movement(instance, now) : STAYS[stance];
    return `${instance.variant.modelName} (${formatBytes(footprintBytes(instance))}) ${how}`;
  });
  const forcedAt = Math.max(overdueAt, refilledAt(backend.forcedSeconds, now));
  const canForce = backend.instances.some(({ pinned, status }) => !pinned && status === 'READY');
  const until = canForce && forcedAt > now ? `; a swap is forced in ${formatDuration(forcedAt - now)}` : '';
  return `${limit(obstacle(option, backend), option, backend)}; ${residents.join(', ') || 'nothing of ours is in memory'}${until}.`;
}

function limit(found: Obstacle | null, option: LoadOption, backend: BackendSnapshot): string {
  const need = formatBytes(option.footprintBytes);
  const free = formatBytes(backend.gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0));
  switch (found) {
    case 'COUNT':
      return `Needs ${need}, ${free} free, but ${countLimit(backend)}`;
    case 'BELIEF':
      return `Needs ${need}, ${free} free, but ${backend.name} would not believe that and evict by itself`;
    case 'HOST':
    case 'MEMORY':
    case null:
      return `Needs ${need}, ${free} free`;
    default:
      return found satisfies never;
  }
}

/** What an instance that is not ready is doing, and since when if that is too long. */
export function movement(instance: InstanceSnapshot, now: number): string {
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

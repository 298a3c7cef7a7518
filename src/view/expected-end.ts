/** When a job that comes now should end. */
import type { NewJob } from '../domain/store.ts';
import type { JobSize } from '../domain/work.ts';
import type { Registry } from '../registry/registry.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import { estimateMs } from '../scheduler/runs/work-estimate.ts';
import { loadOption } from '../scheduler/snapshot/options.ts';

/** Epoch milliseconds; null where nobody can know. */
export function expectedEndOf(
  loop: Pick<SchedulerLoop, 'forecasts' | 'state'>,
  registry: Pick<Registry, 'resolve'>,
  { queue, client, priority }: Pick<NewJob, 'queue' | 'client' | 'priority'>,
  size: JobSize,
): number | null {
  const { backends, work } = loop.state;
  const [option] = [...backends.keys()].flatMap((id) => loadOption(queue, id, registry) ?? []);
  if (!option) return null;
  const runMs = estimateMs(work, { weights: option.variant.weights, client, size });
  const start = loop.forecasts.startOfNew(queue, { client, priority });
  return start === null || runMs === null ? null : Math.round(start + runMs);
}

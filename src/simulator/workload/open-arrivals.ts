/** Jobs that come without waiting for each other: all at once, one by one, or in bursts. */

import { type Draws, zipf } from './draws.ts';
import {
  drawnPriority,
  drawnWorkMs,
  type Generator,
  mostCardBytes,
  ONE_CLIENT,
  type WorkloadSettings,
} from './generated.ts';
import { drawnModels } from './model-sizes.ts';
import { type JobDraft, numbered, type Workload } from './workload.ts';

/** All are there at the start. */
export const backlog: Generator = (settings, draws) => withArrivals('backlog', settings, draws, () => 0);

/** One by one, at any time as likely as at another. */
export const poisson: Generator = (settings, draws) => {
  let atMs = 0;
  return withArrivals('poisson', settings, draws, () => {
    atMs += draws.exponential(1_000 / settings.ratePerSecond);
    return atMs;
  });
};

function withArrivals(
  name: string,
  settings: WorkloadSettings,
  draws: Draws,
  nextArrivalMs: () => number,
): Workload {
  const models = drawnModels(settings.models, draws, mostCardBytes(settings.machine));
  const weights = zipf(models.length, settings.zipf);
  const drafts = Array.from(
    { length: settings.jobs },
    (): JobDraft => ({
      model: models[draws.weighted(weights)]?.name ?? '',
      client: ONE_CLIENT,
      priority: drawnPriority(settings, draws),
      workMs: drawnWorkMs(draws),
      arrivalMs: nextArrivalMs(),
      after: null,
    }),
  );
  return { name, models, jobs: numbered(drafts), note: null };
}

/** Workloads that bring out what a policy does badly. */
import { drawnPriority, drawnWorkMs, type Generator, mostCardBytes } from './generated.ts';
import { drawnModels, plainModel } from './model-sizes.ts';
import { type JobDraft, numbered } from './workload.ts';

/** Of a card, what all models but one take together. */
const FILLED = 0.9;

/** One model more than there is room for, asked for in turns: who evicts the one that was used longest ago loads for every job. */
export const oneTooMany: Generator = (settings, draws) => {
  const { machine, models: count, ratePerSecond } = settings;
  const perCard = Math.max(1, Math.ceil((count - 1) / machine.gpuBytes.length));
  const bytes = Math.floor((FILLED * mostCardBytes(machine)) / perCard);
  const models = Array.from({ length: count }, (_, i) => plainModel(`model-${i + 1}:latest`, bytes));
  const drafts = Array.from(
    { length: settings.jobs },
    (_, i): JobDraft => ({
      model: models[i % count]?.name ?? '',
      client: `client ${(i % count) + 1}`,
      priority: drawnPriority(settings, draws),
      workMs: drawnWorkMs(draws),
      arrivalMs: (1_000 * i) / ratePerSecond,
      after: null,
    }),
  );
  return { name: 'one-too-many', models, jobs: numbered(drafts), note: null };
};

const FLOOD_SHARE = 0.75;
const LIGHT_CLIENTS = 5;

/** Three quarters of all jobs are there at the start, from one client; five others ask now and then. */
export const flood: Generator = (settings, draws) => {
  const { machine, jobs: count, ratePerSecond } = settings;
  const models = drawnModels(settings.models, draws, mostCardBytes(machine));
  const draft = (client: string, arrivalMs: number): JobDraft => ({
    model: draws.one(models).name,
    client,
    priority: drawnPriority(settings, draws),
    workMs: drawnWorkMs(draws),
    arrivalMs,
    after: null,
  });
  const flooding = Math.floor(FLOOD_SHARE * count);
  const drafts = Array.from({ length: flooding }, () => draft('flood', 0));
  let atMs = 0;
  for (let i = 0; i < count - flooding; i += 1) {
    atMs += draws.exponential(1_000 / ratePerSecond);
    drafts.push(draft(`light ${(i % LIGHT_CLIENTS) + 1}`, atMs));
  }
  return { name: 'flood', models, jobs: numbered(drafts), note: null };
};

/** Of one token. */
const SHORT_MS = 30;

/** Each second one job of one token for the model that was asked for longest ago: every one of them is cold. */
export const coldModels: Generator = (settings, draws) => {
  const models = drawnModels(settings.models, draws, mostCardBytes(settings.machine));
  const drafts = Array.from(
    { length: settings.jobs },
    (_, i): JobDraft => ({
      model: models[i % models.length]?.name ?? '',
      client: `client ${(i % models.length) + 1}`,
      priority: drawnPriority(settings, draws),
      workMs: SHORT_MS,
      arrivalMs: 1_000 * i,
      after: null,
    }),
  );
  return { name: 'cold-models', models, jobs: numbered(drafts), note: null };
};

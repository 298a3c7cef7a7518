/** Jobs that wait for the answers to others: agents, and chains of models that call each other. */
import { type Draws, zipf } from './draws.ts';
import {
  drawnPriority,
  drawnWorkMs,
  type Generator,
  mostCardBytes,
  type WorkloadSettings,
} from './generated.ts';
import { drawnModels } from './model-sizes.ts';
import type { JobDraft, SimulatedJob, SimulatedModel } from './workload.ts';

const AGENTS = 8;
const LEAST_THINKING_MS = 1_000;
const MOST_THINKING_MS = 5_000;
/** Of an agent's questions so many are for its own model, the others for any. */
const OWN_SHARE = 0.8;

/** A few clients, each of which waits for its answer, thinks, and asks again. */
export const agents: Generator = (settings, draws) => {
  const models = drawnModels(settings.models, draws, mostCardBytes(settings.machine));
  const weights = zipf(models.length, settings.zipf);
  const any = () => models[draws.weighted(weights)]?.name ?? '';
  const own = Array.from({ length: AGENTS }, any);
  const last: (number | null)[] = own.map(() => null);
  const jobs = Array.from({ length: settings.jobs }, (_, number): SimulatedJob => {
    const agent = number % AGENTS;
    const after = last[agent] ?? null;
    last[agent] = number;
    return {
      number,
      model: draws.uniform(0, 1) < OWN_SHARE ? (own[agent] ?? '') : any(),
      client: `agent ${agent + 1}`,
      priority: drawnPriority(settings, draws),
      workMs: drawnWorkMs(draws),
      arrivalMs: draws.uniform(LEAST_THINKING_MS, MOST_THINKING_MS),
      after,
    };
  });
  return { name: 'agents', models, jobs, note: null };
};

const CHAIN_LENGTH = 3;
const CHAINS_IN_BURST = 8;

/** Bursts of chains, each of which asks three models one after the other; every burst has chains of its own. */
export const chains: Generator = (settings, draws) => {
  const models = drawnModels(settings.models, draws, mostCardBytes(settings.machine));
  const jobs: SimulatedJob[] = [];
  const meanGapMs = (1_000 * CHAIN_LENGTH * CHAINS_IN_BURST) / settings.ratePerSecond;
  for (let atMs = 0; jobs.length < settings.jobs; atMs += draws.exponential(meanGapMs)) {
    const steps = drawnSteps(models, settings, draws);
    for (let chain = 0; chain < CHAINS_IN_BURST; chain += 1) addChain(jobs, { steps, atMs, settings, draws });
  }
  return { name: 'chains', models, jobs, note: null };
};

function drawnSteps(
  models: readonly SimulatedModel[],
  { zipf: exponent }: WorkloadSettings,
  draws: Draws,
): readonly string[] {
  const weights = zipf(models.length, exponent);
  return Array.from({ length: CHAIN_LENGTH }, () => models[draws.weighted(weights)]?.name ?? '');
}

function addChain(
  jobs: SimulatedJob[],
  given: {
    readonly steps: readonly string[];
    readonly atMs: number;
    readonly settings: WorkloadSettings;
    readonly draws: Draws;
  },
): void {
  const { steps, atMs, settings, draws } = given;
  const priority = drawnPriority(settings, draws);
  let after: number | null = null;
  for (const model of steps) {
    if (jobs.length >= settings.jobs) return;
    const number = jobs.length;
    const draft: JobDraft = {
      model,
      client: `chain ${(number % CHAINS_IN_BURST) + 1}`,
      priority,
      workMs: drawnWorkMs(draws),
      arrivalMs: after === null ? atMs : 0,
      after,
    };
    jobs.push({ ...draft, number });
    after = number;
  }
}

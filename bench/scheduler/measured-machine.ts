/** The machine, the models and the jobs of the measured runs, for simulated ones. */
import { seededRandom } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import {
  type MachineSettings,
  numbered,
  type SimulatedModel,
  type Workload,
  workMsOf,
} from '../../src/simulator/index.ts';
import { recordedJobs } from '../measured/recorded.ts';
import { CARD_BYTES, CATALOG, MOST_LOADED, SERVER, SLOTS } from '../measured/virtual.ts';

export const MEASURED_OLLAMA = {
  mostLoaded: MOST_LOADED,
  keepAliveMs: 300_000,
  belief: 'frozen',
  isFresh: true,
} as const;

/** Models do not slow each other down there, and loads read no disk. */
export const MEASURED_MACHINE: MachineSettings = {
  gpuBytes: [CARD_BYTES],
  slots: SLOTS,
  batchExponent: SERVER.batchExponent ?? 0,
  modelsShareGpu: false,
  loadBaseMs: SERVER.loadBaseMs ?? 0,
  loadBytesPerSecond: SERVER.loadBytesPerSecond ?? 0,
  loadsShareDisk: false,
  // Ollama looks this often whether an engine is ready.
  readyPollMs: 250,
  // An engine that is killed gives its memory back at once; who asked for it sees that a little later.
  unloadLagMs: 50,
};

/** Of an instance, in MiB, as measured. */
const INSTANCE_MIB: Readonly<Record<string, number>> = {
  'smollm:360m': 841,
  'qwen2.5:0.5b': 738,
  'tinyllama:1.1b': 1067,
  'smollm:1.7b': 2809,
  'llama3.2:1b': 1363,
  'gemma:2b': 2076,
  'qwen2.5:1.5b': 1481,
  'phi3:mini': 5423,
};
/** What Ollama does not count before a load. */
const COMPUTE_MIB = 300;

export const MEASURED_MODELS: readonly SimulatedModel[] = CATALOG.flatMap(({ name, weightsBytes }) => {
  const mib = INSTANCE_MIB[name];
  if (mib === undefined) return [];
  return [{ name, weightsBytes, bytes: mib * MiB, predictedBytes: (mib - COMPUTE_MIB) * MiB }];
});

const PROMPT_TOKENS = 50;

/**
 * From one request to the next of those that are sent together. Nobody measured it; it decides how far a server that knows no model yet is
 * reached by a crowd that is grouped by models, and is chosen so that the three backlogs of one Ollama come out as recorded, taken together.
 */
const CONNECTION_MS = 0.11;

/** Those that come together come in an order of the seed: connections decide it. */
export function measuredWorkload(name: string, seed: number): Workload {
  const random = seededRandom(seed);
  const drafts = recordedJobs(name)
    .map((job) => ({ job, place: random.next() }))
    .toSorted((a, b) => a.job.arrivalMs - b.job.arrivalMs || a.place - b.place)
    .map(({ job }, turn) => ({
      model: job.model,
      client: 'bench',
      priority: 'NORMAL' as const,
      workMs: workMsOf({ promptTokens: PROMPT_TOKENS, outputTokens: job.outputTokens }),
      arrivalMs: job.arrivalMs + turn * CONNECTION_MS,
      after: null,
    }));
  return { name, models: MEASURED_MODELS, jobs: numbered(drafts), note: null };
}

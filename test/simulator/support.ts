/** Small workloads and machines whose runs can be worked out by hand. */
import { systemClock } from '../../src/clock.ts';
import type { JobPriority } from '../../src/domain/job.ts';
import type { History } from '../../src/simulator/history.ts';
import type { MachineSettings } from '../../src/simulator/machine/settings.ts';
import type { ContenderFactory, ServerKind } from '../../src/simulator/policies/contender.ts';
import { run } from '../../src/simulator/run.ts';
import { plainModel } from '../../src/simulator/workload/model-sizes.ts';
import { numbered, type SimulatedModel, type Workload } from '../../src/simulator/workload/workload.ts';

export const GB = 1e9;

/** One card of 10 GB; a load takes 1 s and one second a GB, an unload half a second; two requests a model, at half speed each. */
export const SMALL: MachineSettings = {
  gpuBytes: [10 * GB],
  slots: 2,
  batchExponent: 0,
  modelsShareGpu: true,
  loadBaseMs: 1_000,
  loadBytesPerSecond: GB,
  loadsShareDisk: true,
  readyPollMs: 0,
  unloadLagMs: 500,
};

export function model(name: string, gigabytes: number): SimulatedModel {
  return plainModel(name, gigabytes * GB);
}

interface Draft {
  readonly model: string;
  readonly at?: number;
  readonly work?: number;
  readonly client?: string;
  readonly priority?: JobPriority;
}

/** Times in seconds. */
export function workload(models: readonly SimulatedModel[], drafts: readonly Draft[]): Workload {
  const jobs = drafts.map(({ model: name, at = 0, work = 1, client = 'client', priority = 'NORMAL' }) => ({
    model: name,
    client,
    priority,
    workMs: work * 1_000,
    arrivalMs: at * 1_000,
    after: null,
  }));
  return { name: 'test', models, jobs: numbered(jobs), note: null };
}

export function runOn(
  contender: ContenderFactory,
  jobs: Workload,
  how: { readonly machine?: MachineSettings; readonly server?: ServerKind; readonly seed?: number } = {},
): History {
  const { machine = SMALL, server = 'managed', seed = 1 } = how;
  return run(contender, { workload: jobs, machine, server, seed, stopwatch: systemClock });
}

/** When each job ended, in seconds, by its number. */
export function ends(history: History): readonly number[] {
  return history.jobs
    .toSorted((a, b) => a.job.number - b.job.number)
    .map(({ doneMs }) => Math.round(doneMs) / 1_000);
}

/** The models in the order of their loads. */
export function loads(history: History): readonly string[] {
  return history.stays.map((stay) => stay.model);
}

/**
 * What each job would have taken if it alone had been in a hurry when it came: no policy that breaks off no job and leaves no slot idle could have done it
 * sooner from there. It waits for the first slot of its model to be free; where that is not in memory, for the resident that is done with its jobs first, and
 * for the load; then it runs alone.
 */
import { greatest, least } from '../../domain/long-lists.ts';
import type { Finished, Stay } from '../history.ts';
import { loadMsAlone, type MachineSettings } from '../machine/settings.ts';
import type { SimulatedModel } from '../workload/workload.ts';

export interface WhatHappened {
  readonly jobs: readonly Finished[];
  readonly stays: readonly Stay[];
  readonly models: readonly SimulatedModel[];
  readonly machine: MachineSettings;
}

/** Milliseconds from arrival to end, in the order of the jobs. */
export function leastMs({ jobs, stays, models, machine }: WhatHappened): readonly number[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  const runs = Map.groupBy(jobs, ({ job }) => job.model);
  /** Of the jobs that a model runs at that time, how much longer they do; ascending. */
  const restsAt = (model: string, at: number) =>
    (runs.get(model) ?? [])
      .filter(({ startedMs, doneMs }) => startedMs < at && doneMs > at)
      .map(({ doneMs }) => doneMs - at)
      .sort((a, b) => a - b);
  return jobs.map(({ job, arrivedMs: at }) => {
    const there = stays.filter((stay) => stay.loadStartedMs <= at && (stay.goneMs ?? Infinity) > at);
    const own = there.find((stay) => stay.model === job.model && (stay.unloadMs ?? Infinity) > at);
    if (own) return waitForSlot(own, restsAt(job.model, at), machine.slots, at) + job.workMs;
    const model = byName.get(job.model);
    if (!model) return job.workMs;
    const isFree = machine.gpuBytes.some((bytes, gpu) => model.bytes <= bytes - usedOn(gpu, there, byName));
    const rest = isFree ? 0 : least(there.map((stay) => Math.max(0, greatest(restsAt(stay.model, at)))));
    return rest + loadMsAlone(machine, model.weightsBytes) + job.workMs;
  });
}

function waitForSlot(own: Stay, rests: readonly number[], slots: number, at: number): number {
  if (own.readyMs === null || own.readyMs > at) return (own.readyMs ?? at) - at;
  return rests.length < slots ? 0 : (rests[0] ?? 0);
}

function usedOn(gpu: number, there: readonly Stay[], models: ReadonlyMap<string, SimulatedModel>): number {
  const on = there.filter(({ gpus }) => gpus.includes(gpu));
  // Of one that is cut over several cards each has an equal part at least.
  return on.reduce((sum, { model, gpus }) => sum + (models.get(model)?.bytes ?? 0) / gpus.length, 0);
}

/** What no policy can beat on a workload and a machine: figures are told beside these. Nothing is loaded at the start. */
import { greatest, least } from '../../domain/long-lists.ts';
import { MinHeap } from '../../domain/min-heap.ts';
import { fullThroughput, loadMsAlone, type MachineSettings } from '../machine/settings.ts';
import type { ServerKind } from '../policies/contender.ts';
import { LOADS_AT_ONCE } from '../vramkeeper/managed-server.ts';
import { earliestArrivals, type SimulatedModel, type Workload } from '../workload/workload.ts';

export interface Bounds {
  readonly makespanMs: number;
  readonly meanMs: number;
  readonly loads: number;
}

export function boundsOf(workload: Workload, machine: MachineSettings, server: ServerKind): Bounds {
  const arrivals = earliestArrivals(workload);
  const models = usedModels(workload, machine);
  return {
    makespanMs: greatest([
      suffixWork(workload, arrivals, machine),
      loadChannel(models, machine, server),
      criticalPath(workload, arrivals, models),
      memoryArea(models, machine),
    ]),
    meanMs: meanLatency(workload, arrivals, machine),
    loads: models.size,
  };
}

interface UsedModel {
  readonly model: SimulatedModel;
  readonly loadMs: number;
  readonly workMs: number;
  readonly longestMs: number;
}

function usedModels({ models, jobs }: Workload, machine: MachineSettings): ReadonlyMap<string, UsedModel> {
  const byModel = Map.groupBy(jobs, ({ model }) => model);
  return new Map(
    models.flatMap((model) => {
      const own = byModel.get(model.name);
      if (!own) return [];
      const works = own.map(({ workMs }) => workMs);
      const workMs = works.reduce((sum, each) => sum + each, 0);
      const used = {
        model,
        loadMs: loadMsAlone(machine, model.weightsBytes),
        workMs,
        longestMs: greatest(works),
      };
      return [[model.name, used] as const];
    }),
  );
}

/** What arrives from some instant on has to be worked off from then on. Says nothing where models do not slow each other down. */
function suffixWork({ jobs }: Workload, arrivals: readonly number[], machine: MachineSettings): number {
  if (!machine.modelsShareGpu) return 0;
  const power = poolPower(machine);
  const latestFirst = jobs
    .map(({ workMs, number }) => ({ workMs, at: arrivals[number] ?? 0 }))
    .sort((a, b) => b.at - a.at);
  let bound = 0;
  let workMs = 0;
  for (const job of latestFirst) {
    workMs += job.workMs;
    bound = Math.max(bound, job.at + workMs / power);
  }
  return bound;
}

/** Every model is loaded once, and the last of them still has to do its work. */
function loadChannel(
  models: ReadonlyMap<string, UsedModel>,
  machine: MachineSettings,
  server: ServerKind,
): number {
  const used = [...models.values()];
  // The work of one model can be shared by all cards.
  const leastAfter = least(
    used.map(({ workMs, longestMs }) =>
      machine.modelsShareGpu ? Math.max(longestMs, workMs / poolPower(machine)) : longestMs,
    ),
  );
  const loadMs = used.reduce((sum, each) => sum + each.loadMs, 0);
  if (server === 'attached') return loadMs + leastAfter;
  if (!machine.loadsShareDisk) return loadMs / LOADS_AT_ONCE;
  return loadMs - used.length * machine.loadBaseMs + machine.loadBaseMs + leastAfter;
}

function criticalPath(
  { jobs }: Workload,
  arrivals: readonly number[],
  models: ReadonlyMap<string, UsedModel>,
): number {
  return greatest(
    jobs.map(
      ({ number, model, workMs }) => Math.max(arrivals[number] ?? 0, models.get(model)?.loadMs ?? 0) + workMs,
    ),
  );
}

/** Each model takes its memory for its load and for its work with all of its slots in use. */
function memoryArea(models: ReadonlyMap<string, UsedModel>, machine: MachineSettings): number {
  const allBytes = machine.gpuBytes.reduce((sum, bytes) => sum + bytes, 0);
  const area = [...models.values()].reduce(
    (sum, { model, loadMs, workMs }) => sum + model.bytes * (loadMs + workMs / fullThroughput(machine)),
    0,
  );
  return area / allBytes;
}

/** Work that all cards together get done, of one request alone on one. */
function poolPower(machine: MachineSettings): number {
  return machine.gpuBytes.length * fullThroughput(machine);
}

/**
 * Of all orders on one machine with the power of all cards, shortest remaining work first gives the least mean (Schrage 1968); no job takes
 * less than its work. Where jobs wait for others their arrivals are not given, and only the second holds.
 */
function meanLatency(workload: Workload, arrivals: readonly number[], machine: MachineSettings): number {
  const { jobs } = workload;
  if (jobs.length === 0) return 0;
  const meanWorkMs = jobs.reduce((sum, { workMs }) => sum + workMs, 0) / jobs.length;
  const isOpen = jobs.every(({ after }) => after === null);
  if (!isOpen || !machine.modelsShareGpu) return meanWorkMs;
  return Math.max(meanWorkMs, shortestFirstMean(workload, arrivals, poolPower(machine)));
}

function shortestFirstMean({ jobs }: Workload, arrivals: readonly number[], power: number): number {
  const arriving = jobs
    .map(({ number, workMs }) => ({ at: arrivals[number] ?? 0, leftMs: workMs / power }))
    .sort((a, b) => a.at - b.at);
  const open = new MinHeap<{ readonly at: number; leftMs: number }>([], (a, b) => a.leftMs < b.leftMs);
  let now = 0;
  let sum = 0;
  let next = 0;
  for (;;) {
    for (let job = arriving[next]; job && job.at <= now; job = arriving[next]) {
      open.push(job);
      next += 1;
    }
    const comingAt = arriving[next]?.at ?? Number.POSITIVE_INFINITY;
    const job = open.pop();
    if (!job) {
      if (!Number.isFinite(comingAt)) return sum / jobs.length;
      now = comingAt;
    } else if (now + job.leftMs <= comingAt) {
      now += job.leftMs;
      sum += now - job.at;
    } else {
      job.leftMs -= comingAt - now;
      now = comingAt;
      open.push(job);
    }
  }
}

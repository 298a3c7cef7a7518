/**
 * The switch test with the true future: a model is loaded in the place of others when the weighted waiting which that ends outweighs twice what it
 * brings about, and who will arrive meanwhile, and what every job takes, is known. What a policy loses by not knowing is told beside it.
 */
import type { JobPriority } from '../../domain/job.ts';
import { bytesOn } from '../machine/machine.ts';
import { loadMsAlone } from '../machine/settings.ts';
import { type Exchange, QueueContender, type QueueView } from '../queues/queue-contender.ts';
import type { Resident } from '../queues/queue-server.ts';
import { earliestArrivals, type SimulatedJob, type SimulatedModel } from '../workload/workload.ts';
import type { Contender, Stage } from './contender.ts';

/** What a second of waiting counts at first, and after how long it counts twice. */
const WEIGHTS: Readonly<Record<JobPriority, { readonly weight: number; readonly doublesMs: number }>> = {
  HIGH: { weight: 8, doublesMs: 10_000 },
  NORMAL: { weight: 3, doublesMs: 60_000 },
  LOW: { weight: 1, doublesMs: 300_000 },
};
/** What is saved has to be so many times what is inflicted, and a share more so that nothing goes to and fro. */
const SAFETY = 2 * 1.15;
const MOST_CANDIDATES = 8;
/** All sets of victims are tried of so many residents. */
const MOST_EXACT = 6;

export function clairvoyant(stage: Stage): Contender {
  const test = new SwitchTest(stage);
  return new QueueContender(stage, (view) => test.next(view));
}

interface Scored {
  readonly exchange: Exchange;
  readonly score: number;
}

class SwitchTest {
  readonly #stage: Stage;
  /** Of each model, by arrival. */
  readonly #future: ReadonlyMap<string, readonly { readonly atMs: number; readonly job: SimulatedJob }[]>;

  constructor(stage: Stage) {
    this.#stage = stage;
    const arrivals = earliestArrivals(stage.workload);
    const coming = stage.workload.jobs.map((job) => ({ job, atMs: arrivals[job.number] ?? 0 }));
    this.#future = Map.groupBy(
      coming.toSorted((a, b) => a.atMs - b.atMs),
      ({ job }) => job.model,
    );
  }

  next(view: QueueView): Exchange | null {
    const weighed = view.wanted.map((model) => {
      const clearMs = this.#clearMs(model.name, view);
      return { model, clearMs, weight: weightOf(model.name, view) };
    });
    const best = weighed
      .toSorted(
        (a, b) =>
          b.weight / (this.#loadMs(b.model) + b.clearMs) - a.weight / (this.#loadMs(a.model) + a.clearMs),
      )
      .slice(0, MOST_CANDIDATES);
    const free: Scored[] = [];
    const swaps: Scored[] = [];
    for (const { model, clearMs, weight } of best) {
      for (let gpu = 0; gpu < view.gpus; gpu += 1) {
        const visitMs = this.#loadMs(model) + clearMs;
        if (model.bytes <= view.freeBytes(gpu))
          free.push({ exchange: { model, gpu, victims: [] }, score: weight / visitMs });
        else {
          const swap = this.#bestSwap({ model, gpu, weight, visitMs }, view);
          if (swap) swaps.push(swap);
        }
      }
    }
    const scored = free.length > 0 ? free : swaps;
    return scored.toSorted((a, b) => b.score - a.score)[0]?.exchange ?? null;
  }

  #bestSwap(
    wanted: {
      readonly model: SimulatedModel;
      readonly gpu: number;
      readonly weight: number;
      readonly visitMs: number;
    },
    view: QueueView,
  ): Scored | null {
    const { model, gpu, weight, visitMs } = wanted;
    const movable = view.residents.filter(
      ({ status, shares }) => status === 'ready' && bytesOn(shares, gpu) > 0,
    );
    const missingBytes = model.bytes - view.freeBytes(gpu);
    let best: Scored | null = null;
    for (const victims of subsets(movable.slice(0, MOST_EXACT))) {
      const freed = victims.reduce((sum, { shares }) => sum + bytesOn(shares, gpu), 0);
      if (freed < missingBytes) continue;
      const drainMs = greatestOf(victims, (victim) => this.#drainMs(victim));
      const { unloadLagMs } = this.#stage.machine.settings;
      const awayMs = drainMs + unloadLagMs + visitMs;
      const inflicted = victims.reduce((sum, victim) => sum + this.#inflicted(victim, awayMs, view), 0);
      const horizonMs = greatestOf(victims, (victim) => {
        const clearMs = this.#clearMs(victim.model.name, view);
        return clearMs > 0 ? clearMs + drainMs : awayMs + unloadLagMs + this.#loadMs(victim.model);
      });
      const saved = weight * horizonMs;
      const score = saved / Math.max(1, inflicted);
      if (saved > SAFETY * inflicted && (!best || score > best.score))
        best = { exchange: { model, gpu, victims }, score };
    }
    return best;
  }

  /** Weighted waiting of its jobs, those that will come among them, until it is back. */
  #inflicted(victim: Resident, awayMs: number, view: QueueView): number {
    const { name } = victim.model;
    const backMs = awayMs + this.#stage.machine.settings.unloadLagMs + this.#loadMs(victim.model);
    const until = view.nowMs + backMs;
    let sum = weightOf(name, view) * backMs;
    const coming = this.#future.get(name) ?? [];
    for (let at = firstAfter(coming, view.nowMs); at < coming.length; at += 1) {
      const one = coming[at];
      if (!one || one.atMs >= until) break;
      sum += WEIGHTS[one.job.priority].weight * (until - one.atMs);
    }
    return sum;
  }

  #loadMs({ weightsBytes }: SimulatedModel): number {
    return loadMsAlone(this.#stage.machine.settings, weightsBytes);
  }

  #clearMs(name: string, view: QueueView): number {
    const { slots, batchExponent } = this.#stage.machine.settings;
    const waiting = view.waiting(name);
    const workMs = waiting.reduce((sum, job) => sum + job.workMs, 0);
    return waiting.length === 0 ? 0 : workMs / Math.min(waiting.length, slots) ** batchExponent;
  }

  /** About half of what its jobs take in their slots is left of them. */
  #drainMs({ model, running }: Resident): number {
    if (running === 0) return 0;
    const { slots, batchExponent } = this.#stage.machine.settings;
    const jobs = this.#future.get(model.name) ?? [];
    const meanMs = jobs.reduce((sum, { job }) => sum + job.workMs, 0) / Math.max(1, jobs.length);
    return (meanMs * Math.min(running, slots) ** (1 - batchExponent)) / 2;
  }
}

function weightOf(name: string, view: QueueView): number {
  return view.waiting(name).reduce((sum, job) => {
    const { weight, doublesMs } = WEIGHTS[job.priority];
    return sum + weight * (1 + (view.nowMs - view.arrivedMs(job)) / doublesMs);
  }, 0);
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: 2 ** items.length - 1 }, (_, i) =>
    items.filter((_item, place) => ((i + 1) >> place) & 1),
  );
}

function greatestOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((greatest, item) => Math.max(greatest, of(item)), 0);
}

function firstAfter(coming: readonly { readonly atMs: number }[], nowMs: number): number {
  let low = 0;
  let high = coming.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((coming[middle]?.atMs ?? 0) > nowMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

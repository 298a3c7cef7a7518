/** Figures of a stretch of time, as they are kept: fine ones for hours, coarse ones for months. */
import { type GpuActivity, NO_ACTIVITY } from './gpu.ts';
import type { GpuId } from './ids.ts';
import type { ReadScope } from './read-scope.ts';

/** Each figure the mean of so many readings; of those of what it does, of the ones that told them. */
export interface GpuSample extends Partial<GpuActivity> {
  readonly gpuId: GpuId;
  readonly readings: number;
  readonly usedBytes: number;
  readonly instanceBytes: number;
  readonly foreignBytes: number;
  readonly reservedBytes: number;
  readonly freeBytes: number;
}

/** Of a client; of all others together where `client` is null. */
export interface ClientSample {
  readonly client: string | null;
  /** Slot time that its jobs used, in milliseconds. */
  readonly busyMs: number;
  readonly completed: number;
}

/** How often each of these happened within the time. */
export interface SampleCounts {
  readonly submitted: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly loads: number;
  readonly unloads: number;
  readonly evictions: number;
  readonly spills: number;
  readonly loadTimeMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** What providers took, in millionths: what is counted has to be whole. */
  readonly costMillionths: number;
  readonly truncatedPrompts: number;
}

/** All that has been counted in this data directory. */
export interface LifetimeCounts {
  /** When counting began, epoch milliseconds. */
  readonly since: number;
  readonly counts: SampleCounts;
}

export interface Sample {
  /** Those that were read; the others are not there. */
  readonly gpus: readonly GpuSample[];
  readonly counts: SampleCounts;
  /** At the end of the time. */
  readonly waiting: number;
  readonly running: number;
  /** How many of the jobs that started had waited how long: `[class, jobs]`, see `waitClass`. */
  readonly waits: readonly (readonly [number, number])[];
  /** The busiest, and the rest as one. */
  readonly clients: readonly ClientSample[];
}

export const NO_COUNTS: SampleCounts = {
  submitted: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  loads: 0,
  unloads: 0,
  evictions: 0,
  spills: 0,
  loadTimeMs: 0,
  promptTokens: 0,
  completionTokens: 0,
  costMillionths: 0,
  truncatedPrompts: 0,
};

const COUNT_NAMES = Object.keys(NO_COUNTS) as (keyof SampleCounts)[];

/** Of records that were written before a figure was counted, it was not. */
export function added(all: readonly Partial<SampleCounts>[]): SampleCounts {
  const sum = (name: keyof SampleCounts) => all.reduce((total, counts) => total + (counts[name] ?? 0), 0);
  return Object.fromEntries(COUNT_NAMES.map((name) => [name, sum(name)])) as unknown as SampleCounts;
}

export const MOST_CLIENTS = 20;
/** More cards than that are not told apart over time. */
const MOST_GPUS = 64;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How fine and for how long samples are kept, the finest first. Each step is a multiple of the one before it. */
export const TIERS = [
  { stepMs: 10 * SECOND_MS, keptMs: 6 * HOUR_MS },
  { stepMs: MINUTE_MS, keptMs: 7 * DAY_MS },
  { stepMs: 15 * MINUTE_MS, keptMs: 90 * DAY_MS },
] as const;

export type Tier = (typeof TIERS)[number];

export const FINEST_MS = TIERS[0].stepMs;

/** Classes of waiting times: each is 9 % wider than the one before, so a figure read from them is off by less than 5 %. */
const CLASSES_PER_DOUBLING = 8;

export function waitClass(ms: number): number {
  return ms < 1 ? 0 : 1 + Math.floor(Math.log2(ms) * CLASSES_PER_DOUBLING);
}

/** The middle of a class, in milliseconds. */
function classMs(one: number): number {
  return one <= 0 ? 0 : Math.round(2 ** ((one - 0.5) / CLASSES_PER_DOUBLING));
}

/** What `share` of them did not exceed, in milliseconds; null of none. Nearest rank. */
export function waitPercentile({ waits }: Pick<Sample, 'waits'>, share: number): number | null {
  const all = waits.reduce((sum, [, jobs]) => sum + jobs, 0);
  let left = Math.max(1, Math.ceil(all * share));
  for (const [one, jobs] of waits.toSorted(([a], [b]) => a - b)) {
    left -= jobs;
    if (left <= 0) return classMs(one);
  }
  return null;
}

/** The whole of some stretches, oldest first. At least one. */
export function joined(samples: readonly Sample[]): Sample {
  const last = samples.at(-1);
  if (!last) throw new Error('Nothing cannot be joined.');
  if (samples.length === 1) return last;
  return {
    gpus: joinedGpus(samples.flatMap(({ gpus }) => gpus)),
    counts: added(samples.map(({ counts }) => counts)),
    waiting: last.waiting,
    running: last.running,
    waits: joinedWaits(samples.flatMap(({ waits }) => waits)),
    clients: busiest(samples.flatMap(({ clients }) => clients)),
  };
}

function joinedWaits(waits: Sample['waits']): Sample['waits'] {
  const byClass = new Map<number, number>();
  for (const [one, jobs] of waits) byClass.set(one, (byClass.get(one) ?? 0) + jobs);
  return [...byClass];
}

function joinedGpus(parts: readonly GpuSample[]): readonly GpuSample[] {
  const byGpu = Map.groupBy(parts, ({ gpuId }) => gpuId);
  return [...byGpu].slice(0, MOST_GPUS).map(([gpuId, of]) => {
    const readings = of.reduce((sum, one) => sum + one.readings, 0);
    const mean = (name: Exclude<keyof GpuSample, 'gpuId' | 'readings' | keyof GpuActivity>) =>
      Math.round(of.reduce((sum, one) => sum + one[name] * one.readings, 0) / readings);
    return {
      gpuId,
      readings,
      usedBytes: mean('usedBytes'),
      instanceBytes: mean('instanceBytes'),
      foreignBytes: mean('foreignBytes'),
      reservedBytes: mean('reservedBytes'),
      freeBytes: mean('freeBytes'),
      ...Object.fromEntries(ACTIVITY.flatMap((name) => meanOf(of, name))),
    };
  });
}

const ACTIVITY = Object.keys(NO_ACTIVITY) as (keyof GpuActivity)[];

/** As an entry of an object; nothing where none of them tells it. */
function meanOf(
  parts: readonly GpuSample[],
  name: keyof GpuActivity,
): readonly (readonly [keyof GpuActivity, number])[] {
  const told = parts.flatMap(({ [name]: value, readings }) => (value == null ? [] : [{ value, readings }]));
  if (told.length === 0) return [];
  const readings = told.reduce((sum, one) => sum + one.readings, 0);
  const mean = told.reduce((sum, { value, readings: weight }) => sum + value * weight, 0) / readings;
  return [[name, Math.round(mean * 1_000) / 1_000]];
}

/** One entry for each, those that used the most time first; what is more than so many is one. */
export function busiest(clients: readonly ClientSample[]): readonly ClientSample[] {
  const byClient = Map.groupBy(clients, ({ client }) => client);
  const sum = (client: string | null, of: readonly ClientSample[]): ClientSample => ({
    client,
    busyMs: of.reduce((all, { busyMs }) => all + busyMs, 0),
    completed: of.reduce((all, { completed }) => all + completed, 0),
  });
  const others = byClient.get(null) ?? [];
  const ordered = [...byClient]
    .flatMap(([client, of]) => (client === null ? [] : [sum(client, of)]))
    .sort((a, b) => b.busyMs - a.busyMs || b.completed - a.completed);
  const rest = [...ordered.slice(MOST_CLIENTS), ...others];
  return [...ordered.slice(0, MOST_CLIENTS), ...(rest.length > 0 ? [sum(null, rest)] : [])];
}

/** Samples at equal steps. */
export interface SampleSeries {
  /** Epoch milliseconds, a multiple of the step. */
  readonly from: number;
  readonly stepMs: number;
  /** One for each step, null where nothing was taken down. */
  readonly samples: readonly (Sample | null)[];
}

export interface SeriesQuery {
  readonly tier: Tier;
  readonly from: number;
  readonly to: number;
  /** A multiple of the tier's. */
  readonly stepMs: number;
}

/** Coarser samples are read where a step has at least so many of them: a picture of a week needs no ten thousand. */
const LEAST_OF_STEP = 2;

/** Samples that reach back to `from`, at a step of theirs that makes about `points` of the time. */
export function seriesQuery(
  { from, to }: { readonly from: number; readonly to: number },
  points: number,
  now: number,
): SeriesQuery {
  const wantedMs = (to - from) / points;
  const reaching = TIERS.filter(({ keptMs }) => from >= now - keptMs);
  const coarse = reaching.findLast(({ stepMs }) => LEAST_OF_STEP * stepMs <= wantedMs);
  const tier = coarse ?? reaching[0] ?? TIERS[2];
  const stepMs = tier.stepMs * Math.max(1, Math.ceil(wantedMs / tier.stepMs));
  return { tier, from: Math.floor(from / stepMs) * stepMs, to, stepMs };
}

export interface TimedSample {
  /** When its time began, epoch milliseconds. */
  readonly at: number;
  readonly sample: Sample;
}

/** @param kept oldest first */
export function seriesOf(kept: readonly TimedSample[], { from, to, stepMs }: SeriesQuery): SampleSeries {
  const steps = Math.ceil((to - from) / stepMs);
  const bySteps = Map.groupBy(kept, ({ at }) => Math.floor((at - from) / stepMs));
  const samples = Array.from({ length: steps }, (_, step) => {
    const of = bySteps.get(step);
    return of ? joined(of.map(({ sample }) => sample)) : null;
  });
  return { from, stepMs, samples };
}

export interface SampleStore {
  /**
   * Of the time that began at `at`, a multiple of the finest step. Two of the same time become one. What is complete by then is joined into
   * coarser ones, and what is too old is forgotten. What it counts is added to what has ever been counted.
   */
  keep(at: number, sample: Sample): Promise<void>;
  /** The counts of all samples that were ever kept. Null before the first. */
  lifetime(): Promise<LifetimeCounts | null>;
  /** @throws CallerGoneError, ReadTooLongError, StoreBusyError */
  series(query: SeriesQuery, scope?: ReadScope): Promise<SampleSeries>;
}

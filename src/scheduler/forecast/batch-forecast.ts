/** What would become of jobs that come together, read off a forecast that has them in it. */
import { bucketId, type QueueBacklog } from '../../domain/backlog.ts';
import type { Bucket } from '../../domain/bucket.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import { type LoadOption, serves } from '../decide/snapshot.ts';
import type { Forecast } from './forecast.ts';
import type { ComingJobs } from './more-jobs.ts';
import { type OwnJobs, ownTurnMs } from './own-limit.ts';

export interface QueueForecast {
  readonly coming: ComingJobs;
  /** When the first of them should start, epoch milliseconds; null where it cannot be known. */
  readonly start: number | null;
  /** When the last of them should start, of a client with a limit at the latest, epoch milliseconds; null where it cannot be known. */
  readonly lastStart: number | null;
  /** How often what it waits for is brought into memory until then; where that cannot be known, as far as it is foreseen. */
  readonly loads: number;
}

export interface BatchForecast {
  /** In the order of what comes. */
  readonly queues: readonly QueueForecast[];
  /** Models that are in memory now, and leave it before the last of the jobs starts. */
  readonly unloads: readonly string[];
}

export interface BatchForecastParts {
  readonly client: string;
  readonly coming: readonly ComingJobs[];
  /** Of what waits and what comes. */
  readonly forecast: Forecast;
  readonly own: OwnJobs;
  /** What waits, without what comes; undefined where nothing does. */
  queue(key: QueueKey): QueueBacklog | undefined;
  optionsOf(queue: QueueKey): readonly LoadOption[];
  readonly now: number;
}

export function batchForecastOf(parts: BatchForecastParts): BatchForecast {
  const { coming, forecast } = parts;
  const queues = coming.map((jobs) => queueForecast(parts, jobs));
  const ends = queues.map(({ lastStart }) => lastStart ?? Number.POSITIVE_INFINITY);
  const until = greatest(ends);
  const left = forecast.moves.filter(
    ({ kind, wasThere, at }) => kind === 'unload' && wasThere && at <= until,
  );
  return { queues, unloads: [...new Set(left.map(({ variant }) => variant.modelName))] };
}

function queueForecast(parts: BatchForecastParts, coming: ComingJobs): QueueForecast {
  const { forecast, own, now, client } = parts;
  const { queue, priority, count } = coming;
  const before = parts.queue(queue)?.buckets.get(bucketId({ queue, priority, client }))?.count ?? 0;
  const startAt = (place: number) =>
    forecast.startOf(queue, { client, priority, sequence: null, place: before + place });
  const later = (at: number | null, ownMs: number | null) =>
    at === null || ownMs === null ? null : Math.max(at, now + ownMs);
  const placed = { client, priority, sequence: null };
  const start = later(startAt(0), ownTurnMs(own, queue, placed));
  const lastStart = later(startAt(count - 1), ownTurnMs(withAll(own, parts, coming), queue, placed));
  return { coming, start, lastStart, loads: loadsOf(parts, queue, lastStart ?? Number.POSITIVE_INFINITY) };
}

/** What a client with a limit waits for before the last of `last` starts: by then all of its models have had their turns. */
function withAll(own: OwnJobs, { client, coming }: BatchForecastParts, last: ComingJobs): OwnJobs {
  const bucketOf = (jobs: ComingJobs): Bucket => ({
    queue: jobs.queue,
    priority: jobs.priority,
    client,
    count: jobs === last ? jobs.count - 1 : jobs.count,
    createdAtSum: 0,
    oldestCreatedAt: null,
  });
  return { ...own, isServed: () => true, waiting: [...own.waiting, ...coming.map(bucketOf)] };
}

function loadsOf({ forecast, optionsOf }: BatchForecastParts, queue: QueueKey, until: number): number {
  const options = optionsOf(queue);
  return forecast.moves.filter(
    ({ kind, at, ...moved }) =>
      kind === 'load' && at <= until && options.some((option) => serves(moved, option)),
  ).length;
}

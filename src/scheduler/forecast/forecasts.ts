/** Forecasts for whoever asks, each made once for many of them: a page asks about a hundred jobs at once, and again after a second. */
import type { Clock } from '../../clock.ts';
import type { BacklogView, BucketKey } from '../../domain/backlog.ts';
import { least } from '../../domain/long-lists.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { Policy } from '../decide/policy.ts';
import type { Demand, Snapshot } from '../decide/snapshot.ts';
import type { Work } from '../runs/work.ts';
import { estimateMs } from '../runs/work-estimate.ts';
import type { Placed } from './ahead.ts';
import { type BatchForecast, batchForecastOf } from './batch-forecast.ts';
import { type Forecast, forecastOf, type Present } from './forecast.ts';
import { type ComingJobs, withMore } from './more-jobs.ts';
import { type OwnJobs, ownTurnMs } from './own-limit.ts';

/** So long one is good enough although something has happened meanwhile, in milliseconds. Chosen: twice what people notice. */
const LEAST_MS = 250;
/** Or so many times what it took to make, so that forecasts take no more than a twentieth of the processor, but no longer than this. Chosen. */
const TIMES_ITS_COST = 20;
const MOST_STALE_MS = 2_000;
/** So long one is good where nothing has happened, in milliseconds: what was to come by then has not. Chosen. */
const MOST_MS = 5_000;
const MOST_KINDS = 1_000;

export interface ForecastsParts {
  readonly policy: Policy;
  readonly clock: Clock;
  /** Another object as soon as anything has changed. */
  version(): object | null;
  work(): Work;
  readonly present: Omit<Present, 'now'>;
  readonly limits: Pick<BacklogView['held'], 'running' | 'room' | 'isHeld' | 'ofClient'>;
  /** Since or from when an instance serves one of them, epoch milliseconds; null where none does. */
  servedFrom(options: Demand['options']): number | null;
  snapshot(change: (demand: readonly Demand[]) => readonly Demand[]): Snapshot;
  /** Where a queue could run. */
  optionsOf(queue: QueueKey): Demand['options'];
}

interface Made {
  readonly forecast: Forecast;
  readonly version: object | null;
  readonly at: number;
  readonly costMs: number;
}

export class Forecasts {
  readonly #parts: ForecastsParts;
  #made: Made | null = null;
  /** With more jobs, by what they are. */
  readonly #withMore = new Map<string, Made>();

  constructor(parts: ForecastsParts) {
    this.#parts = parts;
  }

  /** Of what waits now. */
  get present(): Forecast {
    this.#made = this.#isGood(this.#made) ? this.#made : this.#make((demand) => demand);
    return this.#made.forecast;
  }

  /** When a job that waits should start, epoch milliseconds; null where it cannot be known. Its client's limit may be in its way, whatever is free. */
  startOf(queue: QueueKey, job: Placed): number | null {
    return this.#later(this.#turnOf(queue, job), queue, job);
  }

  /** What is held is no part of a forecast of what decisions see: where nobody else waits for an instance that is there, it has its turn at once. */
  #turnOf(queue: QueueKey, job: Placed): number | null {
    const at = this.present.startOf(queue, job);
    const { limits, clock, servedFrom, optionsOf } = this.#parts;
    if (at !== null || !limits.isHeld(job.client)) return at;
    const from = servedFrom(optionsOf(queue));
    return from === null ? null : Math.max(from, clock.now());
  }

  /** The later of that and of when its client may run it. */
  #later(at: number | null, queue: QueueKey, job: Placed): number | null {
    const ownMs = ownTurnMs(this.#own(job.client), queue, job);
    return at === null || ownMs === null ? null : Math.max(at, this.#parts.clock.now() + ownMs);
  }

  #own(client: string): OwnJobs {
    const { limits, servedFrom, optionsOf, work } = this.#parts;
    return {
      running: limits.running(client),
      room: limits.room(client),
      waiting: limits.ofClient(client),
      isServed: (other) => servedFrom(optionsOf(other)) !== null,
      runMsOf: (other) => {
        const weights = optionsOf(other)[0]?.variant.weights;
        return weights === undefined ? null : estimateMs(work(), { weights, client, size: null });
      },
    };
  }

  /** When the first of all that waits of a client should start, epoch milliseconds; null where it cannot be known. */
  firstOf(client: string, waiting: readonly BucketKey[]): number | null {
    const starts = waiting.flatMap(
      ({ queue, priority }) => this.startOf(queue, { client, priority, sequence: 0, place: 0 }) ?? [],
    );
    return starts.length === 0 ? null : least(starts);
  }

  /** When a job that came now would start, epoch milliseconds; null where it cannot be known. */
  startOfNew(queue: QueueKey, job: Omit<Placed, 'sequence'>): number | null {
    const placed = { ...job, sequence: null };
    return this.#later(this.#turnOfNew(queue, placed), queue, placed);
  }

  #turnOfNew(queue: QueueKey, { client, priority }: Placed): number | null {
    const forecast = this.#withComing([{ queue, priority, count: 1 }]);
    return forecast.startOf(queue, { client, priority, sequence: null });
  }

  /** What would become of jobs of a client that came now, together. */
  ofBatch(client: string, coming: readonly ComingJobs[]): BatchForecast {
    const { clock, optionsOf, present } = this.#parts;
    return batchForecastOf({
      client,
      coming,
      forecast: this.#withComing(coming),
      own: this.#own(client),
      queue: (key) => present.queue(key),
      optionsOf,
      now: clock.now(),
    });
  }

  #withComing(coming: readonly ComingJobs[]): Forecast {
    const key = JSON.stringify(coming);
    const known = this.#withMore.get(key) ?? null;
    const { clock, optionsOf } = this.#parts;
    const more = (demand: readonly Demand[]) =>
      coming.reduce(
        (before, jobs) => withMore(before, { options: optionsOf(jobs.queue) }, jobs, clock.now()),
        demand,
      );
    const made = this.#isGood(known) ? known : this.#make(more, coming);
    if (this.#withMore.size >= MOST_KINDS) this.#withMore.clear();
    this.#withMore.set(key, made);
    return made.forecast;
  }

  #isGood(made: Made | null): made is Made {
    if (!made) return false;
    const ageMs = this.#parts.clock.monotonic() - made.at;
    if (made.version === this.#parts.version()) return ageMs < MOST_MS;
    return ageMs < Math.min(MOST_STALE_MS, Math.max(LEAST_MS, TIMES_ITS_COST * made.costMs));
  }

  #make(change: (demand: readonly Demand[]) => readonly Demand[], coming: readonly ComingJobs[] = []): Made {
    const { clock, policy, snapshot, work, version } = this.#parts;
    const present: Present = { ...this.#parts.present, now: () => clock.now() };
    const at = clock.monotonic();
    const parts = { snapshot: snapshot(change), present, policy, work: work(), now: clock.now(), coming };
    const forecast = forecastOf(parts);
    return { forecast, version: version(), at, costMs: clock.monotonic() - at };
  }
}

/** Forecasts for whoever asks, each made once for many of them: a page asks about a hundred jobs at once, and again after a second. */
import type { Clock } from '../../clock.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { Policy } from '../decide/policy.ts';
import type { Demand, Snapshot } from '../decide/snapshot.ts';
import type { Work } from '../runs/work.ts';
import type { Placed } from './ahead.ts';
import { type Forecast, forecastOf } from './forecast.ts';
import { withOneMore } from './one-more.ts';

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
  snapshot(change: (demand: readonly Demand[]) => readonly Demand[]): Snapshot;
  /** Where a queue in which nothing waits could run. */
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
  /** With one more job, by its queue and priority. */
  readonly #withOneMore = new Map<string, Made>();

  constructor(parts: ForecastsParts) {
    this.#parts = parts;
  }

  /** Of what waits now. */
  get present(): Forecast {
    this.#made = this.#isGood(this.#made) ? this.#made : this.#make((demand) => demand);
    return this.#made.forecast;
  }

  /** When a job that came now would start, epoch milliseconds; null where it cannot be known. */
  startOfNew(queue: QueueKey, { client, priority }: Omit<Placed, 'sequence'>): number | null {
    const key = `${queue}\0${priority}`;
    const known = this.#withOneMore.get(key) ?? null;
    const { clock, optionsOf } = this.#parts;
    const made = this.#isGood(known)
      ? known
      : this.#make((demand) =>
          withOneMore(demand, { queue, options: optionsOf(queue) }, priority, clock.now()),
        );
    if (this.#withOneMore.size >= MOST_KINDS) this.#withOneMore.clear();
    this.#withOneMore.set(key, made);
    return made.forecast.startOf(queue, { client, priority, sequence: null });
  }

  #isGood(made: Made | null): made is Made {
    if (!made) return false;
    const ageMs = this.#parts.clock.monotonic() - made.at;
    if (made.version === this.#parts.version()) return ageMs < MOST_MS;
    return ageMs < Math.min(MOST_STALE_MS, Math.max(LEAST_MS, TIMES_ITS_COST * made.costMs));
  }

  #make(change: (demand: readonly Demand[]) => readonly Demand[]): Made {
    const { clock, policy, snapshot, work, version } = this.#parts;
    const at = clock.monotonic();
    const forecast = forecastOf({ snapshot: snapshot(change), policy, work: work(), now: clock.now() });
    return { forecast, version: version(), at, costMs: clock.monotonic() - at };
  }
}

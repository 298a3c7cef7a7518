/**
 * What clients have used up of what they may. Each allowance is a vessel that fills with use and empties evenly, as much as the limit in the time
 * of its name: a day's GPU time may be used at once, and comes back over a day. Two numbers hold it, so that it is bounded and outlives a restart.
 *
 * Requests are refused when the vessel has no room for another one. Work is counted when it is done, by what it took, and what runs counts as it
 * runs; so the last job may go beyond, and the next waits the longer.
 */
import type { Clock, Timer } from '../clock.ts';
import {
  type AllowanceName,
  type Allowances,
  type AllowanceUse,
  ClientLimitError,
} from '../domain/allowance.ts';
import { BoundedMap } from '../domain/bounded-map.ts';
import { type ClientLimits, type ClientTable, limitsOf } from '../domain/client-limits.ts';
import { messageOf } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import type { TokenUsage } from '../domain/job.ts';
import type { Json } from '../domain/json.ts';
import type { JobChange, Store } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

interface Vessel {
  readonly level: number;
  /** When it had that level. */
  readonly at: number;
}

const PERIOD_MS: Readonly<Record<AllowanceName, number>> = {
  REQUESTS_PER_SECOND: 1_000,
  TOKENS_PER_MINUTE: 60_000,
  GPU_SECONDS_PER_DAY: 86_400_000,
};

/** Requests of a second are forgotten sooner than they could be written. */
const KEPT = ['TOKENS_PER_MINUTE', 'GPU_SECONDS_PER_DAY'] as const;

/** Who asks may choose its name where there are no keys. */
const MOST_CLIENTS = 10_000;
/** Use that a server did not live to write is lost: at most so much time of it. */
const KEEP_AFTER_MS = 5_000;
const SPACE = 'clients';
const KEY = 'use';

export interface AllowancesParts {
  readonly limits: ClientTable;
  readonly store: () => Pick<Store, 'remember' | 'recall'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

export class ClientAllowances implements Allowances {
  readonly #parts: AllowancesParts;
  readonly #vessels: Readonly<Record<AllowanceName, BoundedMap<string, Vessel>>> = {
    REQUESTS_PER_SECOND: new BoundedMap(MOST_CLIENTS),
    TOKENS_PER_MINUTE: new BoundedMap(MOST_CLIENTS),
    GPU_SECONDS_PER_DAY: new BoundedMap(MOST_CLIENTS),
  };
  readonly #running = new Map<JobId, { readonly client: string; readonly since: number }>();
  #keeping: Timer | null = null;
  #isStopped = false;

  constructor(parts: AllowancesParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const kept = (await this.#parts.store().recall(SPACE)).get(KEY);
    if (!isRecord(kept)) return;
    for (const name of KEPT) {
      const vessels = kept[name];
      if (!isRecord(vessels)) continue;
      for (const [client, vessel] of Object.entries(vessels)) {
        const [level, at] = Array.isArray(vessel) ? vessel : [];
        if (typeof level === 'number' && typeof at === 'number')
          this.#vessels[name].set(client, { level, at });
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const wasDirty = this.#keeping !== null;
    this.#keeping?.cancel();
    this.#keeping = null;
    if (wasDirty) await this.#keep();
  }

  /** Counts a request. @throws ClientLimitError */
  request(client: string): void {
    const maximum = this.#maximum('REQUESTS_PER_SECOND', client);
    if (maximum === null) return;
    const level = this.#level('REQUESTS_PER_SECOND', client, maximum);
    // At less than one a second there is still room for one.
    const over = level + 1 - Math.max(1, maximum);
    if (over > 0)
      throw new ClientLimitError(client, 'REQUESTS_PER_SECOND', maximum, (over / maximum) * 1_000);
    this.#vessels.REQUESTS_PER_SECOND.set(client, { level: level + 1, at: this.#now });
  }

  checkWork(client: string): void {
    for (const name of KEPT) {
      const maximum = this.#maximum(name, client);
      if (maximum === null) continue;
      const over = this.#used(name, client, maximum) - maximum;
      if (over >= 0)
        throw new ClientLimitError(
          client,
          name,
          maximum,
          Math.max(1_000, (over / maximum) * PERIOD_MS[name]),
        );
    }
  }

  of(client: string): readonly AllowanceUse[] {
    const names: readonly AllowanceName[] = ['REQUESTS_PER_SECOND', ...KEPT];
    return names.flatMap((name) => {
      const maximum = this.#maximum(name, client);
      return maximum === null ? [] : [{ name, maximum, used: this.#used(name, client, maximum) }];
    });
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    for (const { job } of changes) {
      if (job.status === 'RUNNING') {
        if (!this.#running.has(job.id) && this.#maximum('GPU_SECONDS_PER_DAY', job.client) !== null)
          this.#running.set(job.id, { client: job.client, since: this.#now });
        continue;
      }
      const run = this.#running.get(job.id);
      this.#running.delete(job.id);
      if (run) this.#charge('GPU_SECONDS_PER_DAY', run.client, (this.#now - run.since) / 1_000);
    }
  }

  answered(client: string, { promptTokens, completionTokens }: TokenUsage): void {
    this.#charge('TOKENS_PER_MINUTE', client, promptTokens + completionTokens);
  }

  #charge(name: AllowanceName, client: string, amount: number): void {
    const maximum = this.#maximum(name, client);
    if (maximum === null || amount <= 0) return;
    this.#vessels[name].set(client, { level: this.#level(name, client, maximum) + amount, at: this.#now });
    if (!this.#isStopped) this.#keeping ??= this.#parts.clock.after(KEEP_AFTER_MS, () => void this.#keep());
  }

  #used(name: AllowanceName, client: string, maximum: number): number {
    const level = this.#level(name, client, maximum);
    return name === 'GPU_SECONDS_PER_DAY' ? level + this.#runningSeconds(client) : level;
  }

  #runningSeconds(client: string): number {
    let ms = 0;
    for (const run of this.#running.values()) if (run.client === client) ms += this.#now - run.since;
    return ms / 1_000;
  }

  #level(name: AllowanceName, client: string, maximum: number): number {
    const vessel = this.#vessels[name].get(client);
    if (!vessel) return 0;
    const passedMs = Math.max(0, this.#now - vessel.at);
    return Math.max(0, vessel.level - (passedMs / PERIOD_MS[name]) * maximum);
  }

  #maximum(name: AllowanceName, client: string): number | null {
    const limits = limitsOf(this.#parts.limits, client);
    return limits[FIELDS[name]] ?? null;
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  /** Only what is not empty yet. */
  async #keep(): Promise<void> {
    this.#keeping = null;
    const kept: Record<string, Json> = {};
    for (const name of KEPT) {
      const vessels = [...this.#vessels[name].entries()].flatMap(([client, { level, at }]) => {
        const maximum = this.#maximum(name, client);
        const isEmpty = maximum === null || this.#level(name, client, maximum) === 0;
        return isEmpty ? [] : [[client, [level, at]] as const];
      });
      kept[name] = Object.fromEntries(vessels);
    }
    try {
      await this.#parts.store().remember(SPACE, KEY, kept);
    } catch (error) {
      this.#parts.logger.warn('What clients have used up cannot be kept; it counts until a restart.', {
        error: messageOf(error),
      });
    }
  }
}

const FIELDS = {
  REQUESTS_PER_SECOND: 'requestsPerSecond',
  TOKENS_PER_MINUTE: 'tokensPerMinute',
  GPU_SECONDS_PER_DAY: 'gpuSecondsPerDay',
} as const satisfies Readonly<Record<AllowanceName, keyof ClientLimits>>;

function isRecord(value: Json | undefined): value is { readonly [name: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

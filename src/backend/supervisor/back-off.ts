/** When a program that keeps dying may be started again. */
import type { Clock, Random } from '../../clock.ts';

export interface BackOffSettings {
  /** After the second death in a row; it doubles with each one. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Whoever lived this long was well: its death is the first again. */
  readonly resetAfterMs: number;
}

export const DEFAULT_BACK_OFF: BackOffSettings = {
  firstWaitMs: 500,
  longestWaitMs: 60_000,
  resetAfterMs: 60_000,
};

interface Deaths {
  readonly count: number;
  /** On the monotonic clock, as are all times here. */
  readonly lastAt: number;
  readonly blockedUntil: number;
}

/** Per name: the first death is free, then waits double up to a longest one, each ± 20 % so that several do not come back as one. */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #settings: BackOffSettings;
  readonly #deaths = new Map<string, Deaths>();

  constructor(clock: Clock, random: Random, settings: BackOffSettings = DEFAULT_BACK_OFF) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
  }

  /** Milliseconds until it may be started; 0 for now. */
  waitMs(name: string): number {
    const deaths = this.#deaths.get(name);
    return deaths ? Math.max(0, deaths.blockedUntil - this.#clock.monotonic()) : 0;
  }

  /** In a row. */
  deaths(name: string): number {
    return this.#deaths.get(name)?.count ?? 0;
  }

  /**
   * A process of that name ended without having been told to.
   * @param livedMs from its start to its end
   */
  died(name: string, livedMs: number): void {
    const now = this.#clock.monotonic();
    this.#forgetOld(now);
    const before = livedMs >= this.#settings.resetAfterMs ? undefined : this.#deaths.get(name);
    // Several that die of one cause are one death: only one that was started after the last death says that it goes on.
    if (before && now - livedMs < before.lastAt) return;
    const count = (before?.count ?? 0) + 1;
    this.#deaths.set(name, { count, lastAt: now, blockedUntil: now + this.#waitAfter(count) });
  }

  #waitAfter(count: number): number {
    if (count < 2) return 0;
    const { firstWaitMs, longestWaitMs } = this.#settings;
    const spread = 0.8 + 0.4 * this.#random.next();
    return Math.min(longestWaitMs, firstWaitMs * 2 ** (count - 2) * spread);
  }

  #forgetOld(now: number): void {
    for (const [name, { blockedUntil }] of this.#deaths) {
      if (now - blockedUntil >= this.#settings.resetAfterMs) this.#deaths.delete(name);
    }
  }
}

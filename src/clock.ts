/**
 * Time and chance, injected everywhere. Nothing outside this file calls `Date.now`, `setTimeout` or
 * `Math.random`, so that tests and the simulator can run the same code in virtual time.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { machineStart } from './machine-start.ts';

/** A timer that has an owner: whoever sets it cancels it. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump; use it for what people and the store see. */
  now(): number;
  /** How far the clock on the wall is ahead of `now()`, for instants that callers name. Absent: `now()` is the clock on the wall. */
  readonly wallAheadMs?: number;
  /** Milliseconds since the machine started, those in which it slept too. Absent: it does not sleep. */
  uptime?(): number;
  /** Which start of the machine `uptime` counts from. Absent or null: unknown. */
  readonly boot?: string | null;
  /** Milliseconds from an arbitrary origin; never goes back. Use it for durations and deadlines of our own. */
  monotonic(): number;
  /** Runs `callback` once after `delayMs` (at least 0). A pending timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /** Runs `callback` once when what runs now, and what that has led to, is done: in the same turn of the event loop, before any timer that is not due yet. */
  soon(callback: () => void): Timer;
}

/** What a clock shows at one moment, so that another life of the server can tell what happened since. */
export interface ClockReading {
  /** Epoch milliseconds, as `wallAheadMs` and `uptimeMs`. */
  readonly now: number;
  readonly wallAheadMs: number;
  /** Null where it is unknown, as `boot`. */
  readonly uptimeMs: number | null;
  readonly boot: string | null;
}

/** A source of chance. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** `count` unpredictable bytes (of a seeded source: reproducible ones). */
  bytes(count: number): Uint8Array;
}

/** The longest delay a Node timer holds; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1_000,
  boot: machineStart((path) => readFileSync(path, 'utf8'), {
    uptimeMs: uptime() * 1_000,
    processMs: process.uptime() * 1_000,
  }),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  // The shortest timer takes a millisecond. This one keeps the process alive, as it could wait for other events otherwise; it is over at once.
  soon(callback) {
    const immediate = setImmediate(callback);
    return { cancel: () => clearImmediate(immediate) };
  },
};

/** Asking for chance costs more than the bytes: an id needs ten, and each job some ids. */
const POOL_BYTES = 4_096;

function pooledBytes(): Random['bytes'] {
  let pool = Buffer.alloc(0);
  return (count) => {
    if (count > POOL_BYTES) return randomBytes(count);
    if (count > pool.length) pool = randomBytes(POOL_BYTES);
    const taken = pool.subarray(0, count);
    pool = pool.subarray(count);
    return taken;
  };
}

export const systemRandom: Random = { next: () => Math.random(), bytes: pooledBytes() };

/** Mulberry32 (T. Ettinger, public domain): small, fast, and good enough for jitter and test data; never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}

/** Lets everything else that is ready run first. Long work waits for this between its portions. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves after `delayMs`; rejects with the signal's reason, and drops the timer, when `signal` aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A difference that is no jump: the clock on the wall is being corrected, and is followed. */
const LARGEST_DRIFT_MS = 1_000;
/** How much faster or slower than time the followed clock runs meanwhile. */
const SLEW = 0.05;

/**
 * Wall time that does not jump: it starts with the clock on the wall and goes on with the monotonic one. So what is counted from instants of it
 * (a delay, a deadline, a lease, an age) lasts as long as it should when somebody sets the clock. It follows small corrections, and the time in
 * which the machine slept; a jump it leaves out until the next start. That `now()` then differs from the clock on the wall is told by `wallAheadMs`.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  readonly #onJump: (ms: number) => void;
  #now: number;
  #monotonic: number;
  /** Of uptime that monotonic time does not have, so much is in `#now`. */
  #slept: number;
  #left = 0;

  /** @param onJump how far the clock on the wall was set, in milliseconds. */
  constructor(clock: Clock, onJump: (ms: number) => void = () => {}) {
    this.#clock = clock;
    this.#onJump = onJump;
    this.#now = clock.now();
    this.#monotonic = clock.monotonic();
    this.#slept = this.#sleepTime();
  }

  /** The same clock, when it is steady already. */
  static over(clock: Clock, onJump?: (ms: number) => void): SteadyClock {
    return clock instanceof SteadyClock ? clock : new SteadyClock(clock, onJump);
  }

  /** Whole milliseconds, as of any other clock: ids and stored instants are made of them. */
  now(): number {
    this.#goOn();
    return Math.floor(this.#now);
  }

  #goOn(): void {
    const monotonic = this.#clock.monotonic();
    const elapsed = Math.max(0, monotonic - this.#monotonic);
    this.#monotonic = monotonic;
    this.#now += elapsed;
    const off = this.#clock.now() - this.#now - this.#left;
    if (Math.abs(off) <= LARGEST_DRIFT_MS) {
      this.#now += Math.max(-SLEW * elapsed, Math.min(SLEW * elapsed, off));
      return;
    }
    const slept = this.#sleepTime() - this.#slept;
    if (off > 0 && slept > LARGEST_DRIFT_MS) {
      this.#slept += slept;
      this.#now += Math.min(slept, off);
    }
    const jumped = this.#clock.now() - this.#now - this.#left;
    if (Math.abs(jumped) > LARGEST_DRIFT_MS) {
      this.#left += jumped;
      this.#onJump(jumped);
    }
  }

  get wallAheadMs(): number {
    this.#goOn();
    return this.#left;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#clock.after(delayMs, callback);
  }

  soon(callback: () => void): Timer {
    return this.#clock.soon(callback);
  }

  reading(): ClockReading {
    return {
      now: this.now(),
      wallAheadMs: this.#left,
      uptimeMs: this.#clock.uptime?.() ?? null,
      boot: this.#clock.boot ?? null,
    };
  }

  /** Goes on from `instant`, if that is later: an earlier start got so far, before the clock on the wall was set back. */
  goOnFrom(instant: number): void {
    const ahead = instant - this.now();
    if (ahead <= 0) return;
    this.#now += ahead;
    this.#left -= ahead;
  }

  #sleepTime(): number {
    return this.#clock.uptime ? this.#clock.uptime() - this.#clock.monotonic() : 0;
  }
}

/** What the clock on the wall shows: the time in which others name instants. */
export function wallNow(clock: Pick<Clock, 'now' | 'wallAheadMs'>): number {
  return clock.now() + (clock.wallAheadMs ?? 0);
}

/** When an instant that others read off the clock on the wall is by this one. */
export function fromWall(instant: number, clock: Pick<Clock, 'wallAheadMs'>): number {
  return instant - (clock.wallAheadMs ?? 0);
}

/** A clock that stands still until it is moved: for tests and simulated runs. */
export class VirtualClock implements Clock {
  #now: number;
  /** How far the clock on the wall was set, and how long the machine slept: neither is monotonic time. */
  #setBy = 0;
  #slept = 0;
  #boots = 1;
  readonly #origin: number;
  #sequence = 0;
  readonly #timers = new Set<{
    readonly due: number;
    readonly order: number;
    readonly callback: () => void;
  }>();

  /** @param startMs epoch milliseconds at which the clock starts. */
  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
    this.#origin = startMs;
  }

  now(): number {
    return this.#now + this.#setBy + this.#slept;
  }

  monotonic(): number {
    return this.#now - this.#origin;
  }

  uptime(): number {
    return this.monotonic() + this.#slept;
  }

  get boot(): string {
    return `boot ${this.#boots}`;
  }

  /** The machine starts anew, as far as anyone can tell who was not there. */
  reboot(): void {
    this.#boots += 1;
  }

  /** Somebody sets the clock on the wall, forward or back. */
  jump(ms: number): void {
    this.#setBy += ms;
  }

  /** The machine sleeps: the clock on the wall goes on, and nothing else. */
  sleep(ms: number): void {
    this.#slept += ms;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { due: this.#now + Math.max(0, delayMs), order: this.#sequence++, callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  /** With the next move, be it by nothing. */
  soon(callback: () => void): Timer {
    return this.after(0, callback);
  }

  /** When the next timer is due, in epoch milliseconds; undefined when none is set. */
  nextDue(): number | undefined {
    const due = this.#earliest()?.due;
    return due === undefined ? undefined : due + this.#setBy + this.#slept;
  }

  /** Moves forward by `ms`, firing every timer on its way in order of due time, then of setting. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#earliest(); next && next.due <= end; next = this.#earliest()) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }

  #earliest() {
    let best: { readonly due: number; readonly order: number; readonly callback: () => void } | undefined;
    for (const timer of this.#timers) {
      if (!best || timer.due < best.due || (timer.due === best.due && timer.order < best.order)) best = timer;
    }
    return best;
  }
}

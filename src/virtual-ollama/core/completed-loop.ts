import type { Clock } from '../../clock.ts';
import { FOREVER_MS } from '../../ollama-api/duration.ts';
import type { EventLog, UnloadCause } from '../events.ts';
import { displayNames } from './catalog.ts';
import type { MemoryBelief } from './memory-belief.ts';
import type { Runner } from './runner.ts';

/** How often Ollama tries again to unload an expired runner that is still in use. */
const BUSY_RETRY_MS = 10;
/** A single timer holds 2^31 − 1 ms; longer keep-alives are waited for in pieces. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

type LoopEvent =
  | { readonly kind: 'finished'; readonly key: string }
  | { readonly kind: 'expired'; readonly runner: Runner };

/**
 * The second of the scheduler's two loops: it counts finished requests, runs keep-alives out and unloads. One
 * event at a time; while it waits for an unloaded model's memory to come back, everything else here stands still.
 */
export class CompletedLoop {
  readonly #clock: Clock;
  readonly #belief: MemoryBelief;
  readonly #events: EventLog;
  readonly #loaded: Map<string, Runner>;
  readonly #onUnloaded: () => void;
  readonly #queue: LoopEvent[] = [];
  #waking = false;
  #recovering = false;

  constructor(parts: {
    readonly clock: Clock;
    readonly belief: MemoryBelief;
    readonly events: EventLog;
    readonly loaded: Map<string, Runner>;
    readonly onUnloaded: () => void;
  }) {
    this.#clock = parts.clock;
    this.#belief = parts.belief;
    this.#events = parts.events;
    this.#loaded = parts.loaded;
    this.#onUnloaded = parts.onUnloaded;
  }

  /** Waiting for memory to come back: nothing else is looked at. */
  get recovering(): boolean {
    return this.#recovering;
  }

  /** A request is over, however it ended. */
  finished(key: string): void {
    this.#post({ kind: 'finished', key });
  }

  /** Marks the runner to be unloaded: at once when idle, else when its last request ends. */
  expire(runner: Runner, cause: UnloadCause): void {
    stopTimer(runner);
    runner.sessionMs = 0;
    runner.cause = cause;
    if (runner.references <= 0) this.#post({ kind: 'expired', runner });
  }

  #post(event: LoopEvent): void {
    this.#queue.push(event);
    this.#wake();
  }

  /** Each step is a hop of its own: a request that arrives in between still finds the runner. */
  #wake(): void {
    if (this.#waking || this.#recovering || this.#queue.length === 0) return;
    this.#waking = true;
    this.#clock.after(0, () => {
      this.#waking = false;
      this.#drain();
    });
  }

  #drain(): void {
    while (!this.#recovering) {
      const event = this.#queue.shift();
      if (!event) return;
      if (event.kind === 'finished') this.#onFinished(event.key);
      else this.#onExpired(event.runner);
    }
  }

  #onFinished(key: string): void {
    const runner = this.#loaded.get(key);
    if (!runner) return;
    runner.references--;
    if (runner.references > 0) return;
    stopTimer(runner);
    if (runner.sessionMs <= 0) {
      this.#queue.push({ kind: 'expired', runner });
      return;
    }
    runner.expiresAtMs = this.#clock.now() + runner.sessionMs;
    this.#startTimer(runner, runner.sessionMs);
  }

  #startTimer(runner: Runner, remainingMs: number): void {
    if (remainingMs >= FOREVER_MS) return;
    const pieceMs = Math.min(remainingMs, LONGEST_WAIT_MS);
    runner.expireTimer = this.#clock.after(pieceMs, () => {
      runner.expireTimer = undefined;
      if (remainingMs > pieceMs) {
        this.#startTimer(runner, remainingMs - pieceMs);
        return;
      }
      runner.cause = 'expired';
      this.#post({ kind: 'expired', runner });
    });
  }

  #onExpired(runner: Runner): void {
    if (runner.references > 0) {
      this.#clock.after(BUSY_RETRY_MS, () => this.#post({ kind: 'expired', runner }));
      return;
    }
    if (this.#loaded.get(runner.key) !== runner) return;
    const wait = this.#belief.awaitRecovery(runner, this.#belief.snapshot(this.#loaded.values()));
    this.#unload(runner);
    this.#recovering = true;
    wait((outcome) => {
      const model = displayNames.short(runner.model.name);
      if (outcome === 'timeout') this.#events.add({ kind: 'recovery-timeout', model });
      this.#recovering = false;
      this.#onUnloaded();
      this.#drain();
    });
  }

  #unload(runner: Runner): void {
    const { cause, engine } = runner;
    stopTimer(runner);
    engine.kill();
    runner.gpus = [];
    runner.unloaded = true;
    this.#loaded.delete(runner.key);
    this.#events.add({
      kind: 'unloaded',
      model: displayNames.short(runner.model.name),
      pid: engine.pid,
      cause,
      by: cause === 'requested' ? 'request' : 'self',
    });
  }
}

/** Stops the keep-alive; a runner without a timer is in use, or about to go. */
export function stopTimer(runner: Runner): void {
  runner.expireTimer?.cancel();
  runner.expireTimer = undefined;
}

import type { Clock, Random } from '../../clock.ts';
import type { GpuMemory } from '../gpu-memory.ts';
import type { Regime } from '../settings.ts';
import type { BelievedGpu } from './admission.ts';
import type { Pace } from './pace.ts';
import type { Runner } from './runner.ts';

/** A list of the resident runners in the random order of a Go map walk. */
export type RunnerSnapshot = readonly Runner[];

/** The part of a model's reported bytes that must be seen to come back after its unload. */
const RECOVERED = 0.75;

export interface Reading {
  readonly gpus: readonly BelievedGpu[];
  /** What it took: nothing where a resident model could be asked. */
  readonly tookMs: number;
}

/** How a wait for memory ended. */
export type RecoveryOutcome = 'recovered' | 'timeout';

/**
 * What Ollama believes to be free. While any resident model covers a card, "reading" the card means asking one
 * of them, the first of a random order, for what was free when *it* was loaded; only a card that no resident
 * covers is really read. So memory that comes back later stays invisible. (`llama-server` regime; the classic
 * one reads the cards.)
 */
export class MemoryBelief {
  readonly #memory: GpuMemory;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #regime: Regime;

  constructor(parts: {
    readonly memory: GpuMemory;
    readonly random: Random;
    readonly clock: Clock;
    readonly pace: Pace;
    readonly regime: Regime;
  }) {
    this.#memory = parts.memory;
    this.#random = parts.random;
    this.#clock = parts.clock;
    this.#pace = parts.pace;
    this.#regime = parts.regime;
  }

  snapshot(runners: Iterable<Runner>): RunnerSnapshot {
    const list = [...runners];
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random.next() * (i + 1));
      const [a, b] = [list[i], list[j]];
      if (a && b) [list[i], list[j]] = [b, a];
    }
    return list;
  }

  /** One reading of all cards. */
  read(snapshot: RunnerSnapshot): Reading {
    const gpus = this.#memory.read();
    const real = { gpus, tookMs: this.#pace.discoveryMs };
    if (this.#regime === 'classic') return real;
    const believed = new Map<number, number>();
    for (const runner of snapshot) {
      if (believed.size === gpus.length) break;
      if (runner.gpus.every((gpu) => believed.has(gpu))) continue;
      for (const gpu of runner.engine.launch.gpus) believed.set(gpu, this.#frozenReading(runner, gpu));
    }
    // A card that nobody covers makes Ollama really read, and then all of them.
    if (gpus.some((gpu) => !believed.has(gpu.index))) return real;
    return {
      gpus: gpus.map((gpu) => ({ ...gpu, freeBytes: believed.get(gpu.index) ?? gpu.freeBytes })),
      tookMs: 0,
    };
  }

  /** min(total, free at this runner's load) − its own bytes. */
  #frozenReading(runner: Runner, gpu: number): number {
    const total = this.#memory.read()[gpu]?.totalBytes ?? 0;
    const atLoad = Math.min(total, runner.engine.freeAtLoad.get(gpu) ?? total);
    return Math.max(0, atLoad - runner.engine.vramOn(gpu));
  }

  /** The reading, but no more than the total less what all residents report. */
  available(snapshot: RunnerSnapshot): Reading {
    const { gpus, tookMs } = this.read(snapshot);
    const limited = gpus.map((gpu) => {
      const residentBytes = snapshot.reduce((sum, runner) => sum + runner.engine.vramOn(gpu.index), 0);
      return { ...gpu, freeBytes: Math.max(0, Math.min(gpu.freeBytes, gpu.totalBytes - residentBytes)) };
    });
    return { gpus: limited, tookMs };
  }

  /**
   * Calls `done` when the memory of a runner is seen to be back, at the latest after the limit. To be called
   * before the runner is unloaded; the result starts the waiting, after it.
   */
  awaitRecovery(
    runner: Runner,
    snapshot: RunnerSnapshot,
  ): (done: (outcome: RecoveryOutcome) => void) => void {
    if (runner.gpus.length === 0) return (done) => done('recovered');
    const freeBefore = sumFree(this.read(snapshot).gpus);
    const { vramBytes } = runner.engine;
    return (done) => {
      const { recoveryPollMs, recoveryLimitMs } = this.#pace;
      const startMs = this.#clock.monotonic();
      const poll = () => {
        const elapsedMs = this.#clock.monotonic() - startMs;
        if (elapsedMs >= recoveryLimitMs) return done('timeout');
        const { gpus, tookMs } = this.read(snapshot);
        const gained = sumFree(gpus) - freeBefore;
        // The difference is unsigned in Ollama: a reading that fell looks like an enormous gain.
        if (gained < 0 || gained > vramBytes * RECOVERED) {
          this.#clock.after(tookMs, () => done('recovered'));
          return;
        }
        this.#clock.after(Math.min(recoveryPollMs, recoveryLimitMs - elapsedMs), poll);
      };
      this.#clock.after(recoveryPollMs, poll);
    };
  }
}

const sumFree = (gpus: readonly BelievedGpu[]) => gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0);

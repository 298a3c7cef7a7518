/** Readings of one probe in turn, and what is wrong where none comes. */
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';

export interface GpuNews {
  /** Null when there is no news: the reading failed, or takes long. */
  readonly gpus: readonly GpuReading[] | null;
  /** What the reading tells. */
  readonly detail: GpuDetail;
  /** What is wrong with the GPUs or with reading them, and what to do; null when all is well. */
  readonly problem: string | null;
  /** Between two readings as they come: the lag of their source is included, and how long a slow one takes. In milliseconds. */
  readonly intervalMs: number;
}

/** The backend itself is not kept waiting any longer: it can be used while a slow tool is at work. */
const PATIENCE_MS = 3_000;

type Outcome = { readonly gpus: readonly GpuReading[] } | { readonly error: unknown };

interface Pending {
  readonly detail: GpuDetail;
  readonly outcome: Promise<Outcome>;
  readonly startedAt: number;
}

/** Reads the GPUs of one backend, and notices what its probe cannot: a reading that does not come, a card that no longer does. */
export class GpuWatch {
  readonly #probe: GpuProbe;
  readonly #clock: Clock;
  readonly #pauseMs: number;
  /** A reading takes as long as it takes; the next one begins after it. */
  #pending: Pending | undefined;
  /** Every card that was ever seen, by the part of its key that names the card and not a slice of it. */
  readonly #seen = new Map<string, string>();
  #problem: string | null = null;
  #hasRead = false;
  #slowMs = 0;

  /** @param pauseMs between two readings as planned */
  constructor(probe: GpuProbe, clock: Clock, pauseMs: number) {
    this.#probe = probe;
    this.#clock = clock;
    this.#pauseMs = pauseMs;
  }

  /** Never rejects. What it tells may have been asked for by an earlier call: the readings say when they were taken. */
  async read(detail: GpuDetail): Promise<GpuNews> {
    const pending = this.#pending ?? this.#start(detail);
    this.#pending = pending;
    const late = Promise.withResolvers<null>();
    const timer = this.#clock.after(PATIENCE_MS, () => late.resolve(null));
    const outcome = await Promise.race([pending.outcome, late.promise]);
    timer.cancel();
    if (outcome === null) return this.#news(null, detail);
    this.#pending = undefined;
    this.#hasRead = true;
    const tookMs = this.#clock.monotonic() - pending.startedAt;
    this.#slowMs = tookMs > PATIENCE_MS ? tookMs : 0;
    if ('error' in outcome) {
      this.#problem = messageOf(outcome.error);
      return this.#news(null, pending.detail);
    }
    this.#problem = this.#probe.problem ?? this.#vanished(outcome.gpus);
    return this.#news(outcome.gpus, pending.detail);
  }

  #start(detail: GpuDetail): Pending {
    const outcome = this.#probe.read(detail).then(
      (gpus) => ({ gpus }),
      (error: unknown) => ({ error }),
    );
    return { detail, outcome, startedAt: this.#clock.monotonic() };
  }

  #news(gpus: readonly GpuReading[] | null, detail: GpuDetail): GpuNews {
    const problem = this.#hasRead
      ? this.#problem
      : 'Its GPUs have not been read yet: that takes long here, and until then nothing is loaded. Look whether `nvidia-smi` is slow; its persistence mode makes it quicker.';
    return { gpus, detail, problem, intervalMs: this.#pauseMs + this.#probe.lagMs + this.#slowMs };
  }

  /** A driver that has lost a card may simply tell of one less. */
  #vanished(gpus: readonly GpuReading[]): string | null {
    const present = new Set(gpus.map(({ key }) => cardOf(key)));
    for (const { key, index, name } of gpus) this.#seen.set(cardOf(key), `GPU ${index} (${name})`);
    const gone = [...this.#seen].filter(([card]) => !present.has(card)).map(([, label]) => label);
    if (gone.length === 0) return null;
    return `${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} no longer there, and no model is loaded onto ${gone.length === 1 ? 'it' : 'them'}. Look into the kernel log (\`dmesg\`); where a card was taken out on purpose, start vramkeeper anew.`;
  }
}

/** Slices come and go with their settings; the card stays. */
function cardOf(key: string): string {
  return key.split('/')[0] ?? key;
}

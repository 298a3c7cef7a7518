/** Signs of life for who waits: nothing that a program reads, but enough that neither it nor something on the way gives up. */
import type { Clock, Timer } from '../../clock.ts';

/** Clients and proxies give up after 60 s of silence or more. Up to here an error can still have its status. */
export const SILENCE_MS = 45_000;

/** Notices when nothing was sent for too long, again and again. */
export class Silence {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  #timer: Timer | null = null;
  #since = 0;

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
  }

  begin(): void {
    this.#since = this.#clock.monotonic();
    this.#next(SILENCE_MS);
  }

  broken(): void {
    this.#since = this.#clock.monotonic();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #next(ms: number): void {
    this.#timer = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const left = this.#since + SILENCE_MS - this.#clock.monotonic();
    if (left > 0) this.#next(left);
    else {
      this.#onSilence();
      this.begin();
    }
  }
}

/** Does the work, with a sign each time that it has been silent for too long. */
export async function withSigns<T>(clock: Clock, sign: () => void, work: () => Promise<T>): Promise<T> {
  const silence = new Silence(clock, sign);
  silence.begin();
  try {
    return await work();
  } finally {
    silence.end();
  }
}

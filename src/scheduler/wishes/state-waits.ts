/** Those who wait for something to become true of the loop's state. Nobody waits for ever. */
import type { Clock } from '../../clock.ts';
import { BackendUnavailableError } from '../../domain/errors.ts';
import { formatDuration } from '../../domain/units.ts';
import type { SchedulerLoop } from '../loop.ts';
import type { SchedulerState } from '../state.ts';

/** A call that asks for something is answered after so long at the latest. */
const LONGEST_WAIT_MS = 600_000;

export interface Awaited<T> {
  /** Null for not yet. What it throws is the answer, too. */
  look(state: SchedulerState): T | null;
  /** What is the case as long as there is no answer, for people. */
  readonly still: string;
  /** What stands in the way, for people. */
  why(): string;
}

export class StateWaits {
  readonly #loop: Pick<SchedulerLoop, 'state'>;
  readonly #clock: Clock;
  readonly #checks = new Set<() => void>();
  /** How each is given up. */
  readonly #ends = new Set<(error: unknown) => void>();
  #stopped = false;

  constructor(loop: Pick<SchedulerLoop, 'state'>, clock: Clock) {
    this.#loop = loop;
    this.#clock = clock;
  }

  /** To be called whenever the state has changed. */
  changed(): void {
    for (const check of [...this.#checks]) check();
  }

  /** Answers everybody: the server is stopping, and nothing will change any more. */
  stop(): void {
    this.#stopped = true;
    for (const fail of [...this.#ends]) fail(stopping());
  }

  /** Resolves with the first answer, now or after a change. @throws BackendUnavailableError after so long, with what stands in the way */
  until<T>({ look, still, why }: Awaited<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const end = () => {
      this.#checks.delete(check);
      this.#ends.delete(fail);
      limit.cancel();
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const check = () => {
      try {
        const found = look(this.#loop.state);
        if (found === null) return;
        end();
        resolve(found);
      } catch (error) {
        fail(error);
      }
    };
    const limit = this.#clock.after(LONGEST_WAIT_MS, () => {
      const waited = formatDuration(LONGEST_WAIT_MS);
      fail(new BackendUnavailableError(`${still} after ${waited}. ${why()} What was asked for stays.`, null));
    });
    this.#checks.add(check);
    this.#ends.add(fail);
    if (this.#stopped) fail(stopping());
    else check();
    return promise;
  }
}

function stopping(): BackendUnavailableError {
  return new BackendUnavailableError('The server is stopping. Ask again when it runs.', null);
}

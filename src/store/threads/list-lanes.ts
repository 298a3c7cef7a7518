/**
 * Reads that may take long, in two lanes beside the reads by id. Every one starts in the quick lane, where it has little time;
 * one that needs more starts again in the slow lane. So a plain page waits for at most a short turn of each other caller, whatever
 * they ask for, and nothing that is asked for by id waits for any list. In both lanes callers take turns, and one who is gone
 * leaves: from the queue at once, from the database within some hundred rows.
 */
import { CallerGoneError, ReadTooLongError, StoreBusyError } from '../../domain/errors.ts';
import type { ReadScope } from '../../domain/store.ts';
import { FairQueue } from '../fair-queue.ts';
import type { AnswerOf, InputOf, Reads } from '../operation.ts';
import type { WorkerLink } from './worker-link.ts';

const QUICK_MS = 50;
const SLOW_MS = 10_000;
/** Beyond it nobody would be served before their patience ends. */
const MOST_WAITING = 1_000;

/** One cell, seen by both threads: the ticket of the read that nobody waits for any more. */
export function sharedCell(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** The link to a worker, and the cell through which its present read can be ended. */
export interface ListWorker {
  readonly link: WorkerLink<Reads>;
  readonly abandoned: Int32Array;
}

export class ListLanes {
  readonly #quick: Lane;
  readonly #slow: Lane;

  constructor(quick: ListWorker, slow: ListWorker) {
    this.#quick = new Lane(quick, QUICK_MS);
    this.#slow = new Lane(slow, SLOW_MS);
  }

  /** Reads that wait or run. */
  get size(): number {
    return this.#quick.size + this.#slow.size;
  }

  /** @throws CallerGoneError, ReadTooLongError, StoreBusyError */
  async read<K extends keyof Reads>(
    kind: K,
    input: InputOf<Reads, K>,
    scope: ReadScope,
  ): Promise<AnswerOf<Reads, K>> {
    try {
      return await this.#quick.read(kind, input, scope);
    } catch (error) {
      if (!(error instanceof ReadTooLongError)) throw error;
      return await this.#slow.read(kind, input, scope);
    }
  }
}

interface Waiting {
  run(ticket: number): Promise<void>;
}

class Lane {
  readonly #worker: ListWorker;
  readonly #withinMs: number;
  readonly #queue = new FairQueue<Waiting>();
  #running: Waiting | null = null;
  #ticket = 0;

  constructor(worker: ListWorker, withinMs: number) {
    this.#worker = worker;
    this.#withinMs = withinMs;
  }

  get size(): number {
    return this.#queue.size + (this.#running ? 1 : 0);
  }

  read<K extends keyof Reads>(
    kind: K,
    input: InputOf<Reads, K>,
    { caller, signal }: ReadScope,
  ): Promise<AnswerOf<Reads, K>> {
    if (signal?.aborted) return Promise.reject(new CallerGoneError());
    if (this.#queue.size >= MOST_WAITING) return Promise.reject(new StoreBusyError());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        run: (ticket) => {
          const allowance = { ticket, withinMs: this.#withinMs };
          return this.#worker.link
            .call(kind, input, { allowance })
            .then(resolve, reject)
            .finally(() => signal?.removeEventListener('abort', leave));
        },
      };
      const leave = () => {
        if (this.#running === waiting) Atomics.store(this.#worker.abandoned, 0, this.#ticket);
        else this.#queue.remove(caller, waiting);
        reject(new CallerGoneError());
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#queue.add(caller, waiting);
      this.#next();
    });
  }

  /** One at a time: what is sent to the worker can't be taken back. */
  #next(): void {
    if (this.#running) return;
    const next = this.#queue.take();
    if (!next) return;
    this.#running = next;
    this.#ticket = (this.#ticket + 1) % 2 ** 31;
    void next.run(this.#ticket).finally(() => {
      this.#running = null;
      this.#next();
    });
  }
}

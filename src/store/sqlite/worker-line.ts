/**
 * The line to a worker thread: gathers the calls of a tick into one message and hands each answer to its caller, by the call's number. A call
 * that cannot be sent, or an answer that got lost, is its own caller's failure and nobody else's.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf, StoreClosedError, StoreFailedError, UnstorableValueError } from '../../domain/errors.ts';
import type { AnswerOf, CallOf, InputOf } from '../operation.ts';
import type { CommitReport } from '../queue-writer.ts';
import { errorOf } from './failures.ts';
import type { Allowance } from './patience.ts';
import type { Answers, FromWorker, NumberedCall, ToWorker, WorkerSettings } from './protocol.ts';

interface Caller {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface WorkerLineOptions {
  /** Of the thread. */
  readonly name: string;
  /** The program of the worker. */
  readonly role: 'writer' | 'reader';
  readonly settings: WorkerSettings;
  /** The time to send along, epoch milliseconds. */
  readonly now: () => number;
  /** The writer has opened the store at this time, epoch milliseconds. */
  readonly onStart?: (startedAt: number) => void;
  /** Before the answers of a commit are handed out. */
  readonly onReport: (report: CommitReport) => void;
  /** After each commit: why nothing can be written, or null. */
  readonly onProblem?: (problem: string | null) => void;
  /** The worker ended without being asked to. */
  readonly onDeath: (error: StoreClosedError) => void;
}

export class WorkerLine<T> {
  readonly #options: WorkerLineOptions;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  /** Sent or gathered, not answered yet, by the number of the call. */
  readonly #callers = new Map<number, Caller>();
  #gathered: NumberedCall<T>[] = [];
  #nextNumber = 1;
  #closed: Error | undefined;

  constructor(options: WorkerLineOptions) {
    this.#options = options;
    const file = new URL(`./${options.role}${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: options.settings, name: `store-${options.name}` });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => this.#hear(message, resolve, reject));
      this.#worker.on('messageerror', () => this.#lose());
      this.#worker.once('error', (error) => this.#end(error, reject));
      this.#worker.once('exit', () => this.#end(undefined, reject));
    });
    this.#ready.catch(() => {});
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  /** Resolves when the worker has opened its files. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** A call with an allowance is sent at once and alone. */
  call<K extends keyof T>(kind: K, input: InputOf<T, K>, allowance?: Allowance): Promise<AnswerOf<T, K>> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const number = this.#nextNumber++;
      this.#callers.set(number, { resolve: resolve as (value: unknown) => void, reject });
      const numbered = { number, call: { kind, input } as unknown as CallOf<T> };
      if (allowance) {
        this.#send();
        this.#deliver([numbered], allowance);
        return;
      }
      // The rest of the tick, and the callers that the last answers woke up, still get on.
      if (this.#gathered.length === 0) setImmediate(() => this.#send());
      this.#gathered.push(numbered);
    });
  }

  /** Lets the worker finish what was asked for, then ends it. */
  async stop(): Promise<void> {
    if (!this.#closed) {
      this.#send();
      this.#closed = new StoreClosedError('The store was stopped.');
      this.#worker.postMessage({ kind: 'stop' } satisfies ToWorker<T>);
    }
    await this.#ended;
  }

  #send(): void {
    if (this.#gathered.length === 0) return;
    const calls = this.#gathered;
    this.#gathered = [];
    this.#deliver(calls);
  }

  #deliver(calls: readonly NumberedCall<T>[], allowance?: Allowance): void {
    const now = this.#options.now();
    if (this.#post(calls, now, allowance) === null) return;
    // One of them cannot be cloned. The others go by themselves, in their order.
    for (const one of calls) {
      const error = this.#post([one], now, allowance);
      if (error === null) continue;
      const refusal = new UnstorableValueError(`This cannot be stored: ${messageOf(error)}.`, {
        cause: error,
      });
      this.#settle(one.number)?.reject(refusal);
    }
  }

  /** Why it could not be sent; null when it was. */
  #post(calls: readonly NumberedCall<T>[], now: number, allowance: Allowance | undefined): unknown {
    try {
      this.#worker.postMessage({ kind: 'calls', request: { now, calls, allowance } } satisfies ToWorker<T>);
      return null;
    } catch (error) {
      return error;
    }
  }

  #hear(message: FromWorker, ready: () => void, failed: (error: Error) => void): void {
    switch (message.kind) {
      case 'ready':
        if (message.report) this.#options.onReport(message.report);
        if (message.startedAt !== null) this.#options.onStart?.(message.startedAt);
        ready();
        return;
      case 'failed':
        this.#closed = errorOf(message.failure);
        failed(this.#closed);
        return;
      case 'answers':
        this.#handOut(message.answers);
        return;
      case 'text-answers':
        this.#handOut(JSON.parse(message.text) as Answers);
        return;
      case 'unread':
        this.#lose();
        return;
      default:
        message satisfies never;
    }
  }

  #handOut({ numbers, answers, report, problem }: Answers): void {
    if (report) this.#options.onReport(report);
    if (problem !== undefined) this.#options.onProblem?.(problem);
    for (const [at, answer] of answers.entries()) {
      const caller = this.#settle(numbers[at] ?? 0);
      if (answer.ok) caller?.resolve(answer.value);
      else caller?.reject(errorOf(answer.failure));
    }
  }

  /** A message could not be read, here or there, and nobody knows which calls it was about. Answers that come all the same find nobody. */
  #lose(): void {
    const gathered = new Set(this.#gathered.map(({ number }) => number));
    const sent = [...this.#callers.keys()].filter((number) => !gathered.has(number));
    for (const number of sent)
      this.#settle(number)?.reject(
        new StoreFailedError(
          'The answer of the store was lost. Look whether it was done before you try again.',
        ),
      );
  }

  #settle(number: number): Caller | undefined {
    const caller = this.#callers.get(number);
    this.#callers.delete(number);
    return caller;
  }

  #end(error: Error | undefined, failed: (error: Error) => void): void {
    const asked = this.#closed !== undefined;
    const cause = error ? { cause: error } : undefined;
    const death = new StoreClosedError(
      'The store has stopped working. Restart the server: every accepted job is kept.',
      cause,
    );
    this.#closed ??= death;
    const closed = this.#closed;
    failed(closed);
    for (const number of [...this.#callers.keys()]) this.#settle(number)?.reject(closed);
    if (!asked) this.#options.onDeath(death);
  }
}

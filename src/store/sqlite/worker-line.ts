/**
 * The line to a worker thread: gathers the calls of a tick into one message and hands each answer to its caller. The worker answers
 * in the order of the calls.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreClosedError } from '../../domain/errors.ts';
import type { AnswerOf, CallOf, InputOf } from '../operation.ts';
import type { CommitReport } from '../queue-writer.ts';
import { errorOf } from './failures.ts';
import type { Answers, FromWorker, ToWorker, WorkerSettings } from './protocol.ts';

interface Caller {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface WorkerLineOptions {
  readonly name: 'writer' | 'reader';
  readonly settings: WorkerSettings;
  /** The time to send along, epoch milliseconds. */
  readonly now: () => number;
  /** Before the answers of a commit are handed out. */
  readonly onReport: (report: CommitReport) => void;
  /** The worker ended without being asked to. */
  readonly onDeath: (error: StoreClosedError) => void;
}

export class WorkerLine<T> {
  readonly #options: WorkerLineOptions;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  /** Sent or gathered, oldest first, not answered yet. */
  readonly #callers: Caller[] = [];
  #gathered: CallOf<T>[] = [];
  #closed: Error | undefined;

  constructor(options: WorkerLineOptions) {
    this.#options = options;
    const file = new URL(`./${options.name}${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: options.settings, name: `store-${options.name}` });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => this.#hear(message, resolve, reject));
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

  call<K extends keyof T>(kind: K, input: InputOf<T, K>): Promise<AnswerOf<T, K>> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#callers.push({ resolve: resolve as (value: unknown) => void, reject });
      // The rest of the tick, and the callers that the last answers woke up, still get on.
      if (this.#gathered.length === 0) setImmediate(() => this.#send());
      this.#gathered.push({ kind, input } as unknown as CallOf<T>);
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
    const message: ToWorker<T> = { kind: 'calls', request: { now: this.#options.now(), calls } };
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker, ready: () => void, failed: (error: Error) => void): void {
    switch (message.kind) {
      case 'ready':
        if (message.report) this.#options.onReport(message.report);
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
      default:
        message satisfies never;
    }
  }

  #handOut({ answers, report }: Answers): void {
    if (report) this.#options.onReport(report);
    const callers = this.#callers.splice(0, answers.length);
    for (const [at, answer] of answers.entries()) {
      if (answer.ok) callers[at]?.resolve(answer.value);
      else callers[at]?.reject(errorOf(answer.failure));
    }
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
    for (const caller of this.#callers.splice(0)) caller.reject(closed);
    if (!asked) this.#options.onDeath(death);
  }
}

/**
 * The link to a worker thread: gathers the calls of a tick into one message and hands each answer to its caller, by the call's number. A call
 * that cannot be sent, or not be read over there, is its own caller's failure and nobody else's. An answer that cannot be read here is the
 * failure of those who wait for one; from the writer it is the end of the store, because the report of a commit was in it: the numbers of the
 * queue would be wrong from then on, and what it claimed would be nobody's. The next start counts anew, and takes back what was claimed.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import {
  messageOf,
  StoreClosedError,
  StoreFailedError,
  UnstorableValueError,
  type VramkeeperError,
} from '../../domain/errors.ts';
import type { AnswerOf, CallOf, InputOf } from '../operation.ts';
import type { CommitReport } from '../queue-writer.ts';
import { errorOf } from './failures.ts';
import type {
  Allowance,
  AnswerAhead,
  Answers,
  FromWorker,
  NumberedCall,
  StoreStart,
  ToWorker,
} from './protocol.ts';

interface Caller<T> {
  readonly numbered: NumberedCall<T>;
  /** What changes hands with it, so that it cannot be sent twice. */
  readonly buffers: readonly ArrayBuffer[];
  /** Of the message that it was sent in, in their order, from 1; null while it is gathered. */
  place: number | null;
  /** Told before the commit; undefined before that. */
  told: unknown;
  readonly ahead: ((value: unknown) => void) | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface Sending {
  readonly allowance?: Allowance | undefined;
  /** Of the input; they are the worker's from then on. */
  readonly buffers?: readonly ArrayBuffer[];
}

/** Called before the commit with what the answer will be if that comes to be. Not every answer is told so. */
export type Ahead<Value> = (value: Value) => void;

export interface WorkerLinkOptions {
  /** Of the thread. */
  readonly name: string;
  /** Of the worker. */
  readonly program: URL;
  readonly role: 'writer' | 'reader';
  /** What the program is started with. */
  readonly settings: unknown;
  /** Of the settings; they are the worker's from then on. */
  readonly ports?: readonly MessagePort[];
  /** The time to send along, epoch milliseconds. */
  readonly now: () => number;
  /** The calls of a tick are about to be sent. What is called now goes with them. */
  readonly onGathered?: () => void;
  /** The writer has opened the store. */
  readonly onStart?: (start: StoreStart) => void;
  /** Before the answers of a commit are handed out. */
  readonly onReport: (report: CommitReport) => void;
  /** After each commit: why nothing can be written, or null. */
  readonly onProblem?: (problem: string | null) => void;
  /** The worker ended without being asked to. */
  readonly onDeath: (error: VramkeeperError) => void;
}

export class WorkerLink<T> {
  readonly #options: WorkerLinkOptions;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  /** Sent or gathered, not answered yet, by the number of the call. */
  readonly #callers = new Map<number, Caller<T>>();
  #gathered: NumberedCall<T>[] = [];
  #nextNumber = 1;
  /** Messages. */
  #sent = 0;
  /** The worker has opened its files. */
  #isOpen = false;
  #closed: VramkeeperError | undefined;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
    const { program, settings: workerData, ports = [] } = options;
    this.#worker = new Worker(program, {
      workerData,
      transferList: [...ports],
      name: `store-${options.name}`,
    });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => this.#hear(message, resolve, reject));
      this.#worker.on('messageerror', (error) => this.#lose(error, reject));
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

  /** A call with an allowance, or with buffers that change hands, is sent at once and alone. */
  call<K extends keyof T>(
    kind: K,
    input: InputOf<T, K>,
    { allowance, buffers = [], ahead }: Sending & { readonly ahead?: Ahead<AnswerOf<T, K>> | undefined } = {},
  ): Promise<AnswerOf<T, K>> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const number = this.#nextNumber++;
      const numbered = { number, call: { kind, input } as unknown as CallOf<T> };
      this.#callers.set(number, {
        numbered,
        buffers,
        place: null,
        told: undefined,
        ahead: ahead as Ahead<unknown> | undefined,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      if (allowance || buffers.length > 0) {
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
    this.#options.onGathered?.();
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
      if (error !== null) this.#refuse(one, messageOf(error), error);
    }
  }

  #refuse({ number }: NumberedCall<T>, why: string, cause?: unknown): void {
    this.#settle(number)?.reject(new UnstorableValueError(`This cannot be stored: ${why}.`, { cause }));
  }

  /** Why it could not be sent; null when it was. */
  #post(calls: readonly NumberedCall<T>[], now: number, allowance: Allowance | undefined): unknown {
    try {
      this.#worker.postMessage(
        { kind: 'calls', request: { now, calls, allowance } } satisfies ToWorker<T>,
        calls.flatMap(({ number }) => this.#callers.get(number)?.buffers ?? []),
      );
    } catch (error) {
      return error;
    }
    this.#sent += 1;
    for (const { number } of calls) {
      const caller = this.#callers.get(number);
      if (caller) caller.place = this.#sent;
    }
    return null;
  }

  #hear(message: FromWorker, ready: () => void, failed: (error: Error) => void): void {
    switch (message.kind) {
      case 'ready':
        if (message.report) this.#options.onReport(message.report);
        this.#isOpen = true;
        if (message.start) this.#options.onStart?.(message.start);
        ready();
        return;
      case 'failed':
        this.#close(errorOf(message.failure), failed);
        return;
      case 'answers':
        this.#handOut(message.answers);
        return;
      case 'text-answers':
        this.#handOutText(message.text, failed);
        return;
      case 'ahead':
        this.#tellAhead(message.text, failed);
        return;
      case 'unread':
        this.#sendAgain(message.place);
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
      if (answer.ok === 'as-told') caller?.resolve(caller.told);
      else if (answer.ok) caller?.resolve(answer.value);
      else caller?.reject(errorOf(answer.failure));
    }
  }

  #handOutText(text: string, failed: (error: Error) => void): void {
    const answers = this.#parsed<Answers>(text, failed);
    if (answers) this.#handOut(answers);
  }

  #tellAhead(text: string, failed: (error: Error) => void): void {
    for (const { number, value } of this.#parsed<readonly AnswerAhead[]>(text, failed) ?? []) {
      const caller = this.#callers.get(number);
      if (!caller) continue;
      caller.told = value;
      caller.ahead?.(value);
    }
  }

  #parsed<Message>(text: string, failed: (error: Error) => void): Message | null {
    try {
      return JSON.parse(text) as Message;
    } catch (error) {
      this.#lose(error, failed);
      return null;
    }
  }

  /** One call of the message could not be read, and none was done. The others go by themselves; the one that went alone is refused. */
  #sendAgain(place: number): void {
    const unread = [...this.#callers.values()].filter((caller) => caller.place === place);
    const [only] = unread;
    if (only && unread.length === 1) this.#refuse(only.numbered, 'the store could not read it');
    else for (const { numbered } of unread) this.#deliver([numbered]);
  }

  /** An answer could not be read, and nobody knows whose it was. */
  #lose(error: unknown, failed: (error: Error) => void): void {
    if (this.#options.role === 'writer') {
      this.#end(new StoreFailedError(`A report of the store was lost: ${messageOf(error)}.`), failed);
      void this.#worker.terminate();
      return;
    }
    for (const [number, { place }] of this.#callers) {
      if (place === null) continue;
      const lost = 'The answer of the store was lost. Try again.';
      this.#settle(number)?.reject(new StoreFailedError(lost, { cause: error }));
    }
  }

  #settle(number: number): Caller<T> | undefined {
    const caller = this.#callers.get(number);
    this.#callers.delete(number);
    return caller;
  }

  #end(error: Error | undefined, failed: (error: Error) => void): void {
    const cause = error ? { cause: error } : undefined;
    const message = 'The store has stopped working. Restart the server: every accepted job is kept.';
    this.#close(new StoreClosedError(message, cause), failed);
  }

  /** Nothing more is answered. @param why where nobody asked for it */
  #close(why: VramkeeperError, failed: (error: Error) => void): void {
    const wasAsked = this.#closed !== undefined;
    this.#closed ??= why;
    const closed = this.#closed;
    failed(closed);
    for (const number of [...this.#callers.keys()]) this.#settle(number)?.reject(closed);
    if (!wasAsked && this.#isOpen) this.#options.onDeath(why);
  }
}

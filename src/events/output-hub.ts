/**
 * The output of running jobs as it grows: one buffer per job, shared by all who read it, each with an offset of its own.
 * A reader that is slow gets fewer, longer chunks; one that stands still holds nothing but its job's buffer.
 */
import type { OutputRecord } from '../domain/backend.ts';
import type { OutputWriter } from '../domain/events.ts';
import type { OutputChannel, OutputPart } from '../domain/job.ts';
import { DemandStream } from './demand-stream.ts';
import { type ListenerFailed, type LiveListener, LiveListeners } from './live-listeners.ts';
import { OutputText, textOfAttempt } from './output-text.ts';

export interface OutputChunk {
  /** From 1. A new attempt starts at offset 0 again. */
  readonly attempt: number;
  readonly channel: OutputChannel;
  /** Where `text` starts in the attempt's whole output, in UTF-16 code units over all channels. */
  readonly offset: number;
  /** Of one channel. Empty only in a last chunk. */
  readonly text: string;
  /** True on the last chunk. */
  readonly final: boolean;
}

/** What a finished job left. */
export interface FinishedOutput {
  /** The one that ended it. */
  readonly attempt: number;
  readonly parts: readonly OutputPart[];
}

/** Null while the job is unfinished. */
export type LoadFinished = () => Promise<FinishedOutput | null>;

/** Where a reader wants to go on. */
export interface OutputPosition {
  /** The attempt that `offset` counts in; any other one is read from its beginning. Null for the one that is present when reading starts. */
  readonly attempt: number | null;
  readonly offset: number;
}

/** One try of a running job, and what it has produced. */
export interface Attempt {
  readonly number: number;
  readonly text: OutputText;
  complete: boolean;
  /** How many pieces of text it came in. */
  pieces: number;
  /** The attempt that replaced this one. */
  next: Attempt | null;
}

export class OutputHub implements OutputWriter {
  readonly #attempts = new Map<string, Attempt>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #live: LiveListeners;
  #ended = false;

  /** @param listenerFailed told of what a listener threw. */
  constructor(listenerFailed: ListenerFailed = () => {}) {
    this.#live = new LiveListeners(listenerFailed);
  }

  open(jobId: string, attempt: number): void {
    const text = new OutputText();
    const opened: Attempt = { number: attempt, text, complete: false, pieces: 0, next: null };
    const earlier = this.#attempts.get(jobId);
    if (earlier) earlier.next = opened;
    this.#attempts.set(jobId, opened);
    this.#live.begun(jobId, attempt);
    this.#wake(jobId);
  }

  cut(jobId: string): void {
    if (this.#attempts.has(jobId)) this.#live.cut(jobId);
  }

  /** Ignored for a job that is not open: one that was cancelled may still be producing. */
  record(jobId: string, { thinking, text, raw }: OutputRecord): void {
    const attempt = this.#attempts.get(jobId);
    if (!attempt) return;
    this.#live.record(jobId, raw, attempt.number);
    if (thinking === '' && text === '') return;
    attempt.pieces += 1;
    attempt.text.append('THINKING', thinking);
    attempt.text.append('TEXT', text);
    this.#wake(jobId);
  }

  /** To be called for every job that ends, one that never ran too: its readers wait for it. */
  close(jobId: string): void {
    const attempt = this.#attempts.get(jobId);
    if (attempt) attempt.complete = true;
    this.#attempts.delete(jobId);
    this.#live.close(jobId);
    this.#wake(jobId);
  }

  /**
   * Tells `listener` each record of the job's runs in the tick in which it came, until the job has ended. To be called before the job is
   * submitted: what was said before is not told. Answers how to end it.
   */
  listen(jobId: string, listener: LiveListener): () => void {
    return this.#live.listen(jobId, listener);
  }

  hasPassedOn(jobId: string): boolean {
    return this.#live.hasPassedOn(jobId);
  }

  /** Jobs that somebody listens to. */
  get heardJobs(): number {
    return this.#live.size;
  }

  /**
   * Follows a job's output from a position on; attempts that start later are read from their beginning. A job that has not started is
   * waited for.
   */
  read(
    jobId: string,
    from: OutputPosition,
    loadFinished: LoadFinished,
  ): AsyncIterableIterator<OutputChunk, undefined> {
    return new OutputReader(this, jobId, from, loadFinished);
  }

  /** Completes every reader: the server is stopping. */
  end(): void {
    this.#ended = true;
    for (const jobId of [...this.#waiters.keys()]) this.#wake(jobId);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Jobs whose output is held. */
  get openJobs(): number {
    return this.#attempts.size;
  }

  /** Readers that wait for more. */
  get waiting(): number {
    let count = 0;
    for (const waiters of this.#waiters.values()) count += waiters.size;
    return count;
  }

  present(jobId: string): Attempt | undefined {
    return this.#attempts.get(jobId);
  }

  /** Calls `wake` once, at the next change of the job's output. Answers how to take that back. */
  onChange(jobId: string, wake: () => void): () => void {
    const waiters = this.#waiters.get(jobId) ?? new Set();
    this.#waiters.set(jobId, waiters.add(wake));
    return () => {
      waiters.delete(wake);
      if (waiters.size === 0 && this.#waiters.get(jobId) === waiters) this.#waiters.delete(jobId);
    };
  }

  #wake(jobId: string): void {
    const waiters = this.#waiters.get(jobId);
    if (!waiters) return;
    this.#waiters.delete(jobId);
    for (const wake of [...waiters]) wake();
  }
}

class OutputReader extends DemandStream<OutputChunk> {
  readonly #hub: OutputHub;
  readonly #jobId: string;
  readonly #loadFinished: LoadFinished;
  readonly #from: OutputPosition;
  #offset = 0;
  #attempt: Attempt | undefined;
  #sentFinal = false;

  constructor(hub: OutputHub, jobId: string, from: OutputPosition, loadFinished: LoadFinished) {
    super();
    this.#hub = hub;
    this.#jobId = jobId;
    this.#from = from;
    this.#loadFinished = loadFinished;
    const present = hub.present(jobId);
    if (present) this.#goOn(present);
  }

  protected async produce(): Promise<OutputChunk | undefined> {
    while (!this.ended && !this.#hub.ended && !this.#sentFinal) {
      if (!this.#attempt) await this.#findAttempt();
      else if (this.#attempt.next) this.#takeUp(this.#attempt.next);
      else {
        const chunk = this.#chunk(this.#attempt);
        if (chunk) return chunk;
        await this.#change();
      }
    }
    return undefined;
  }

  #chunk({ number, text, complete }: Attempt): OutputChunk | undefined {
    const piece = text.chunkFrom(this.#offset, complete);
    if (piece) this.#offset = piece.offset + piece.text.length;
    this.#sentFinal = complete && this.#offset >= text.length;
    if (piece) return { attempt: number, ...piece, final: this.#sentFinal };
    if (!complete) return undefined;
    return { attempt: number, channel: 'TEXT', offset: text.length, text: '', final: true };
  }

  /** The job is not running here: it has finished, or is yet to start. */
  async #findAttempt(): Promise<void> {
    // Registered before the store is asked, so that an end or a start meanwhile is not missed.
    let changed = false;
    const forget = this.#hub.onChange(this.#jobId, () => {
      changed = true;
    });
    try {
      const finished = await this.#loadFinished();
      if (finished) {
        const { attempt, parts } = finished;
        this.#goOn({
          number: attempt,
          text: textOfAttempt(parts, attempt),
          complete: true,
          pieces: 0,
          next: null,
        });
        return;
      }
    } finally {
      forget();
    }
    if (!changed && !this.#hub.present(this.#jobId)) await this.#change();
    const started = this.#hub.present(this.#jobId);
    if (started) this.#takeUp(started);
  }

  /** The attempt that was there first: that of the position, or one whose beginning is new to the reader. */
  #goOn(attempt: Attempt): void {
    this.#attempt = attempt;
    const meant = this.#from.attempt === null || this.#from.attempt === attempt.number;
    this.#offset = meant ? this.#from.offset : 0;
  }

  /** An attempt that started after the reader came, so its beginning is new to the reader. */
  #takeUp(attempt: Attempt): void {
    this.#attempt = attempt;
    this.#offset = 0;
  }

  #change(): Promise<void> {
    return this.waitOn((wake) => this.#hub.onChange(this.#jobId, wake));
  }
}

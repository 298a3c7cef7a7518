/** What the store's thread and its workers say to each other. */
import type { ClockReading } from '../../clock.ts';
import type { ClientTable } from '../../domain/client-limits.ts';
import type { CallOf } from '../operation.ts';
import type { CommitReport } from '../queue-writer.ts';
import type { Failure } from './failures.ts';

/** What a writer needs, whatever it writes to. */
export interface WriterSettings {
  readonly serverId: string;
  readonly leaseMs: number;
  /** The most operations in one commit. */
  readonly groupLimit: number;
  readonly clients?: ClientTable | undefined;
  /** At the start. */
  readonly clock: ClockReading;
}

/** How long one read may take. */
export interface Allowance {
  /** Names the read: whoever wants it to end writes this into the shared cell. */
  readonly ticket: number;
  readonly withinMs: number;
}

/** A call, and the number by which its answer finds the caller. */
export interface NumberedCall<T> {
  readonly number: number;
  readonly call: CallOf<T>;
}

/** All calls of one tick. */
export interface Request<T> {
  /** The store's time, epoch milliseconds: the clock lives in the store's own thread. */
  readonly now: number;
  readonly calls: readonly NumberedCall<T>[];
  /** How long each may take; without one, as long as it does. */
  readonly allowance?: Allowance | undefined;
}

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  /** It was told ahead of the commit, and holds. */
  | { readonly ok: 'as-told' }
  | { readonly ok: false; readonly failure: Failure };

/** What a call will be answered if the commit comes to be. */
export interface AnswerAhead {
  readonly number: number;
  readonly value: unknown;
}

export interface Answers {
  /** Of the calls that are answered. */
  readonly numbers: readonly number[];
  /** Same order and length. */
  readonly answers: readonly Answer[];
  /** Of the commit that they were part of. */
  readonly report: CommitReport | null;
  /** Of the writer: why nothing can be written, as of this commit. */
  readonly problem?: string | null;
}

export interface StoreStart {
  /** The store's time, epoch milliseconds: the settings' one, or where an earlier start got to. */
  readonly at: number;
  /** How far the clock was set forward between the lives so far, in all. */
  readonly setForwardMs: number;
}

export type FromWorker =
  /** Sent once, before any answers; the writer says what it found. */
  | {
      readonly kind: 'ready';
      readonly report: CommitReport | null;
      /** Of the writer. */
      readonly start: StoreStart | null;
    }
  /** It cannot be opened, or is another server's by now; nothing comes after it. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'answers'; readonly answers: Answers }
  /** `Answers` as JSON: for rows of jobs it costs a fifth of a structured clone. */
  | { readonly kind: 'text-answers'; readonly text: string }
  /** `AnswerAhead`s as JSON, sent before the commit. Where they do not hold, another answer comes after it. */
  | { readonly kind: 'ahead'; readonly text: string }
  /** The message to the worker with this place in the order, from 1, could not be read: nothing of it was done. */
  | { readonly kind: 'unread'; readonly place: number };

export type ToWorker<T> =
  | { readonly kind: 'calls'; readonly request: Request<T> }
  | { readonly kind: 'stop' };

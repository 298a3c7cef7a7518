/**
 * A connection to PostgreSQL as synchronous code sees it: many statements go as one message to the thread that has the socket, and the
 * answer is waited for. So an operation that finds out half-way what else it has to read costs a trip more, and nothing else.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { StoreClosedError } from '../../domain/errors.ts';
import type { Row, SqlValue } from '../sql/statements.ts';

/** What the thread that works with a connection has of it. */
export interface Connection {
  readonly port: MessagePort;
  /** One cell, counted up with each answer. */
  readonly answered: Int32Array;
}

/** One statement, and what of its answer is of interest. */
export interface Step {
  readonly text: string;
  readonly values: readonly SqlValue[];
  readonly wants: 'rows' | 'count' | null;
}

export type ToSocket =
  | {
      readonly kind: 'steps';
      /** Done one after the other, without waiting in between. */
      readonly steps: readonly Step[];
      /** The connection that they are meant for; null where it may be a new one. */
      readonly connection: number | null;
    }
  /** What runs is to end with an error. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'close' };

export type FromSocket =
  | {
      readonly kind: 'done';
      readonly connection: number;
      /** Of each step that wants something: its rows, or how many there were. */
      readonly answers: readonly (readonly Row[] | number)[];
    }
  | { readonly kind: 'failed'; readonly error: WireFailure };

export interface WireFailure {
  readonly message: string;
  /** SQLSTATE, or null where PostgreSQL has not answered. */
  readonly state: string | null;
  /** The connection is gone: whether the last steps were done is not known. */
  readonly isLost: boolean;
}

/** What the thread of the sockets did not get done. */
export class WireError extends Error {
  readonly state: string | null;
  readonly isLost: boolean;

  constructor({ message, state, isLost }: WireFailure) {
    super(message);
    this.state = state;
    this.isLost = isLost;
  }
}

/** In the shared cell, instead of the number of answers so far: the thread of the sockets has ended. */
export const ENDED = -1;

export class Wire {
  readonly #port: MessagePort;
  readonly #answered: Int32Array;

  constructor({ port, answered }: Connection) {
    this.#port = port;
    this.#answered = answered;
  }

  /**
   * @param look called now and then while it waits; what it throws ends the statements, and then this.
   * @throws WireError
   */
  exchange(
    steps: readonly Step[],
    connection: number | null,
    look?: () => void,
  ): Extract<FromSocket, { readonly kind: 'done' }> {
    this.#tell({ kind: 'steps', steps, connection });
    let cancelled: { readonly why: unknown } | null = null;
    for (;;) {
      const seen = Atomics.load(this.#answered, 0);
      const answer = receiveMessageOnPort(this.#port)?.message as FromSocket | undefined;
      if (answer) {
        // It may have been done before it could be ended.
        if (cancelled) throw cancelled.why;
        if (answer.kind === 'done') return answer;
        throw new WireError(answer.error);
      }
      if (seen === ENDED) throw new StoreClosedError('The connections to the database are closed.');
      Atomics.wait(this.#answered, 0, seen, look && !cancelled ? LOOK_MS : undefined);
      if (!look || cancelled) continue;
      try {
        look();
      } catch (why) {
        cancelled = { why };
        this.#tell({ kind: 'cancel' });
      }
    }
  }

  close(): void {
    this.#tell({ kind: 'close' });
  }

  #tell(message: ToSocket): void {
    this.#port.postMessage(message);
  }
}

/** Between two looks at whether a reader still waits. */
const LOOK_MS = 25;

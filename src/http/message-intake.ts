/**
 * Counts what arrives over a WebSocket before it is a message: `ws` keeps the parts of one until it is whole, which may be
 * never. What a caller may send before it has introduced itself is no more than that takes.
 */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Clock, Timer } from '../clock.ts';
import { KiB } from '../domain/units.ts';
import type { ByteBudget, Owner, Share } from './byte-budget.ts';

const INTRODUCTION_BYTES = 16 * KiB;
/** Of a control frame, which comes in one piece: two bytes and the mask. */
const FRAME_HEAD_BYTES = 6;
/** Of a WebSocket that is closed for want of room: clients come back. */
export const TRY_AGAIN = 1013;

export interface MessageIntakeOptions {
  readonly budget: ByteBudget;
  readonly clock: Clock;
  /** For one message to arrive. */
  readonly timeoutMs: number;
}

export class MessageIntake {
  readonly #options: MessageIntakeOptions;
  readonly #stream: Duplex;
  readonly #gone = new AbortController();
  #arriving: Share;
  #socket: WebSocket | null = null;
  /** Null before it has introduced itself. */
  #owner: Owner = null;
  #deadline: Timer | null = null;

  /** Before `ws` listens, so that bytes are counted before they can be a message. */
  constructor(stream: Duplex, options: MessageIntakeOptions) {
    this.#options = options;
    this.#stream = stream;
    this.#arriving = options.budget.force(null, 0);
    stream.on('data', (chunk: Buffer) => this.#arrived(chunk.length));
    stream.once('close', () => {
      this.#gone.abort();
      this.#deadline?.cancel();
      this.#arriving.release();
    });
  }

  /** Before anybody else listens to its messages. */
  watch(socket: WebSocket): void {
    this.#socket = socket;
    const onControl = (data: Buffer) => this.#took(data.length + FRAME_HEAD_BYTES);
    socket.on('ping', onControl);
    socket.on('pong', onControl);
  }

  get owner(): Owner {
    return this.#owner;
  }

  introduced(owner: string): void {
    this.#owner = owner;
    const arriving = this.#options.budget.force(owner, this.#arriving.bytes);
    this.#arriving.release();
    this.#arriving = arriving;
  }

  /** The share of a message that is whole, until its operation is done. */
  message(data: RawData): Share {
    // What came in one piece with its end belongs to the next, and is no more than the system's buffer holds.
    this.#took(this.#arriving.bytes);
    return this.#options.budget.force(this.#owner, Array.isArray(data) ? totalLength(data) : data.byteLength);
  }

  #arrived(bytes: number): void {
    const { clock, timeoutMs } = this.#options;
    const fits = this.#arriving.add(bytes);
    this.#deadline ??= clock.after(timeoutMs, () => this.#stream.destroy());
    if (this.#owner === null && this.#arriving.bytes > INTRODUCTION_BYTES) this.#stream.destroy();
    else if (!fits) this.#wait();
  }

  #took(bytes: number): void {
    this.#arriving.subtract(bytes);
    if (this.#arriving.bytes > 0) return;
    this.#deadline?.cancel();
    this.#deadline = null;
  }

  #wait(): void {
    this.#socket?.pause();
    this.#arriving.room(this.#gone.signal).then(
      () => this.#socket?.resume(),
      () => this.#socket?.close(TRY_AGAIN, 'The server is busy'),
    );
  }
}

function totalLength(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

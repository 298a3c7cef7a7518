/**
 * Keeps what is buffered for a WebSocket bounded. Whoever sends waits until the client has taken what was sent before; while
 * it has not, nothing more is read from it either, so that a client that only asks and never listens fills nothing.
 */
import type { Writable } from 'node:stream';
import { WebSocket } from 'ws';
import type { Clock, Timer } from '../../clock.ts';

/** How often a full buffer is looked at while nothing is written: `ws` does not tell of a drain. */
const LOOK_INTERVAL_MS = 50;

export class SocketFlow {
  readonly #socket: WebSocket;
  readonly #transport: Writable;
  readonly #clock: Clock;
  readonly #maxBufferedBytes: number;
  #waiting: (() => void)[] = [];
  #timer: Timer | null = null;
  #gathering = false;

  /** @param transport what the messages of `socket` are written to. */
  constructor(socket: WebSocket, transport: Writable, clock: Clock, maxBufferedBytes: number) {
    this.#socket = socket;
    this.#transport = transport;
    this.#clock = clock;
    this.#maxBufferedBytes = maxBufferedBytes;
    socket.once('close', () => this.#release());
  }

  /** Resolves when there is room for more; at once for a socket that is not open, on which sending does nothing. */
  async send(text: string): Promise<void> {
    await this.write(text);
  }

  /** Null when there is room for more, else what resolves when there is. */
  write(text: string): Promise<void> | null {
    if (this.#socket.readyState !== WebSocket.OPEN) return null;
    this.#gather();
    // An error of the transport ends the socket, which ends the operations.
    this.#socket.send(text, this.#written);
    return this.#full() ? this.room() : null;
  }

  readonly #written = () => this.#look();

  /** All that is sent in one go leaves in one piece. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#transport.cork();
    process.nextTick(() => {
      this.#gathering = false;
      this.#transport.uncork();
    });
  }

  room(): Promise<void> {
    if (!this.#full()) return Promise.resolve();
    this.#socket.pause();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#watch();
    });
  }

  #full(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && this.#socket.bufferedAmount > this.#maxBufferedBytes;
  }

  #look(): void {
    if (this.#waiting.length === 0) return;
    if (this.#full()) this.#watch();
    else this.#release();
  }

  #watch(): void {
    this.#timer ??= this.#clock.after(LOOK_INTERVAL_MS, () => {
      this.#timer = null;
      this.#look();
    });
  }

  #release(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#socket.resume();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

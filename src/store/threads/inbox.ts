/**
 * What comes to a worker thread, counted: of a message that cannot be read nothing is known but its place in the order, by which the store's
 * thread finds what was in it.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { ToWorker } from './protocol.ts';
import type { Tell } from './tell-answers.ts';

export class Inbox<T> {
  readonly #port: MessagePort;
  readonly #tell: Tell;
  #received = 0;

  constructor(port: MessagePort, tell: Tell) {
    this.#port = port;
    this.#tell = tell;
  }

  listen(hear: (message: ToWorker<T>) => void): void {
    this.#port.on('message', (message: ToWorker<T>) => {
      this.#received += 1;
      hear(message);
    });
    this.#port.on('messageerror', () => this.#unread());
  }

  /** What has come already; undefined when there is nothing, or nothing that can be read. */
  take(): ToWorker<T> | undefined {
    try {
      const next = receiveMessageOnPort(this.#port);
      if (next) this.#received += 1;
      return next?.message as ToWorker<T> | undefined;
    } catch {
      this.#unread();
      return undefined;
    }
  }

  #unread(): void {
    this.#received += 1;
    this.#tell({ kind: 'unread', place: this.#received });
  }
}

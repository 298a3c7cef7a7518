/** A WebSocket client that knows nothing of the protocol: tests say what is sent, and see what comes. */
import { WebSocket } from 'ws';

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export class RawSocket {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  readonly closed: Promise<Closed>;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(
    port: number,
    options: {
      readonly protocols?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly autoPong?: boolean;
    } = {},
  ) {
    const { protocols = ['graphql-transport-ws'], headers = {}, autoPong = true } = options;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, [...protocols], {
      headers: { ...headers },
      autoPong,
    });
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as Message);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
  }

  /** Resolves when the connection is open; rejects with the status when it was refused. */
  open(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve(this));
      this.socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`refused with ${response.statusCode}`));
        response.destroy();
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(
      typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
    );
  }

  subscribe(id: string, query: string, rest: object = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, ...rest } });
  }

  /** The next message that was not taken yet. */
  async take(): Promise<Message> {
    for (;;) {
      const message = this.messages[this.#taken];
      if (message) {
        this.#taken += 1;
        return message;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async acknowledged(payload?: object): Promise<this> {
    await this.open();
    this.send({ type: 'connection_init', ...(payload ? { payload } : {}) });
    await this.take();
    return this;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/**
 * Which connections are in use. Node's own `closeIdleConnections` leaves out those that have never asked anything, such as
 * the spare ones that clients open ahead, and a stopping server would wait for them until its deadline.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  /** Answers under way on each. One that became a WebSocket is not among them any more. */
  readonly #answers = new Map<Socket, number>();
  #closing = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#answers.set(socket, 0);
      socket.once('close', () => this.#answers.delete(socket));
    });
    const count = (_request: unknown, response: ServerResponse) => this.#count(response);
    server.on('request', count);
    server.on('checkContinue', count);
    server.on('checkExpectation', count);
    server.on('upgrade', (request) => this.#answers.delete(request.socket));
  }

  /** Ends those that are not in use now, and the others as soon as they are not. */
  closeUnused(): void {
    this.#closing = true;
    for (const [socket, answers] of this.#answers) if (answers === 0) socket.destroySoon();
  }

  #count(response: ServerResponse): void {
    const { socket } = response;
    if (!socket) return;
    this.#add(socket, 1);
    response.once('close', () => this.#add(socket, -1));
  }

  #add(socket: Socket, change: number): void {
    const before = this.#answers.get(socket);
    if (before === undefined) return;
    this.#answers.set(socket, before + change);
    if (this.#closing && before + change === 0) socket.destroySoon();
  }
}

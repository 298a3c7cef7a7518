/**
 * All connections, what each is doing, how long it may do so, and which give way when there are too many.
 *
 * | state                                  | ended after                  | by                                        |
 * | -------------------------------------- | ---------------------------- | ----------------------------------------- |
 * | nothing sent yet                       | `headersTimeoutMs`           | node                                      |
 * | headers under way                      | `headersTimeoutMs`           | node, with 408                            |
 * | body under way that is read            | `requestTimeoutMs`           | `body.ts`, with 408                       |
 * | body under way that is passed on       | never, while it moves        |                                           |
 * | body under way that nobody reads       | `requestTimeoutMs`           | here                                      |
 * | body under way, silent                 | `stalledTimeoutMs`           | here                                      |
 * | answer made                            | never                        |                                           |
 * | answer, stream or message not read     | `stalledTimeoutMs`           | here                                      |
 * | answer read slowly                     | by `readBytesPerSecond`      | here                                      |
 * | nothing more asked                     | `keepAliveTimeoutMs`         | node's timer, here                        |
 * | nothing but blank lines                | both of these                | here                                      |
 * | refused, but goes on sending           | `lingerMs`                   | whoever refused                           |
 * | WebSocket without `connection_init`    | `initTimeoutMs`              | the socket server                         |
 * | WebSocket whose close is not answered  | two seconds                  | `ws`                                      |
 * | WebSocket message that does not end    | `requestTimeoutMs`           | `message-intake.ts`                       |
 * | WebSocket that answers no ping         | twice `pingIntervalMs`       | the socket server                         |
 *
 * Those of callers that are known, by their key where keys are needed, and the others have places of their own, so that
 * nobody who only connects keeps a known caller out; and no known one keeps the others out, as it has at most half. When all places are taken the one that was longest idle gives way.
 * Node's own `closeIdleConnections` leaves out those that have never asked anything, such as the spare ones that clients
 * open ahead, and a stopping server would wait for them until its deadline.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { HttpLimits } from './http-limits.ts';
import { HttpRefusal } from './refusal.ts';

interface Connection {
  /** Whose it is; null while that is not known. */
  client: string | null;
  /** Under way. */
  answers: number;
  /** The last one, when it began, and its answer. */
  request: IncomingMessage | null;
  askedAt: number;
  /** Its body may take as long as it moves. */
  isUnbounded: boolean;
  response: ServerResponse | null;
  isWebSocket: boolean;
  /** When it began or its last answer ended, on the monotonic clock. */
  idleSince: number;
  /** Since when its caller has never had all of an answer, and how much it had taken by then; null while it has all. */
  behind: { readonly since: number; readonly takenBytes: number } | null;
}

export class Connections {
  readonly #limits: HttpLimits;
  readonly #clock: Clock;
  /** Each in the order of last use. */
  readonly #known = new Map<Socket, Connection>();
  readonly #unknown = new Map<Socket, Connection>();
  #closing = false;
  #timer: Timer | null = null;

  /** After the listeners that answer, so that an upgrade is over when it is heard of here. */
  constructor(server: Server, limits: HttpLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    server.on('connection', (socket: Socket) => this.#opened(socket));
    const onRequest = (request: IncomingMessage, response: ServerResponse) => this.#asked(request, response);
    server.prependListener('request', onRequest);
    server.prependListener('checkContinue', onRequest);
    server.prependListener('checkExpectation', onRequest);
    server.on('upgrade', (request: IncomingMessage) => this.#upgraded(request.socket));
    // Node leaves what to do to whoever listens.
    server.on('timeout', (socket: Socket) => this.#timedOut(socket));
  }

  get size(): number {
    return this.#known.size + this.#unknown.size;
  }

  /**
   * Gives it a place among the known, of which a client has at most half.
   * @throws HttpRefusal BUSY when all of them are in use
   */
  know(socket: Socket, client: string): void {
    const connection = this.#unknown.get(socket);
    if (!connection) return;
    const most = this.#limits.connections;
    const ofClient = [...this.#known.values()].filter((each) => each.client === client).length;
    if (
      (ofClient >= most / 2 && !evict(this.#known, (each) => isIdle(each) && each.client === client)) ||
      (this.#known.size >= most && !evict(this.#known, isIdle))
    ) {
      throw new HttpRefusal(
        'BUSY',
        'All connections that you may have on this server are in use. Close some, or try again later.',
        {
          'retry-after': '5',
          connection: 'close',
        },
      );
    }
    connection.client = client;
    this.#unknown.delete(socket);
    this.#known.set(socket, connection);
  }

  /** The body of this request may take as long as it moves. */
  unbounded(request: IncomingMessage): void {
    const connection = this.#of(request.socket);
    if (connection?.request === request) connection.isUnbounded = true;
  }

  /** Ends those that are not in use now, and the others as soon as they are not. */
  closeUnused(): void {
    this.#closing = true;
    for (const [socket, connection] of [...this.#known, ...this.#unknown]) {
      if (isIdle(connection)) socket.destroySoon();
    }
  }

  #opened(socket: Socket): void {
    if (this.#unknown.size >= this.#limits.unknownConnections) {
      if (!evict(this.#unknown, isIdle)) evict(this.#unknown, () => true);
    }
    const idleSince = this.#clock.monotonic();
    this.#unknown.set(socket, {
      client: null,
      answers: 0,
      request: null,
      askedAt: idleSince,
      isUnbounded: false,
      response: null,
      isWebSocket: false,
      idleSince,
      behind: null,
    });
    socket.once('close', () => {
      this.#unknown.delete(socket);
      this.#known.delete(socket);
    });
    this.#timer ??= this.#clock.after(this.#limits.checkIntervalMs, () => this.#look());
  }

  /**
   * Ends those that have not asked in time. Node counts from the first line of a request, so that blank lines after an answer
   * keep its timer from ever running out. Where it does count it is given the time to, as it answers first. Ends those, too,
   * that take a little of an answer from time to time, and would so hold it, and a place among the large ones, for hours.
   */
  #look(): void {
    const { checkIntervalMs, headersTimeoutMs, keepAliveTimeoutMs } = this.#limits;
    const now = this.#clock.monotonic();
    for (const [socket, connection] of [...this.#known, ...this.#unknown]) {
      const { answers, idleSince, isWebSocket, request } = connection;
      const allowedMs = request ? keepAliveTimeoutMs + headersTimeoutMs : headersTimeoutMs;
      const graceMs = socket.bytesRead > 0 ? 2 * checkIntervalMs : 0;
      if (answers === 0 && !isWebSocket && now - idleSince >= allowedMs + graceMs) socket.destroy();
      else if (this.#sendsTooLong(connection, now) || this.#readsTooSlowly(socket, connection, now))
        socket.destroy();
    }
    this.#timer = this.size > 0 ? this.#clock.after(checkIntervalMs, () => this.#look()) : null;
  }

  /** Whoever reads a body refuses what comes too slowly before; this is for what nobody reads. */
  #sendsTooLong({ askedAt, isUnbounded, isWebSocket, request }: Connection, now: number): boolean {
    if (isUnbounded || isWebSocket || !request || request.complete) return false;
    const { checkIntervalMs, requestTimeoutMs } = this.#limits;
    return now - askedAt >= requestTimeoutMs + checkIntervalMs;
  }

  #readsTooSlowly(socket: Socket, connection: Connection, now: number): boolean {
    const { readBytesPerSecond, stalledTimeoutMs } = this.#limits;
    if (goesOn(connection) || socket.writableLength === 0) {
      connection.behind = null;
      return false;
    }
    connection.behind ??= { since: now, takenBytes: socket.bytesWritten - socket.writableLength };
    const { since, takenBytes } = connection.behind;
    const seconds = (now - since - stalledTimeoutMs) / 1_000;
    // What is under way counts as read: of one large write nobody sees how far it is.
    return socket.bytesWritten - takenBytes < seconds * readBytesPerSecond;
  }

  #asked(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.#of(socket);
    if (!connection) return;
    socket.setTimeout(this.#limits.stalledTimeoutMs);
    connection.request = request;
    connection.askedAt = this.#clock.monotonic();
    connection.isUnbounded = false;
    connection.response = response;
    connection.answers += 1;
    response.once('close', () => {
      connection.answers -= 1;
      this.#used(socket, connection);
      if (this.#closing && isIdle(connection)) socket.destroySoon();
    });
  }

  /** `ws` has switched the timer off. Node's is used, and not the clock, as it alone sees how far one large write is: it asks the system before it is over. */
  #upgraded(socket: Socket): void {
    const connection = this.#of(socket);
    if (!connection) return;
    connection.isWebSocket = true;
    socket.setTimeout(this.#limits.stalledTimeoutMs);
    socket.on('timeout', () => this.#timedOut(socket));
  }

  /** Nothing was sent or taken for as long as the state allows; that is no fault of a caller who has read and asked everything. */
  #timedOut(socket: Socket): void {
    const connection = this.#of(socket);
    if (!connection) return;
    const isUnread = socket.writableLength > 0;
    const isUnsent = connection.request?.complete === false && !connection.isWebSocket;
    if (isUnread || isUnsent || (isIdle(connection) && !connection.isWebSocket)) socket.destroy();
  }

  #used(socket: Socket, connection: Connection): void {
    connection.idleSince = this.#clock.monotonic();
    const places = connection.client === null ? this.#unknown : this.#known;
    if (places.delete(socket)) places.set(socket, connection);
  }

  #of(socket: Socket): Connection | undefined {
    return this.#unknown.get(socket) ?? this.#known.get(socket);
  }
}

/** Whoever follows events slowly has them merged, and holds little. */
function goesOn({ isWebSocket, response }: Connection): boolean {
  return isWebSocket || `${response?.getHeader('content-type')}`.startsWith('text/event-stream');
}

function isIdle({ answers, client, isWebSocket }: Connection): boolean {
  return answers === 0 && !(isWebSocket && client !== null);
}

/** The first of those that may: a Map iterates in the order of insertion, which is that of last use. */
function evict(places: Map<Socket, Connection>, mayGo: (connection: Connection) => boolean): boolean {
  for (const [socket, connection] of places) {
    if (!mayGo(connection)) continue;
    places.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}

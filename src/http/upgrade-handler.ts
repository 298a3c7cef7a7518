/** Requests that become WebSockets, and those that are no HTTP at all. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Authenticator, credentialsOf } from './authenticate.ts';
import type { Guard } from './guard.ts';
import type { HttpLimits } from './http-limits.ts';
import type { Intake } from './intake.ts';
import { HttpRefusal } from './refusal.ts';
import { refusalBody, SECURE_HEADERS } from './respond.ts';
import type { SocketRoute } from './route.ts';
import { requireSingleHeaders } from './single-headers.ts';

export interface UpgradeHandlerOptions {
  readonly guard: Guard;
  readonly authenticator: Authenticator;
  /** Told of a connection whose caller is known. @throws HttpRefusal */
  readonly known: (socket: Socket, client: string) => void;
  readonly socketRoutes: readonly SocketRoute[];
  readonly intake: Intake;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly isStopping: () => boolean;
  readonly logger: Logger;
}

export class UpgradeHandler {
  readonly #options: UpgradeHandlerOptions;

  constructor(options: UpgradeHandlerOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { authenticator, clock, guard, intake, isStopping, known, limits, socketRoutes } = this.#options;
    try {
      requireSingleHeaders(request);
      guard.check('GET', request.headers);
      if (isStopping()) throw new HttpRefusal('STOPPING', 'The server is stopping. Try again in a moment.');
      const [path] = (request.url ?? '').split('?', 1);
      const route = socketRoutes.find((each) => each.path === path);
      if (!route)
        throw new HttpRefusal('NOT_FOUND', 'This path takes no WebSockets. GraphQL takes them at /graphql.');
      const credentials = credentialsOf(request.headers);
      // A wrong key is refused at once; none may still come with connection_init.
      if (credentials.key !== undefined) authenticator.caller(credentials);
      route.accept({
        request,
        socket,
        head,
        intake,
        limits,
        clock,
        credentials,
        authenticate(given) {
          const caller = authenticator.caller(given);
          known(request.socket, caller.principal.client);
          return caller;
        },
      });
    } catch (error) {
      const refusal = this.#refusalFor(error);
      this.#endWith(socket, refusal.status, refusalBody(refusal), refusal.headers);
    }
  }

  /** Answers what node could not read as a request. */
  answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, code, message] = brokenRequest(error.code);
    this.#endWith(socket, status, { error: { code, message } });
  }

  #endWith(
    socket: Duplex,
    status: number,
    value: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const body = Buffer.from(`${JSON.stringify(value)}\n`);
    const lines = Object.entries({
      ...SECURE_HEADERS,
      ...headers,
      connection: 'close',
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
    }).map(([name, text]) => `${name}: ${text}`);
    const { clock, limits } = this.#options;
    socket.end(
      Buffer.concat([
        Buffer.from(`${[`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines].join('\r\n')}\r\n\r\n`),
        body,
      ]),
    );
    // Whoever does not end the connection in turn is not waited for.
    const timer = clock.after(limits.lingerMs, () => socket.destroy());
    socket.once('close', () => timer.cancel());
    socket.resume();
  }

  #refusalFor(error: unknown): HttpRefusal {
    if (error instanceof HttpRefusal) return error;
    this.#options.logger.error('Opening a WebSocket failed.', { error: messageOf(error) });
    return new HttpRefusal('INTERNAL_ERROR', 'The server failed to answer this. Its log has the reason.');
  }
}

function brokenRequest(code: string | undefined): readonly [number, string, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'HEADERS_TOO_LARGE', 'The headers are larger than this server takes.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'REQUEST_TIMEOUT', 'The request took too long to arrive.'];
    default:
      return [400, 'BAD_REQUEST', 'This is not a request that HTTP/1.1 knows.'];
  }
}

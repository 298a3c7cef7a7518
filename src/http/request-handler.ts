/** From a request to the route that answers it, or to a refusal. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ANONYMOUS, type Caller } from '../clients/callers.ts';
import type { Clock } from '../clock.ts';
import { ClientLimitError } from '../domain/allowance.ts';
import { ForbiddenError, letIn } from '../domain/principal.ts';
import { scopesOf } from '../domain/scopes.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Authenticator, credentialsOf } from './authenticate.ts';
import { readBody } from './body.ts';
import type { Share } from './byte-budget.ts';
import { answerPreflight, isPreflight, letRead } from './cross-origin.ts';
import type { HttpLimits } from './http-limits.ts';
import type { Intake } from './intake.ts';
import { HttpRefusal } from './refusal.ts';
import { refusalBody, sendJson } from './respond.ts';
import type { Exchange, Route, RouteGuard } from './route.ts';
import { requireSingleHeaders } from './single-headers.ts';

export interface RequestHandlerOptions {
  /** For routes without one of their own. */
  readonly guard: RouteGuard;
  readonly authenticator: Authenticator;
  /** Told of a connection whose caller is known. @throws HttpRefusal */
  readonly known: (socket: Socket, client: string) => void;
  /** Told of each request of a caller that is known. @throws ClientLimitError */
  readonly counted: (client: string) => void;
  /** Told of a request whose body may take as long as it moves. */
  readonly unbounded: (request: IncomingMessage) => void;
  readonly routes: readonly Route[];
  readonly limits: HttpLimits;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of what is answered without a key. */
const NOBODY: Caller = {
  principal: { client: ANONYMOUS, scopes: scopesOf([]), maxPriority: 'LOW' },
  revoked: new AbortController().signal,
};

/** One for all: every answer ends with it, and making an error takes its stack. */
const GONE = new DOMException('The caller is gone, or has its whole answer.', 'AbortError');

/** What is a path for sure, and so costs no parser. */
const PLAIN_PATH = /^(?:\/[\w.-]+)+$/;

export class RequestHandler {
  readonly #options: RequestHandlerOptions;
  readonly #stopping = new AbortController();
  #refusing = false;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /** From now on, requests on connections that are still open are answered with 503. */
  refuseNew(): void {
    this.#refusing = true;
  }

  endStreams(): void {
    this.#stopping.abort();
  }

  /** Never rejects. `proceed` is called before the body is read. */
  async handle(request: IncomingMessage, response: ServerResponse, proceed: () => void): Promise<void> {
    // A caller that goes away half-way is no error of ours.
    request.on('error', () => {});
    response.on('error', () => {});
    let route: Route | undefined;
    try {
      const path = this.#pathOf(request);
      route = this.#options.routes.find((each) => matches(each.path, path));
      await this.#answer(request, response, route, proceed);
    } catch (error) {
      this.#refuse(request, response, this.#refusalFor(error), route);
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route | undefined,
    proceed: () => void,
  ): Promise<void> {
    const { authenticator, clock, counted, intake, known, limits, unbounded } = this.#options;
    const guard = route?.guard ?? this.#options.guard;
    const method = request.method ?? '';
    requireSingleHeaders(request);
    const allowedOrigin = guard.allowedOrigin(request.headers);
    guard.check(method, request.headers);
    if (allowedOrigin !== null) letRead(response, allowedOrigin);
    if (!route) {
      throw new HttpRefusal('NOT_FOUND', 'There is nothing at this path. The GraphQL API is at /graphql.');
    }
    if (allowedOrigin !== null && isPreflight(request)) {
      if (guard.answerPreflight) guard.answerPreflight(request, response);
      else answerPreflight(request, response, route.methods);
      return;
    }
    if (!takes(route, method)) {
      const allow = [...route.methods].join(', ');
      throw new HttpRefusal('METHOD_NOT_ALLOWED', `This path takes ${allow}, not ${method}.`, { allow });
    }
    if (this.#refusing && !route.open) {
      throw new HttpRefusal('STOPPING', 'The server is stopping. Try again in a moment.', {
        'retry-after': '2',
      });
    }
    const needsKey = !route.open && !route.isPage?.(request);
    const caller = needsKey ? authenticator.caller(credentialsOf(request.headers)) : NOBODY;
    const { principal, revoked } = caller;
    if (needsKey) {
      known(request.socket, principal.client);
      counted(principal.client);
      if (!route.hasOwnScopes) letIn(principal, `${method === 'HEAD' ? 'GET' : method} ${route.path}`);
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort(GONE));
    const cut = () => void clock.after(limits.lingerMs, () => response.destroy());
    revoked.addEventListener('abort', cut, { once: true });
    response.once('close', () => revoked.removeEventListener('abort', cut));
    const shares: Share[] = [];
    const exchange: Exchange = {
      request,
      response,
      get url() {
        return new URL(request.url ?? '/', `http://${request.headers.host}`);
      },
      principal,
      gone: gone.signal,
      revoked,
      stopping: this.#stopping.signal,
      intake,
      async body() {
        const reading = {
          limits: { ...limits, bodyBytes: route.bodyBytes ?? limits.bodyBytes },
          budget: intake.work,
          owner: principal.client,
          clock,
          gone: gone.signal,
          proceed,
        };
        const body = await readBody(request, reading);
        shares.push(body.share);
        return body;
      },
      stream() {
        unbounded(request);
        proceed();
        return request;
      },
    };
    try {
      await route.handle(exchange);
    } finally {
      for (const share of shares) share.release();
    }
    // What the route did not care to read is dropped, so that the connection can be used again.
    if (!request.complete) request.resume();
  }

  #pathOf(request: IncomingMessage): string {
    const url = request.url ?? '';
    const { urlCharacters } = this.#options.limits;
    if (url.length > urlCharacters) {
      throw new HttpRefusal(
        'URL_TOO_LONG',
        `The URL is longer than the limit of ${urlCharacters} characters. Send the query by POST.`,
      );
    }
    if (!url.startsWith('/') || !(PLAIN_PATH.test(url) || URL.canParse(url, 'http://localhost'))) {
      throw new HttpRefusal('BAD_REQUEST', 'The request target must be a path.');
    }
    return url.split('?', 1)[0] ?? '';
  }

  #refusalFor(error: unknown): HttpRefusal {
    if (error instanceof HttpRefusal) return error;
    if (error instanceof ClientLimitError)
      return new HttpRefusal(error.code, error.message, {
        'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))),
      });
    if (error instanceof ForbiddenError) return new HttpRefusal('FORBIDDEN', error.message);
    this.#options.logger.error('Answering a request failed.', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return new HttpRefusal('INTERNAL_ERROR', 'The server failed to answer this. Its log has the reason.');
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    refusal: HttpRefusal,
    route: Route | undefined,
  ): void {
    if (response.headersSent || response.closed) {
      response.destroy();
      return;
    }
    const body = (route?.refusalBody ?? refusalBody)(refusal);
    // What is left of the request would be taken for the next one, so the connection ends with this answer.
    const unread = !request.complete;
    sendJson(response, refusal.status, body, {
      ...refusal.headers,
      ...(unread || this.#refusing ? { connection: 'close' } : {}),
    });
    if (unread) this.#linger(request);
  }

  /** Closing with bytes unread would reset the connection, and the answer with it. */
  #linger(request: IncomingMessage): void {
    const { clock, limits } = this.#options;
    const timer = clock.after(limits.lingerMs, () => request.socket.destroy());
    request.socket.once('close', () => timer.cancel());
    request.resume();
  }
}

function takes({ methods }: Route, method: string): boolean {
  return methods === 'any' || methods.includes(method === 'HEAD' ? 'GET' : method);
}

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

/** What the listener hands to whoever answers a path. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Caller } from '../clients/callers.ts';
import type { Clock } from '../clock.ts';
import type { Principal } from '../domain/principal.ts';
import type { Credentials } from './authenticate.ts';
import type { Body } from './body.ts';
import type { HttpLimits } from './http-limits.ts';
import type { Intake } from './intake.ts';
import type { HttpRefusal } from './refusal.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Absolute, with the name that the caller used. Made when it is asked for. */
  readonly url: URL;
  readonly principal: Principal;
  /** Aborts when the caller is gone, or has its answer. */
  readonly gone: AbortSignal;
  /** Aborts when the caller's key is taken from it: an answer that goes on ends, and is cut where it does not end by itself. */
  readonly revoked: AbortSignal;
  /** Aborts when the server stops and answers that go on should end. */
  readonly stopping: AbortSignal;
  readonly intake: Intake;
  /**
   * The whole body, when there is room for it. It holds the room until the route has answered, unless the route releases it before.
   * @throws HttpRefusal BODY_TOO_LARGE, BUSY, REQUEST_TIMEOUT, BAD_REQUEST
   */
  body(): Promise<Body>;
  /** The body as it comes, for a route that passes it on: bounded neither in bytes nor in time, as long as it moves. */
  stream(): IncomingMessage;
}

/** Who may talk to a route. */
export interface RouteGuard {
  /** @throws HttpRefusal UNKNOWN_HOST, FORBIDDEN_ORIGIN */
  check(method: string, headers: IncomingHttpHeaders): void;
  /** The origin of a page of another site that may read the answer; null for all else. */
  allowedOrigin(headers: IncomingHttpHeaders): string | null;
  /** Answers the question of a browser that an allowed page sends first. Absent: as for the server's own API. */
  answerPreflight?(request: IncomingMessage, response: ServerResponse): void;
}

export interface Route {
  /** Compared as it is; a path that ends in `/*` matches everything below it. */
  readonly path: string;
  /** HEAD is answered wherever GET is. `any`: the route refuses by itself what it does not take. */
  readonly methods: readonly string[] | 'any';
  /** Whom to let in, where other rules hold than for the server's own API. */
  readonly guard?: RouteGuard;
  /** Its largest body. Absent: the server's. */
  readonly bodyBytes?: number;
  /** Answered without a key, and while the server stops: what tells whether the server is there, and what has no data in it. */
  readonly open?: boolean;
  /** The scopes that it takes are those of what lies behind it, and are looked at there. Absent: as the table has it for method and path. */
  readonly hasOwnScopes?: true;
  /** Whether a request is for a page of the server's own, which shows nothing before it has a key. Answered without one. */
  readonly isPage?: (request: IncomingMessage) => boolean;
  /** The JSON of a refusal. Default `{ error: { code, message } }`. */
  readonly refusalBody?: (refusal: HttpRefusal) => unknown;
  /** Answers, or throws: a refusal as it is, anything else as an INTERNAL_ERROR without its reason. */
  handle(exchange: Exchange): void | Promise<void>;
}

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly intake: Intake;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  /** What the request itself brought to be known by. */
  readonly credentials: Credentials;
  /** @throws HttpRefusal */
  authenticate(credentials: Credentials): Caller;
}

/** A path that takes WebSockets. */
export interface SocketRoute {
  readonly path: string;
  accept(upgrade: Upgrade): void;
  /** Closes its sockets with 1001. */
  stop(): Promise<void>;
}

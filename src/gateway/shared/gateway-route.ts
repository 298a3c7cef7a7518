/** From the listener to an API's table of routes: who may call, its body, and what goes wrong, in the API's own form. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../clock.ts';
import { type Audit, type AuditDetails, isAudited } from '../../domain/audit.ts';
import { VramkeeperError } from '../../domain/errors.ts';
import { ForbiddenError, letIn, type Principal } from '../../domain/principal.ts';
import { MiB } from '../../domain/units.ts';
import type { Body } from '../../http/body.ts';
import type { BodyDecoder, BodyReader } from '../../http/body-reader.ts';
import type { HttpRefusal } from '../../http/refusal.ts';
import type { Exchange as HttpExchange, Route } from '../../http/route.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';
import { serveRoutes } from '../../ollama-api/front.ts';
import type { Router } from '../../ollama-api/router.ts';
import type { OllamaGuard } from './ollama-guard.ts';

export interface GatewayExchange extends Exchange {
  readonly principal: Principal;
  /** Aborts when the caller's key is taken from it. */
  readonly revoked: AbortSignal;
  /** Aborts when the server stops and answers that go on should end. */
  readonly stopping: AbortSignal;
  /** The body in one piece, and what it holds of the memory for bodies. @throws HttpRefusal as `body` of the listener */
  body(): Promise<Body>;
  /** What a decoder makes of the body. @throws HttpRefusal as `body` of the listener; what the decoder throws */
  read<T>(decoder: BodyDecoder<T>): Promise<T>;
  /** When the whole body was there, on the monotonic clock; null where it was not read in one piece. */
  readonly receivedAt: () => number | null;
  /** What the audit log is to say of it, once that is known. */
  note(details: AuditDetails): void;
  /** The details that were noted. */
  readonly noted: () => AuditDetails;
  /** The body as it comes, without a bound. */
  stream(): IncomingMessage;
  /** What was read is on disk, in another form: it counts no more in the memory for bodies. */
  release(): void;
}

export type GatewayHandler = (exchange: GatewayExchange) => Promise<void> | void;

/** A route of the listener, behind which a table of an API lies. */
export interface GatewayRoute extends Route {
  readonly router: Router<GatewayHandler>;
}

export interface GatewayApi {
  /** Where it lies: one path, or all below one (`/api/*`). */
  readonly path: string;
  readonly router: Router<GatewayHandler>;
  readonly guard: OllamaGuard;
  readonly bodies: BodyReader;
  readonly clock: Clock;
  /** Told of what changes something for everybody. Absent: nothing here does. */
  readonly audit?: Audit;
  /** Answers what a handler threw before anything was sent. */
  fail(exchange: GatewayExchange, error: unknown): void;
  /** See `Route.isPage`. */
  readonly isPage?: Route['isPage'];
  /** The JSON of what the listener itself refuses. */
  refusalBody(refusal: HttpRefusal): unknown;
}

/** Of a request for inference, whose images come as base64. */
const MOST_BODY_BYTES = 100 * MiB;

export function gatewayRoute(api: GatewayApi): GatewayRoute {
  const { audit, bodies, clock, fail, guard, isPage, path, refusalBody } = api;
  const router = api.router.mapped<GatewayHandler>((handler, wayIn) => (exchange) => {
    const work = () => {
      if (!isPage?.(exchange.request)) letIn(exchange.principal, wayIn);
      return handler(exchange);
    };
    return audit && isAudited(wayIn) ? audited(audit, wayIn, exchange, work) : work();
  });
  return {
    hasOwnScopes: true,
    path,
    router,
    ...(isPage && { isPage }),
    methods: 'any',
    guard,
    bodyBytes: MOST_BODY_BYTES,
    refusalBody,
    async handle(http) {
      const exchange = exchangeOf(http, bodies, clock);
      try {
        await serveRoutes({ router, rules: guard.rules(http.request.headers) }, exchange);
      } catch (error) {
        if (http.gone.aborted) return;
        // Half an answer cannot be mended: the listener breaks the connection, so that nobody takes it for whole.
        if (http.response.headersSent) throw error;
        fail(exchange, error);
      }
    },
  };
}

async function audited(
  audit: Audit,
  action: string,
  { noted, principal }: GatewayExchange,
  work: () => Promise<void> | void,
): Promise<void> {
  const record = (outcome: 'done' | 'refused' | 'failed', code: string | null) =>
    audit.record({ client: principal.client, action, outcome, code, details: noted() });
  try {
    await work();
    record('done', null);
  } catch (error) {
    if (error instanceof ForbiddenError) record('refused', error.code);
    else record('failed', error instanceof VramkeeperError ? error.code : 'ERROR');
    throw error;
  }
}

function exchangeOf(http: HttpExchange, bodies: BodyReader, clock: Clock): GatewayExchange {
  const { gone, principal, request, response, revoked, stopping } = http;
  let release = () => {};
  let noted: AuditDetails = {};
  let receivedAt: number | null = null;
  const body = async () => {
    const taken = await http.body();
    receivedAt = clock.monotonic();
    release = () => taken.share.release();
    return taken;
  };
  const bytes = async () => (await body()).take();
  return {
    request,
    response,
    path: request.url?.split('?', 1)[0] ?? '/',
    parameters: {},
    signal: gone,
    beforeEnd: [],
    principal,
    revoked,
    stopping,
    note(details) {
      noted = { ...noted, ...details };
    },
    noted: () => noted,
    receivedAt: () => receivedAt,
    body,
    text: async () => (await bytes()).toString('utf8'),
    read: async (decoder) => bodies.read(decoder, await bytes()),
    stream: () => http.stream(),
    release: () => release(),
  };
}

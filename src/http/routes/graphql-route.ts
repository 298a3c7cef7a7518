/** GraphQL over HTTP, server-sent events and WebSocket at one path. */
import { GraphQLError } from 'graphql';
import { CloseCode, handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { ClientLimitError } from '../../domain/allowance.ts';
import { MiB } from '../../domain/units.ts';
import { GRAPHQL_PATH, type GraphQLServer } from '../../graphql/server/graphql-server.ts';
import { type Credentials, credentialsOfParams } from '../authenticate.ts';
import { type BodyReader, JSON_BODY } from '../body-reader.ts';
import { MessageIntake, TRY_AGAIN } from '../message-intake.ts';
import { HttpRefusal } from '../refusal.ts';
import { isStream, sendFetched } from '../respond.ts';
import type { Route, SocketRoute, Upgrade } from '../route.ts';

/** The largest message of a WebSocket client; larger ones close the socket with 1009. Images go by POST. */
const MAX_MESSAGE_BYTES = MiB;

/** How long a client may take to answer the close of its socket. */
const CLOSE_TIMEOUT_MS = 2_000;

const TOO_MANY_STREAMS = 'The server follows as many subscriptions as it has memory for. Try again later.';

export function graphqlRoute(server: GraphQLServer, bodies: BodyReader): Route {
  return {
    path: GRAPHQL_PATH,
    methods: ['GET', 'POST'],
    hasOwnScopes: true,
    isPage: ({ headers, method = '' }) => server.isPage(method, headers.accept ?? ''),
    refusalBody: ({ code, message }) => ({ errors: [{ message, extensions: { code } }] }),
    async handle({ request, response, url, principal, gone, revoked, stopping, intake, body: read }) {
      const headers = Object.fromEntries(
        Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
      );
      const body = request.method === 'POST' ? await read() : null;
      const answer = await server.handle({
        method: request.method ?? 'GET',
        url: url.href,
        headers,
        scope: {
          principal,
          signal: gone,
          ...(body && { body: { json: () => bodies.read(JSON_BODY, body.take()) } }),
        },
      });
      if (!isStream(answer)) return sendFetched(response, answer, stopping);
      const kept = intake.streams.tryTake(principal.client, body?.share.bytes ?? 0);
      if (!kept) {
        await answer.body?.cancel();
        throw new HttpRefusal('BUSY', TOO_MANY_STREAMS, { 'retry-after': '10' });
      }
      body?.share.release();
      try {
        await sendFetched(response, answer, AbortSignal.any([stopping, revoked]));
      } finally {
        kept.release();
      }
    },
  };
}

/** @param counted told of each operation @throws ClientLimitError */
export function graphqlSocketRoute(
  server: GraphQLServer,
  counted: (client: string) => void = () => {},
): SocketRoute {
  const options = {
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    // Not among the types of ws yet.
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols,
  };
  const sockets = new WebSocketServer(options);
  return {
    path: GRAPHQL_PATH,
    accept(upgrade) {
      const { request, socket: stream, head, intake, clock, limits } = upgrade;
      const messages = new MessageIntake(stream, {
        budget: intake.work,
        clock,
        timeoutMs: limits.requestTimeoutMs,
      });
      sockets.handleUpgrade(request, stream, head, (socket) => {
        messages.watch(socket);
        server.connect(socket, {
          transport: stream,
          authenticate(params) {
            try {
              const { principal, revoked } = callerOf(upgrade, credentialsOfParams(params));
              messages.introduced(principal.client);
              whenRevoked(revoked, socket, () => socket.close(CloseCode.Forbidden, 'The key was revoked'));
              return principal;
            } catch (error) {
              if (!(error instanceof HttpRefusal)) throw error;
              if (error.code === 'BUSY') socket.close(TRY_AGAIN, 'The server is busy');
              return null;
            }
          },
          count: (client) => refusalOf(counted, client),
          hold: (data) => messages.message(data),
          keep: (bytes) => intake.streams.tryTake(messages.owner, bytes),
        });
      });
    },
    async stop() {
      sockets.close();
      await server.stop();
    },
  };
}

/** What `connection_init` says comes before what the request's headers said. @throws HttpRefusal */
function callerOf({ credentials, authenticate }: Upgrade, given: Credentials) {
  return authenticate({ key: given.key ?? credentials.key, client: given.client ?? credentials.client });
}

/** Until the socket is closed. */
function whenRevoked(revoked: AbortSignal, socket: WebSocket, end: () => void): void {
  revoked.addEventListener('abort', end, { once: true });
  socket.once('close', () => revoked.removeEventListener('abort', end));
  // Between the request and here.
  if (revoked.aborted) end();
}

function refusalOf(counted: (client: string) => void, client: string): GraphQLError | null {
  try {
    counted(client);
    return null;
  } catch (error) {
    if (!(error instanceof ClientLimitError)) throw error;
    const { code, limit, maximum, message, retryAfterMs } = error;
    return new GraphQLError(message, { extensions: { code, limit, maximum, retryAfterMs } });
  }
}

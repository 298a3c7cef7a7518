/** GraphQL over HTTP, server-sent events and WebSocket at one path. */
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { MiB } from '../../domain/units.ts';
import { GRAPHQL_PATH, type GraphQLServer } from '../../graphql/server/graphql-server.ts';
import { type Credentials, credentialsOfParams } from '../authenticate.ts';
import { HttpRefusal } from '../refusal.ts';
import { sendFetched } from '../respond.ts';
import type { Route, SocketRoute, Upgrade } from '../route.ts';

/** The largest message of a WebSocket client; larger ones close the socket with 1009. Images go by POST. */
const MAX_MESSAGE_BYTES = MiB;

export function graphqlRoute(server: GraphQLServer): Route {
  return {
    path: GRAPHQL_PATH,
    methods: ['GET', 'POST'],
    refusalBody: ({ code, message }) => ({ errors: [{ message, extensions: { code } }] }),
    async handle({ request, response, url, principal, gone, stopping, body }) {
      const headers = Object.fromEntries(
        Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
      );
      const answer = await server.handle({
        method: request.method ?? 'GET',
        url: url.href,
        headers,
        body: request.method === 'POST' ? await body() : null,
        scope: { principal, signal: gone },
      });
      await sendFetched(response, answer, stopping);
    },
  };
}

export function graphqlSocketRoute(server: GraphQLServer): SocketRoute {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols,
  });
  return {
    path: GRAPHQL_PATH,
    accept(upgrade) {
      sockets.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (socket) => {
        server.connect(socket, (params) => principalOf(upgrade, credentialsOfParams(params)));
      });
    },
    async stop() {
      sockets.close();
      await server.stop();
    },
  };
}

/** What `connection_init` says comes before what the request's headers said. */
function principalOf({ credentials, authenticate }: Upgrade, given: Credentials) {
  try {
    return authenticate({ key: given.key ?? credentials.key, client: given.client ?? credentials.client });
  } catch (error) {
    if (error instanceof HttpRefusal) return null;
    throw error;
  }
}

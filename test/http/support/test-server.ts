/** A real server on a free port of loopback, with a small schema. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock, systemRandom } from '../../../src/clock.ts';
import { EventLog } from '../../../src/events/event-log.ts';
import { gatewayBodies } from '../../../src/gateway/gateway-routes.ts';
import { GraphQLServer, type GraphQLServerOptions } from '../../../src/graphql/server/graphql-server.ts';
import { Guard } from '../../../src/http/guard.ts';
import { HttpServer, type HttpServerOptions } from '../../../src/http/http-server.ts';
import { graphqlRoute, graphqlSocketRoute } from '../../../src/http/routes/graphql-route.ts';
import { healthRoutes } from '../../../src/http/routes/health-routes.ts';
import { pageRoutes } from '../../../src/http/routes/page-routes.ts';
import type { LogFields, Logger } from '../../../src/telemetry/logger.ts';
import { testSchema } from './test-schema.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export function recordingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return { logger, lines };
}

export interface TestServerOptions {
  readonly graphql?: Partial<GraphQLServerOptions>;
  readonly http?: Partial<HttpServerOptions>;
  /** Of the web page. Default: one that is not there. */
  readonly pageFolder?: string;
}

export async function startTestServer(options: TestServerOptions = {}) {
  const { logger, lines } = recordingLogger();
  const log = new EventLog({ random: systemRandom });
  const graphql = new GraphQLServer({
    schema: testSchema,
    buildContext: ({ principal, signal }) => ({ principal, signal, log }),
    logger,
    clock: systemClock,
    random: systemRandom,
    ...options.graphql,
  });
  const http: HttpServer = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      graphqlRoute(graphql, gatewayBodies()),
      ...healthRoutes(() => (http.isStopping ? 'The server is stopping.' : null)),
      ...pageRoutes({
        folder: options.pageFolder ?? join(tmpdir(), 'not-built'),
        guard: new Guard({ host: options.http?.host ?? '127.0.0.1', hosts: [], origins: [] }),
      }),
    ],
    socketRoutes: [graphqlSocketRoute(graphql)],
    clock: systemClock,
    logger,
    ...options.http,
  });
  await http.start();
  return { http, graphql, log, lines, port: http.port, url: `http://127.0.0.1:${http.port}` };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

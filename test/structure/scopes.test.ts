/** Every way in has its scope, and the table names nothing that is not there: a new one needs its line in src/domain/scopes.ts. */
import { isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { needOf, WAYS_IN } from '../../src/domain/scopes.ts';
import { BATCH_ENDPOINTS } from '../../src/gateway/batches/table.ts';
import { gatewayRoutes } from '../../src/gateway/gateway-routes.ts';
import type { GatewayRoute } from '../../src/gateway/shared/gateway-route.ts';
import { schema } from '../../src/graphql/schema.ts';
import type { Route } from '../../src/http/route.ts';
import { graphqlRoute } from '../../src/http/routes/graphql-route.ts';
import { healthRoutes } from '../../src/http/routes/health-routes.ts';
import { homeRoute } from '../../src/http/routes/home-route.ts';
import { imageRoutes } from '../../src/http/routes/image-routes.ts';
import { metricsRoute } from '../../src/http/routes/metrics-route.ts';
import { pageRoutes } from '../../src/http/routes/page-routes.ts';

// Handlers alone use what they stand on, and none is called.
// biome-ignore lint/suspicious/noExplicitAny: nothing of it is used.
const NOTHING: any = {};

function ofSchema(): readonly string[] {
  return ['Query', 'Mutation', 'Subscription'].flatMap((name) => {
    const type = schema.getType(name);
    return isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${name}.${field}`) : [];
  });
}

/** The public document of the API is answered without a key. */
const DOCUMENT = 'GET /api/openapi.json';

function ofGateways(): readonly string[] {
  const routes = gatewayRoutes(NOTHING, {
    ...NOTHING,
    endpoints: BATCH_ENDPOINTS,
  }) as readonly GatewayRoute[];
  return routes
    .flatMap(({ router }) => router.table)
    .map(({ method, path }) => `${method} ${path}`)
    .filter((way) => way !== DOCUMENT);
}

function ofListener(): readonly string[] {
  const routes: readonly Route[] = [
    ...healthRoutes(() => null),
    metricsRoute(NOTHING, false),
    graphqlRoute(NOTHING, NOTHING),
    ...imageRoutes(NOTHING, NOTHING),
    ...pageRoutes({ folder: '', guard: NOTHING }),
    homeRoute(NOTHING),
  ];
  return routes
    .filter((route) => !route.open && !route.hasOwnScopes && !route.isPage)
    .flatMap(({ methods, path }) => [...methods].map((method) => `${method} ${path}`));
}

test('every way in has its scope', () => {
  const ways = new Set([...ofSchema(), ...ofGateways(), ...ofListener()]);
  const fields = WAYS_IN.filter((way) => /^(?!Query|Mutation|Subscription)\w+\.\w+$/.test(way));
  expect([...ways].filter((way) => !WAYS_IN.includes(way))).toEqual([]);
  expect(WAYS_IN.filter((way) => !ways.has(way) && !fields.includes(way))).toEqual([]);
  expect(fields).toEqual(['Cell.logTail']);
});

test('what changes something takes more than reading', () => {
  const reading = ['ANY', 'READ_OWN', 'READ_ALL'];
  const changing = WAYS_IN.filter((way) => /^(Mutation\.|(POST|PUT|DELETE|PATCH) )/.test(way));
  // Ollama's API shows a model by POST; what its cloud does is refused.
  const shows = /^POST \/api\/(show|me|signout|experimental\/.*)$|^DELETE \/api\/user\/keys/;
  expect(changing.filter((way) => reading.includes(needOf(way)) && !shows.test(way))).toEqual([]);
});

test('what nobody has put into the table takes an administrator', () => {
  expect(needOf('Mutation.somethingNew')).toBe('ADMIN');
  expect(needOf('constructor')).toBe('ADMIN');
});

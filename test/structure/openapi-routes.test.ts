/** Every route of the drop-in APIs is in their OpenAPI document, and nothing else is: a new one needs its operation in `src/gateway/openapi`. */
import { expect, test } from 'vitest';
import { BATCH_ENDPOINTS } from '../../src/gateway/batches/table.ts';
import { gatewayRoutes } from '../../src/gateway/gateway-routes.ts';
import { openapiDocument } from '../../src/gateway/openapi/document.ts';
import type { GatewayRoute } from '../../src/gateway/shared/gateway-route.ts';

test('Routes and document are the same', () => {
  // Handlers alone use what they stand on, and none is called.
  type Parts = Parameters<typeof gatewayRoutes>;
  const routes = gatewayRoutes(
    {} as Parts[0],
    { endpoints: BATCH_ENDPOINTS } as Parts[1],
  ) as readonly GatewayRoute[];
  const table = routes.flatMap(({ router }) => router.table);
  expect(table.length).toBeGreaterThan(40);
  expect(() => openapiDocument(table, '1')).not.toThrow();
  expect(() => openapiDocument([...table, { method: 'GET', path: '/api/new' }], '1')).toThrow('GET /api/new');
  expect(() => openapiDocument(table.slice(1), '1')).toThrow('No table has');
});

/** For a monitoring system that asks. */
import { SECURE_HEADERS } from '../respond.ts';
import type { Route } from '../route.ts';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** @param open whether it is answered without a key; else it takes one that reads what is everybody's, where there are keys */
export function metricsRoute(metrics: Metrics, open: boolean): Route {
  return {
    path: '/metrics',
    methods: ['GET'],
    open,
    async handle({ request, response }) {
      const text = await metrics.text();
      response.writeHead(200, {
        ...SECURE_HEADERS,
        'content-type': metrics.contentType,
        'cache-control': 'no-store',
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    },
  };
}

/** `GET /api/openapi.json`. Like the page for GraphQL it shows nothing of anybody, and is answered without a key. */
import type { IncomingMessage } from 'node:http';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import type { GatewayHandler } from '../shared/gateway-route.ts';
import { DOCUMENT_PATH } from './document.ts';

/** @param document made when it is first asked for: then every table is whole */
export function addDocumentRoute(router: Router<GatewayHandler>, document: () => object): void {
  let made: object | null = null;
  router.add('GET', DOCUMENT_PATH, (exchange) => {
    made ??= document();
    sendJson(exchange, 200, made);
  });
}

export function asksForDocument({ method, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && url.replace(/\?.*$/s, '') === DOCUMENT_PATH;
}

/** What needs neither a model nor a queue: versions, and an account at Ollama's makers, which a server without their cloud does not have. */

import { compareVersions } from '../../domain/version.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import type { GatewayHandler } from '../shared/gateway-route.ts';
import { cloudDisabled } from './errors.ts';

/** @param version that clients are told, for what they may ask for */
export function addFixedRoutes(router: Router<GatewayHandler>, version: () => string): void {
  const refusing =
    (error: () => OllamaError): GatewayHandler =>
    () => {
      throw error();
    };
  const noSignOut = refusing(() => new OllamaError(500, 'there was an error signing out'));
  router
    .add('GET,HEAD', '/api/version', (exchange) => sendJson(exchange, 200, { version: version() }))
    .add('GET', '/api/status', (exchange) =>
      sendJson(exchange, 200, { cloud: { disabled: true, source: 'env' } }),
    )
    .add(
      'POST',
      '/api/me',
      refusing(() => new OllamaError(503, 'account unavailable')),
    )
    .add('POST', '/api/signout', noSignOut)
    .add('DELETE', '/api/user/keys/:key', noSignOut)
    .add(
      'POST',
      '/api/experimental/web_search',
      refusing(() => cloudDisabled('web search is unavailable')),
    )
    .add(
      'POST',
      '/api/experimental/web_fetch',
      refusing(() => cloudDisabled('web fetch is unavailable')),
    )
    .add('GET', '/api/experimental/model-recommendations', (exchange) =>
      sendJson(exchange, 200, { recommendations: [] }),
    );
}

/** So that no client asks for more than every backend can. */
export function lowestVersion(versions: readonly (string | null)[]): string {
  const [lowest = '0.0.0'] = versions.filter((version) => version !== null).sort(compareVersions);
  return lowest;
}

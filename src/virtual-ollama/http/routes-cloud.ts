/** What needs an account at ollama.com: there is none, and the cloud is off as with `OLLAMA_NO_CLOUD=1`. */
import { cloudDisabled, OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, type Handler, sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';

function refuseAccount(): void {
  throw new OllamaError(503, 'account unavailable');
}

function refuseSignOut(): void {
  throw new OllamaError(500, 'there was an error signing out');
}

/** The body is not looked into, but it must be there. */
function refuseWeb(subject: string): Handler {
  return async (exchange: Exchange) => {
    const body = await exchange.text();
    throw body.trim() === '' ? new OllamaError(400, 'missing request body') : cloudDisabled(subject);
  };
}

/** The form of what Ollama recommends: a cloud model and one for this machine. */
const RECOMMENDATIONS = [
  {
    model: 'kimi-k2.6:cloud',
    description: 'State-of-the-art coding',
    context_length: 262_144,
    max_output_tokens: 262_144,
  },
  { model: 'gemma4', description: 'Reasoning and code generation locally', vram_bytes: 12_000_000_000 },
];

export function addCloudRoutes(router: Router<Handler>): void {
  router
    .add('POST', '/api/me', refuseAccount)
    .add('POST', '/api/signout', refuseSignOut)
    .add('DELETE', '/api/user/keys/:key', refuseSignOut)
    .add('POST', '/api/experimental/web_search', refuseWeb('web search is'))
    .add('POST', '/api/experimental/web_fetch', refuseWeb('web fetch is'))
    .add('GET', '/api/experimental/model-recommendations', (exchange) =>
      sendJson(exchange, 200, { recommendations: RECOMMENDATIONS }),
    );
}

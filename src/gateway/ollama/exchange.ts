/** One request to the gateway as Ollama's handlers take it, with who asks. */
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../domain/principal.ts';
import type { Exchange as HttpExchange } from '../../http/route.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';

export interface OllamaExchange extends Exchange {
  readonly principal: Principal;
  /** The body as it comes. */
  stream(): IncomingMessage;
}

export type OllamaHandler = (exchange: OllamaExchange) => Promise<void> | void;

export function ollamaExchange(http: HttpExchange): OllamaExchange {
  return {
    request: http.request,
    response: http.response,
    path: http.url.pathname,
    parameters: {},
    signal: http.gone,
    beforeEnd: [],
    principal: http.principal,
    text: async () => (await http.body()).take().toString('utf8'),
    stream: () => http.stream(),
  };
}

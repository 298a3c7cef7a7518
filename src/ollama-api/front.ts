import { type Exchange, send } from './exchange.ts';
import { type GuardRules, judgeCaller } from './guard.ts';
import { cleanPath, decodePath, type Match, type Router } from './router.ts';

/** Answers what needs no route: redirects, refused callers, preflight requests, unknown paths and wrong methods. */
function answerWithoutRoute(exchange: Exchange, match: Match<unknown>, rules: GuardRules): boolean {
  const { request, response } = exchange;
  const { method = 'GET' } = request;
  // Redirects come before all rules; the methods of a path are told with every answer about it.
  if (match.kind === 'redirect') {
    redirect(exchange, match.to, method === 'GET' ? 301 : 307);
    return true;
  }
  if (match.kind === 'wrong method') response.setHeader('Allow', match.allow);
  const { host, origin } = request.headers;
  const { status, headers } = judgeCaller({ method, host, origin }, rules);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status !== undefined) send(exchange, status, '');
  else if (match.kind === 'unknown path') send(exchange, 404, '404 page not found', 'text/plain');
  else if (match.kind === 'wrong method') send(exchange, 405, '405 method not allowed', 'text/plain');
  else return false;
  return true;
}

function redirect(exchange: Exchange, path: string, status: 301 | 307): void {
  const { method, url = '' } = exchange.request;
  const to = path + (/\?[^#]*/.exec(url)?.[0] ?? '');
  exchange.response.setHeader('Location', to);
  const reason = status === 301 ? 'Moved Permanently' : 'Temporary Redirect';
  if (method !== 'GET' && method !== 'HEAD') send(exchange, status, '');
  else send(exchange, status, `<a href="${to}">${reason}</a>.\n\n`, 'text/html; charset=utf-8');
}

/** Handlers may want more of a request than the room knows of. */
export interface Routes<E extends Exchange = Exchange> {
  readonly router: Router<(exchange: E) => Promise<void> | void>;
  readonly rules: GuardRules;
  /** Called once a route is found, before its handler. */
  readonly onRoute?: (exchange: Exchange) => void;
}

/** Answers by the table of routes, and everything around it as Ollama's server does. What a handler throws goes to the caller. */
export async function serveRoutes<E extends Exchange>(
  { router, rules, onRoute }: Routes<E>,
  exchange: E,
): Promise<void> {
  const path = decodePath(exchange.request.url ?? '/');
  if (path === undefined) {
    exchange.response.setHeader('Connection', 'close');
    send(exchange, 400, '400 Bad Request', 'text/plain; charset=utf-8');
    return;
  }
  const cleaned = cleanPath(path);
  if (cleaned !== path) {
    redirect(exchange, cleaned, 307);
    return;
  }
  const match = router.match(exchange.request.method ?? 'GET', path);
  if (answerWithoutRoute(exchange, match, rules) || match.kind !== 'found') return;
  onRoute?.(exchange);
  await match.handler({ ...exchange, parameters: match.parameters });
}

/** What a browser is told when a page of another site that is allowed asks: that origin may read the answer, and no other. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Of answers, beside what every page may read. */
const READABLE = [
  'retry-after',
  'www-authenticate',
  'x-job-id',
  'x-max-body-bytes',
  'x-options-dropped',
  'x-prompt-truncated',
  'x-queue-position',
  'x-queue-wait-ms',
  'x-should-retry',
].join(', ');

export function letRead(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', READABLE);
  response.setHeader('vary', 'origin');
}

/** A browser asks before it lets a page send what a form could not. */
export function isPreflight({ headers, method }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Any header may be sent: what they say is judged when they come. */
export function answerPreflight(
  { headers }: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[] | 'any',
): void {
  const wanted = headers['access-control-request-headers'];
  const allowed = typeof wanted === 'string' && /^[\w!#$%&'*+.^`|~, -]+$/.test(wanted) ? wanted : null;
  response.writeHead(204, {
    'access-control-allow-methods': (methods === 'any' ? ALL_METHODS : methods).join(', '),
    'access-control-max-age': '600',
    'cache-control': 'no-store',
    ...(allowed && { 'access-control-allow-headers': allowed }),
    ...(headers['access-control-request-private-network'] && {
      'access-control-allow-private-network': 'true',
    }),
  });
  response.end();
}

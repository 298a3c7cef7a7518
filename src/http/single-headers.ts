/** Headers that say for whom a request is and whose it is may come once: of two, a proxy before us may have looked at the other. */
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './refusal.ts';

/** `Host` by RFC 9112, section 3.2; of the others Node would drop or join what comes again. */
const SINGLE = ['host', 'origin', 'authorization', 'x-api-key'];

/** @throws HttpRefusal BAD_REQUEST */
export function requireSingleHeaders({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): void {
  const twice = SINGLE.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined)
    throw new HttpRefusal('BAD_REQUEST', `The header ${twice} comes more than once. Send it once.`);
}

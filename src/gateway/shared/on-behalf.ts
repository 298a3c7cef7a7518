/** For whom a program asks, where the settings trust programs to say so. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Label } from '../../domain/job.ts';
import type { Principal } from '../../domain/principal.ts';
import { HttpRefusal } from '../../http/refusal.ts';
import type { Route } from '../../http/route.ts';

const USER = 'x-openwebui-user-id';
const SESSIONS = ['x-claude-code-session-id', 'session-id', 'x-session-id'] as const;
const LABEL = 'session';

/** A user of a program is a client of its own, so that the users of one program have fair shares beside each other. @throws HttpRefusal BAD_REQUEST */
export function onBehalf(principal: Principal, headers: IncomingHttpHeaders): Principal {
  const user = said(headers, USER);
  return user === undefined ? principal : { ...principal, client: `${principal.client}/${user}` };
}

/** A session is no client: who opens more of them would have more than others. @throws HttpRefusal BAD_REQUEST */
export function sessionLabels(headers: IncomingHttpHeaders): readonly Label[] {
  const [value] = SESSIONS.flatMap((name) => said(headers, name) ?? []);
  return value === undefined ? [] : [{ key: LABEL, value }];
}

/** The routes for callers who may speak for others. */
export function trusting(routes: readonly Route[]): readonly Route[] {
  return routes.map((route) => ({
    ...route,
    handle: (exchange) =>
      route.handle({ ...exchange, principal: onBehalf(exchange.principal, exchange.request.headers) }),
  }));
}

function said(headers: IncomingHttpHeaders, name: string): string | undefined {
  const given = headers[name];
  const value = (Array.isArray(given) ? given[0] : given)?.trim();
  if (!value) return undefined;
  if (/^[\x20-\x7e]{1,64}$/.test(value)) return value;
  throw new HttpRefusal('BAD_REQUEST', `${name} must be 1 to 64 printable ASCII characters.`);
}

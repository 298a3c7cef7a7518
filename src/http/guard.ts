/**
 * Who may talk to a server on this machine: programs, and the server's own pages. A web page of another site reaches
 * loopback too, by a plain request (told by `Origin` and `Sec-Fetch-Site`) or by a name that it makes point here (told by
 * `Host`).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ANY } from '../config/access.ts';
import { isLoopback } from '../domain/loopback.ts';
import { HttpRefusal } from './refusal.ts';
import type { RouteGuard } from './route.ts';

/** The name in a `Host` header, without its port, in lower case and without brackets; null when it is none. */
export function hostName(header: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

/** Whether a server that listens on `host` is meant by the `Host` header. */
export function isOwnHost(header: string, host: string): boolean {
  const name = hostName(header);
  if (name === null) return false;
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(name) || name === bare) return true;
  if (bare !== '0.0.0.0' && bare !== '::') return false;
  // A page can choose the name that points here, but not an address.
  return isIP(name) !== 0 || name === hostname().toLowerCase();
}

/** Whether a page of the server itself asks. Hosts are equal only with their ports. */
export function isOwnOrigin(origin: string, hostHeader: string): boolean {
  if (!/^https?:\/\//i.test(origin)) return false;
  return origin.replace(/^https?:\/\//i, '').toLowerCase() === hostHeader.toLowerCase();
}

/** Following a link, or typing the address, shows a page and tells the linking page nothing. */
function isNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers.origin === undefined
  );
}

export interface GuardOptions {
  /** Where the server listens. */
  readonly host: string;
  /** Further names that it answers to, in lower case; `*` for any. */
  readonly hosts: readonly string[];
  /** Of pages of other sites that may use it; `*` for any. */
  readonly origins: readonly string[];
}

export class Guard implements RouteGuard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** @throws HttpRefusal UNKNOWN_HOST, FORBIDDEN_ORIGIN */
  check(method: string, headers: IncomingHttpHeaders): void {
    const hostHeader = headers.host ?? '';
    if (!this.#answersTo(hostHeader)) {
      throw new HttpRefusal(
        'UNKNOWN_HOST',
        `This server does not answer to the name ${quoted(hostHeader)} in the Host header. Use localhost, or add the name to \`hosts\` in its settings.`,
      );
    }
    if (this.allowedOrigin(headers) !== null) return;
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    const foreignOrigin = origin !== undefined && !isOwnOrigin(origin, hostHeader);
    const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (foreignOrigin || (foreignSite && !isNavigation(method, headers))) {
      const which = origin === undefined ? 'the origin of the page' : quoted(origin);
      throw new HttpRefusal(
        'FORBIDDEN_ORIGIN',
        `Pages of other sites may not use this server. To allow this one, add ${which} to \`origins\` in the server's settings.`,
      );
    }
  }

  /** The origin of a page of another site that the settings allow; null for all else. */
  allowedOrigin({ host = '', origin }: IncomingHttpHeaders): string | null {
    if (origin === undefined || isOwnOrigin(origin, host)) return null;
    const { origins } = this.#options;
    return origins.includes(ANY) || origins.includes(origin.toLowerCase()) ? origin : null;
  }

  #answersTo(header: string): boolean {
    const { host, hosts } = this.#options;
    if (isOwnHost(header, host)) return true;
    const name = hostName(header)?.replace(/\.$/, '') ?? null;
    return name !== null && (hosts.includes(ANY) || hosts.includes(name));
  }
}

/** As the caller sent it, shortened. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

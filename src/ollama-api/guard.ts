import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Who may call a server that is bound to a loopback address. */
const LOCAL_SUFFIXES = ['.localhost', '.local', '.internal'];
const ANY_PORT_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d*)?$/;
const APPLICATION_ORIGIN = /^(app|file|tauri|vscode-webview|vscode-file):\/\//;
const EXTENSION_ORIGIN = /^(chrome|moz|safari|ms-browser|safari-web)-extension:\/\//;

function withoutPort(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  const colon = host.lastIndexOf(':');
  return colon >= 0 && host.indexOf(':') === colon ? host.slice(0, colon) : host;
}

function isLocalAddress(host: string): boolean {
  if (isIP(host) === 6) return host === '::1' || host === '::' || /^f[cd]/i.test(host);
  if (isIP(host) !== 4) return false;
  const [a = 0, b = 0] = host.split('.').map(Number);
  const privateBlock = a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
  return a === 127 || host === '0.0.0.0' || privateBlock;
}

/** The Host header is an address, not a name. */
export function namesAddress(header: string | undefined): boolean {
  return isIP(withoutPort(header ?? '')) !== 0;
}

export function isAllowedHost(header: string | undefined): boolean {
  const host = withoutPort(header ?? '').toLowerCase();
  if (host === '' || host === 'localhost' || host === hostname().toLowerCase()) return true;
  return isLocalAddress(host) || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix));
}

/** Undefined when the request has none, or comes from the server's own pages. */
export function foreignOrigin(request: IncomingMessage): string | undefined {
  const { origin, host } = request.headers;
  return !origin || origin === `http://${host}` || origin === `https://${host}` ? undefined : origin;
}

export function isAllowedOrigin(origin: string): boolean {
  return ANY_PORT_ORIGIN.test(origin) || APPLICATION_ORIGIN.test(origin) || EXTENSION_ORIGIN.test(origin);
}

/** The answer to a preflight request, as gin's CORS handler gives it. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
  'Access-Control-Allow-Headers':
    'Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,' +
    'X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,X-Stainless-Lang,' +
    'X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper,X-Stainless-Retry-Count,' +
    'X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout',
  'Access-Control-Max-Age': '43200',
};

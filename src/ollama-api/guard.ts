/** Who may call: the rules for Host and Origin that Ollama's own server has. */
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { InvalidSettingError } from '../domain/errors.ts';

/** What the rules look at of a request. */
export interface Caller {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

export interface GuardRules {
  /** A server bound to a loopback address answers only to local names of its host. */
  readonly checksHost: boolean;
  readonly origins: AllowedOrigins;
}

export interface Verdict {
  /** 403 for who may not call, 204 for a preflight request; undefined when the request goes on to its route. */
  readonly status: 403 | 204 | undefined;
  /** For the answer, whoever gives it. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

const LOCAL_SUFFIXES = ['.localhost', '.local', '.internal'];

/** As Go's `net.SplitHostPort`: an IPv6 address in brackets has a port, or is no address. */
function withoutPort(header: string): string {
  const bracketed = /^\[([^\]]*)\]:[^:]*$/.exec(header)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^[^:[\]]*:[^:]*$/.test(header) ? header.slice(0, header.indexOf(':')) : header;
}

function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 6) {
    const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
    return v4 ? isPrivateAddress(v4) : address === '::1' || address === '::' || /^f[cd]/i.test(address);
  }
  const [a = 0, b = 0] = address.split('.').map(Number);
  const isPrivate = a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
  return a === 127 || address === '0.0.0.0' || isPrivate;
}

const isOwnAddress = (address: string) =>
  Object.values(networkInterfaces()).some((entries) => entries?.some((entry) => entry.address === address));

type Host = 'allowed by address' | 'allowed by name' | 'refused';

function judgeHost(header: string | undefined): Host {
  const host = withoutPort(header ?? '').toLowerCase();
  if (isIP(host) !== 0 && (isPrivateAddress(host) || isOwnAddress(host))) return 'allowed by address';
  const isName = host === '' || host === 'localhost' || host === hostname().toLowerCase();
  return isName || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix)) ? 'allowed by name' : 'refused';
}

const ALWAYS_ALLOWED = [
  ...['localhost', '127.0.0.1', '0.0.0.0'].flatMap((host) => [
    `http://${host}`,
    `https://${host}`,
    `http://${host}:*`,
    `https://${host}:*`,
  ]),
  ...['app://*', 'file://*', 'tauri://*', 'vscode-webview://*', 'vscode-file://*'],
];
const SCHEMES = [
  ...['http://', 'https://', 'chrome-extension://', 'safari-extension://'],
  ...['moz-extension://', 'ms-browser-extension://'],
];

/** Where browsers' requests may come from: `OLLAMA_ORIGINS`, and what is always allowed. */
export class AllowedOrigins {
  readonly #origins: readonly string[];

  /**
   * @param setting `OLLAMA_ORIGINS`: origins between commas, each with at most one `*`, or `*` alone for all.
   * @throws InvalidSettingError for one that could never match.
   */
  constructor(setting = '') {
    const given = setting === '' ? [] : setting.split(',');
    for (const origin of given) {
      const stars = origin.split('*').length - 1;
      if (stars > 1) throw new InvalidSettingError(`OLLAMA_ORIGINS: ${origin} may have only one *.`);
      if (stars === 0 && !SCHEMES.some((scheme) => origin.startsWith(scheme)))
        throw new InvalidSettingError(
          `OLLAMA_ORIGINS: ${origin} must have a * or begin with ${SCHEMES.join(', ')}.`,
        );
    }
    this.#origins = [...given, ...ALWAYS_ALLOWED];
  }

  get allowsAll(): boolean {
    return this.#origins.includes('*');
  }

  allows(origin: string): boolean {
    return this.allowsAll || this.#origins.some((allowed) => matches(allowed, origin));
  }
}

function matches(allowed: string, origin: string): boolean {
  const [start = '', end] = allowed.split('*');
  if (end === undefined) return allowed.trim().toLowerCase() === origin;
  return origin.startsWith(start) && origin.endsWith(end);
}

const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
  'Access-Control-Allow-Headers':
    'Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,' +
    'X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,X-Stainless-Lang,' +
    'X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper,X-Stainless-Retry-Count,' +
    'X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout',
  'Access-Control-Max-Age': '43200',
};
const PREFLIGHT_VARY = ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'];

/** Origin comes before Host: a preflight request from an allowed origin is answered whatever its Host. */
export function judgeCaller({ method, host, origin }: Caller, { checksHost, origins }: GuardRules): Verdict {
  const isForeign = Boolean(origin) && origin !== `http://${host}` && origin !== `https://${host}`;
  if (isForeign && !origins.allows(origin ?? '')) return { status: 403, headers: {} };
  const headers = isForeign ? crossOriginHeaders(method, origin ?? '', origins) : {};
  if (isForeign && method === 'OPTIONS') return { status: 204, headers };
  const judged = checksHost ? judgeHost(host) : 'allowed by address';
  if (judged === 'refused') return { status: 403, headers };
  return { status: judged === 'allowed by name' && method === 'OPTIONS' ? 204 : undefined, headers };
}

function crossOriginHeaders(method: string, origin: string, origins: AllowedOrigins): Verdict['headers'] {
  const preflight = method === 'OPTIONS';
  return {
    ...(preflight ? PREFLIGHT_HEADERS : {}),
    ...(origins.allowsAll
      ? { 'Access-Control-Allow-Origin': '*' }
      : { Vary: preflight ? PREFLIGHT_VARY : 'Origin', 'Access-Control-Allow-Origin': origin }),
  };
}

/** Whom Ollama lets in: local names and addresses, and pages of this machine and of applications, beside those that the settings name. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { ANY } from '../../config/access.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { HttpRefusal } from '../../http/refusal.ts';
import type { RouteGuard } from '../../http/route.ts';
import { AllowedOrigins, type GuardRules, judgeCaller, type Verdict } from '../../ollama-api/guard.ts';

/** A server names itself with it to the servers that it attaches. */
export const ASKING_SERVER = 'x-vramkeeper-server';

export interface OllamaGuardOptions {
  /** What this server calls itself in `ASKING_SERVER`. */
  readonly self: string;
  /** Where the server listens. */
  readonly host: string;
  /** Further names that it answers to, in lower case; `*` for any. */
  readonly hosts: readonly string[];
  /** Of pages of other sites that may use it; `*` for any. */
  readonly origins: readonly string[];
}

export class OllamaGuard implements RouteGuard {
  readonly #options: OllamaGuardOptions;
  readonly #origins: AllowedOrigins;

  /** @throws InvalidSettingError for an origin that could never match */
  constructor(options: OllamaGuardOptions) {
    this.#options = options;
    this.#origins = new AllowedOrigins(options.origins.join(','));
  }

  /** As they hold for one request. A server that is open to other machines answers to any name, as keys protect it. */
  rules({ host: header = '' }: IncomingHttpHeaders): GuardRules {
    const { host, hosts } = this.#options;
    const name = header.replace(/:\d+$/, '').toLowerCase();
    const isNamed = hosts.includes(ANY) || hosts.includes(name);
    return {
      checksHost: isLoopback(host.replace(/^\[|\]$/g, '')) && !isNamed,
      origins: this.#origins,
    };
  }

  /** @throws HttpRefusal FORBIDDEN_ORIGIN, LOOP */
  check(method: string, headers: IncomingHttpHeaders): void {
    if (headers[ASKING_SERVER] === this.#options.self)
      throw new HttpRefusal(
        'LOOP',
        'This server was attached to itself, so that every job would come back to it. Name the address of another server in `backends`, or run Ollama behind it with --managed.',
      );
    if (this.#judge(method, headers).status !== 403) return;
    throw new HttpRefusal(
      'FORBIDDEN_ORIGIN',
      'This server answers neither to this Host nor to pages of this Origin. Use localhost, or add them to `hosts` and `origins` in its settings.',
    );
  }

  allowedOrigin(headers: IncomingHttpHeaders): string | null {
    const { status, headers: told } = this.#judge('GET', headers);
    return status !== 403 && 'Access-Control-Allow-Origin' in told ? (headers.origin ?? null) : null;
  }

  answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
    const { headers: told } = this.#judge('OPTIONS', headers);
    for (const [name, value] of Object.entries(told)) response.setHeader(name, value);
    // Beside those of Ollama's clients, such as X-Priority: what they say is judged when they come.
    const more = furtherHeaders(
      headers['access-control-request-headers'],
      told['Access-Control-Allow-Headers'],
    );
    if (more)
      response.setHeader('Access-Control-Allow-Headers', `${told['Access-Control-Allow-Headers']},${more}`);
    response.writeHead(204);
    response.end();
  }

  #judge(method: string, headers: IncomingHttpHeaders): Verdict {
    const { host, origin } = headers;
    return judgeCaller({ method, host, origin }, this.rules(headers));
  }
}

/** The names that are wanted and not allowed yet, between commas. */
function furtherHeaders(wanted: string | undefined, allowed: Verdict['headers'][string] | undefined): string {
  const known = String(allowed).toLowerCase().split(',');
  const names = (wanted ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => /^[\w-]+$/.test(name) && !known.includes(name.toLowerCase())).join(',');
}

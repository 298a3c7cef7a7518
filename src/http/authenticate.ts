/** Who asks: the client that an API key stands for, or where there are no keys whoever the caller says it is. */
import type { IncomingHttpHeaders } from 'node:http';
import { ANONYMOUS, type Caller, type Callers, type Refused } from '../clients/callers.ts';
import { HttpRefusal, type RefusalCode } from './refusal.ts';

/** What a caller gives to be known by. */
export interface Credentials {
  readonly key: string | undefined;
  readonly client: string | undefined;
}

export function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  return {
    key: bearerKey(headers.authorization) ?? single(headers['x-api-key']),
    client: single(headers['x-client']),
  };
}

/** From `connection_init`: a browser can not set headers on a WebSocket. */
export function credentialsOfParams(params: Readonly<Record<string, unknown>>): Credentials {
  const text = (name: string) => {
    const value = params[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    key: bearerKey(text('authorization') ?? text('Authorization')) ?? text('apiKey'),
    client: text('client'),
  };
}

export class Authenticator {
  readonly #callers: Callers;

  constructor(callers: Callers) {
    this.#callers = callers;
  }

  /** @throws HttpRefusal UNAUTHORIZED and its kind, BAD_REQUEST */
  caller({ key, client }: Credentials): Caller {
    const found = this.#callers.find(key);
    if (typeof found === 'string') throw unauthorized(found);
    if (!this.#callers.choosesName) return found;
    const name = client?.trim() || ANONYMOUS;
    if (!/^[\x20-\x7e]{1,64}$/.test(name)) {
      throw new HttpRefusal('BAD_REQUEST', 'X-Client must be 1 to 64 printable ASCII characters.');
    }
    return { ...found, principal: { ...found.principal, client: name } };
  }
}

const HOW = 'Send one of the configured keys as `Authorization: Bearer KEY` or `X-API-Key: KEY`.';

const REFUSALS: Readonly<Record<Refused, readonly [code: RefusalCode, message: string]>> = {
  KEY_NEEDED: ['UNAUTHORIZED', `This server needs an API key. ${HOW}`],
  KEY_UNKNOWN: ['UNAUTHORIZED', `This API key is not known here. ${HOW}`],
  KEY_MISTYPED: [
    'KEY_MISTYPED',
    'This API key is incomplete or mistyped: its last characters do not fit the others. Copy all of it again.',
  ],
  KEY_EXPIRED: ['KEY_EXPIRED', 'This API key has expired. Ask whoever runs the server for a new one.'],
};

function unauthorized(why: Refused): HttpRefusal {
  const [code, message] = REFUSALS[why];
  return new HttpRefusal(code, message, { 'www-authenticate': 'Bearer realm="vramkeeper"' });
}

function bearerKey(header: string | undefined): string | undefined {
  return /^Bearer +(.+)$/i.exec(header ?? '')?.[1];
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

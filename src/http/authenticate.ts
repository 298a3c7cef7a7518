/** Who asks: the client that an API key stands for, or where there are no keys whoever the caller says it is. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { JobPriority } from '../domain/job.ts';
import type { Principal } from '../domain/principal.ts';
import { HttpRefusal } from './refusal.ts';

/** Structurally an entry of `keys` in the configuration. */
export interface ApiKey {
  /** The client that the key stands for. */
  readonly name: string;
  /** At least `SHORTEST_KEY` characters. */
  readonly key: string;
  readonly admin?: boolean;
  readonly maxPriority?: JobPriority;
}

export const SHORTEST_KEY = 16;
export const ANONYMOUS = 'anonymous';

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
  readonly #keys: readonly { readonly digest: Buffer; readonly principal: Principal }[];

  /** Without keys, which is only where nobody but programs of this machine can connect, everybody is an administrator. */
  constructor(keys: readonly ApiKey[]) {
    this.#keys = keys.map(({ name, key, admin = false, maxPriority = 'HIGH' }) => ({
      digest: digestOf(key),
      principal: { client: name, admin, maxPriority },
    }));
  }

  /** @throws HttpRefusal UNAUTHORIZED, BAD_REQUEST */
  principal({ key, client }: Credentials): Principal {
    if (this.#keys.length > 0) {
      if (key === undefined) throw unauthorized('This server needs an API key.');
      return this.#principalOf(key);
    }
    // Client libraries always send some key; it says nothing here.
    const name = client?.trim() || ANONYMOUS;
    if (!/^[\x20-\x7e]{1,64}$/.test(name)) {
      throw new HttpRefusal('BAD_REQUEST', 'X-Client must be 1 to 64 printable ASCII characters.');
    }
    return { client: name, admin: true, maxPriority: 'HIGH' };
  }

  /** Every key is compared, each in constant time, so that the time taken tells nothing. */
  #principalOf(key: string): Principal {
    const digest = digestOf(key);
    let found: Principal | null = null;
    for (const known of this.#keys) if (timingSafeEqual(known.digest, digest)) found = known.principal;
    if (!found) throw unauthorized('This API key is not known here.');
    return found;
  }
}

function unauthorized(why: string): HttpRefusal {
  const how = 'Send one of the configured `keys` as `Authorization: Bearer KEY` or `X-API-Key: KEY`.';
  return new HttpRefusal('UNAUTHORIZED', `${why} ${how}`, {
    'www-authenticate': 'Bearer realm="vramkeeper"',
  });
}

function bearerKey(header: string | undefined): string | undefined {
  return /^Bearer +(.+)$/i.exec(header ?? '')?.[1];
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

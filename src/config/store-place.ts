/** Where a store on PostgreSQL is: the URL of a database, and a schema in it. */
import { z } from 'zod';
import { InvalidSettingError, messageOf } from '../domain/errors.ts';

export interface StorePlace {
  /** For the driver. */
  readonly url: string;
  readonly schema: string;
  /** What people may see of it. */
  readonly shown: string;
  /** Whether what is said to it leaves the machine. */
  readonly isElsewhere: boolean;
  /** As the URL says it; null where it does not. */
  readonly sslMode: string | null;
}

const SCHEMES = ['postgres:', 'postgresql:'];
const DEFAULT_SCHEMA = 'public';
/** Such names mean the same with quotes and without, but for words of SQL. Those that begin with pg_ are PostgreSQL's own. */
const PLAIN_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
/** As for a socket that is named behind the question mark. */
const WITHOUT_HOST = /^(\w+:\/\/[^/?#]*@)\//;
const AT_HOME = new Set(['', 'localhost', '127.0.0.1', '::1', '[::1]']);

/** @throws InvalidSettingError */
export function placeOf(text: string): StorePlace {
  let url: URL;
  try {
    url = new URL(text.replace(WITHOUT_HOST, '$1localhost/'));
  } catch (cause) {
    throw new InvalidSettingError(`is no URL. ${EXAMPLE}`, { cause });
  }
  if (!SCHEMES.includes(url.protocol)) throw new InvalidSettingError(`is no URL of PostgreSQL. ${EXAMPLE}`);
  if (url.pathname.length < 2) throw new InvalidSettingError(`names no database. ${EXAMPLE}`);
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!PLAIN_NAME.test(schema))
    throw new InvalidSettingError(
      `names the schema ${JSON.stringify(schema)}: use small letters, digits and _ alone, with no digit and no pg_ first.`,
    );
  url.searchParams.delete('schema');
  const host = url.searchParams.get('host') ?? url.hostname;
  return {
    url: url.href,
    schema,
    shown: `${url.protocol}//${host}${url.port && `:${url.port}`}${url.pathname} (schema ${schema})`,
    isElsewhere: !AT_HOME.has(host) && !host.startsWith('/'),
    sslMode: url.searchParams.get('sslmode'),
  };
}

/** Whatever is wrong with it, the message does not repeat it: it may hold a password. */
export const storePlace = z.unknown().transform((input, context): StorePlace => {
  try {
    if (typeof input === 'string') return placeOf(input.trim());
    context.addIssue({ code: 'custom', message: `is no text. ${EXAMPLE}` });
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
  return z.NEVER;
});

const EXAMPLE = 'Write postgres://USER:PASSWORD@HOST:5432/DATABASE, with ?schema=NAME if it is not public.';

/** Keys and headers that are sent to a backend. None of them is ever shown: not in a message, not in a log, not by the API. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { InvalidSettingError, messageOf } from '../domain/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a secret comes from. */
export type Secret =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

const FORMS = 'Write the text itself, { env: NAME } or { file: PATH }';
/** What HTTP can carry in a header. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]+$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** They belong to the connection, and vramkeeper sets them itself. */
const OWN_HEADERS = [
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export const secret = z.unknown().transform((input, context): Secret => {
  if (typeof input === 'string' && SENDABLE.test(input.trim())) return { kind: 'text', value: input.trim() };
  if (input !== null && typeof input === 'object' && Object.keys(input).length === 1) {
    if ('env' in input && typeof input.env === 'string') return { kind: 'env', name: input.env };
    if ('file' in input && typeof input.file === 'string') return { kind: 'file', path: input.file };
  }
  context.addIssue({ code: 'custom', message: `is nothing that can be sent. ${FORMS}.` });
  return z.NEVER;
});

export const headers = z
  .record(z.string(), secret, { error: () => 'is not a group of headers, each with a name and a value.' })
  .superRefine((value, context) => {
    const seen = new Set<string>();
    for (const name of Object.keys(value)) {
      const refuse = (message: string) => context.addIssue({ code: 'custom', path: [name], message });
      const plain = name.toLowerCase();
      if (!HEADER_NAME.test(name)) refuse('is not the name of a header.');
      else if (OWN_HEADERS.includes(plain)) refuse('is not yours to set: it belongs to the connection.');
      else if (seen.has(plain)) refuse('is there twice: upper and lower case are the same.');
      seen.add(plain);
    }
  });

/** A secret whose file is relative to the settings that name it. */
export function withAbsoluteFile(source: Secret, absolute: (path: string) => string): Secret {
  return source.kind === 'file' ? { ...source, path: absolute(source.path) } : source;
}

export type KeyHeader = (key: string) => [name: string, value: string];

const bearer: KeyHeader = (key) => ['authorization', `Bearer ${key}`];

interface Credentials {
  readonly apiKey?: Secret | undefined;
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
}

/**
 * The headers to send, names in lower case.
 * @param of whose they are, for the message
 * @param asHeader how a key is sent
 * @throws InvalidSettingError for a variable that is not set, and a file that cannot be read
 */
export async function headersOf(
  { apiKey, headers: named = {} }: Credentials,
  of: string,
  env: Environment,
  asHeader: KeyHeader = bearer,
): Promise<Readonly<Record<string, string>>> {
  const read = async (source: Secret, setting: string) => {
    try {
      return await readSecret(source, env);
    } catch (error) {
      throw new InvalidSettingError(`${of}: ${setting}: ${messageOf(error)}`, { cause: error });
    }
  };
  const found: [string, string][] = [];
  for (const [name, source] of Object.entries(named))
    found.push([name.toLowerCase(), await read(source, `headers.${name}`)]);
  if (apiKey) found.push(asHeader(await read(apiKey, 'apiKey')));
  return Object.fromEntries(found);
}

/** @throws Error for a variable that is not set, a file that cannot be read, and what no header can carry */
export async function readSecret(source: Secret, env: Environment): Promise<string> {
  const value = await textOf(source, env);
  if (SENDABLE.test(value)) return value;
  throw new Error(
    `what ${sourceOf(source)} holds cannot be sent in a header. It has to be one line of text.`,
  );
}

async function textOf(source: Secret, env: Environment): Promise<string> {
  switch (source.kind) {
    case 'text':
      return source.value;
    case 'env': {
      const value = env[source.name]?.trim();
      if (!value) throw new Error(`${sourceOf(source)} is not set.`);
      return value;
    }
    case 'file': {
      const value = await readFile(source.path, 'utf8').then((text) => text.trim());
      if (value === '') throw new Error(`${sourceOf(source)} is empty.`);
      return value;
    }
    default:
      return source satisfies never;
  }
}

function sourceOf(source: Secret): string {
  switch (source.kind) {
    case 'text':
      return 'the setting';
    case 'env':
      return `the environment variable ${source.name}`;
    case 'file':
      return `the file ${source.path}`;
    default:
      return source satisfies never;
  }
}

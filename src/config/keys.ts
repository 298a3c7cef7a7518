/** The keys of clients: themselves, their digests, or where to find them. A key is never shown, not even when it is wrong. */
import { z } from 'zod';
import { DIGEST_PREFIX, digestIn, isMistyped } from '../domain/api-key.ts';
import { InvalidSettingError, messageOf } from '../domain/errors.ts';
import { JOB_PRIORITIES } from '../domain/job.ts';
import { append } from '../domain/long-lists.ts';
import { SCOPES, type Scope } from '../domain/scopes.ts';
import type { AnonymousConfig, KeyConfig } from './config.ts';
import { readSecret, type Secret } from './secrets.ts';
import { oneOf, shown, text } from './values.ts';

/** Characters of a key. */
const SHORTEST_KEY = 16;

const secretKey = z
  .string({ error: `a key is text of at least ${SHORTEST_KEY} characters.` })
  .trim()
  .superRefine((key, context) => {
    const problem = keyProblem(key);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

function keyProblem(key: string): string | null {
  if (key.startsWith(DIGEST_PREFIX))
    return /^sha256:[0-9a-f]{64}$/i.test(key)
      ? null
      : 'the digest is incomplete: write sha256: and 64 hexadecimal digits, as `vramkeeper key create` prints them.';
  if (key.length < SHORTEST_KEY)
    return `the key is too short: use at least ${SHORTEST_KEY} characters that nobody can guess.`;
  if (!/^[\x20-\x7e]*$/.test(key))
    return 'the key cannot be sent in a header: use letters, digits and signs of ASCII, on one line.';
  return isMistyped(key)
    ? 'the key is incomplete or mistyped: its last characters do not fit the others.'
    : null;
}

/** ISO 8601; a day begins at midnight UTC. */
const instant = z
  .string({ error: (issue) => wrongInstant(issue.input) })
  .trim()
  .refine((value) => /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value)), {
    error: (issue) => wrongInstant(issue.input),
  })
  .transform((value) => Date.parse(value));

function wrongInstant(input: unknown): string {
  return `${shown(input)} is not an instant. Write 2027-01-31 or 2027-01-31T18:00:00Z.`;
}

/** As people write it: `read-all`, `READ_ALL`. */
const scope = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim().toUpperCase().replace(/[- ]/g, '_') : value),
  z.enum(SCOPES, {
    error: (issue) =>
      `${shown(issue.input)} is no scope. There are ${SCOPES.map((each) => each.toLowerCase().replaceAll('_', '-')).join(', ')}.`,
  }),
);

const scopes = z.array(scope, {
  error: (issue) => `${shown(issue.input)} is not a list of scopes, such as [submit, read-own].`,
});

const admin = z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` });
const maxPriority = z.preprocess(
  (value) => (typeof value === 'string' ? value.toUpperCase() : value),
  oneOf(JOB_PRIORITIES),
);

const source = {
  key: secretKey.optional(),
  keyEnv: text('the name of an environment variable').optional(),
  keyFile: text('a file').optional(),
};

/** What a client may, and by which keys it is known. */
export const rightsShape = {
  admin: admin.optional(),
  scopes: scopes.optional(),
  maxPriority: maxPriority.optional(),
};

export interface KeySource {
  readonly key?: string | undefined;
  readonly keyEnv?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface RightsSettings {
  readonly admin?: boolean | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  readonly maxPriority?: KeyConfig['maxPriority'] | undefined;
}

type Refine = (entry: KeySource & RightsSettings, context: z.RefinementCtx) => void;

const SOURCES = ['key', 'keyEnv', 'keyFile'] as const;

export const oneSource: Refine = (entry, context) => {
  const given = SOURCES.filter((name) => entry[name] !== undefined);
  if (given.length === 1) return;
  const message =
    given.length === 0
      ? 'is missing. Write the key, its sha256:… digest, or keyEnv or keyFile that say where it is.'
      : `stands beside ${given[1]}: write one of them.`;
  context.addIssue({ code: 'custom', path: [given[0] ?? 'key'], message });
};

export const oneKindOfRights: Refine = (entry, context) => {
  if (entry.admin !== undefined && entry.scopes !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['admin'],
      message: 'stands beside scopes. `admin: true` is short for `scopes: [admin]`: write one of them.',
    });
};

const clientName = text('the name of a client').regex(/^[\x20-\x7e]{1,64}$/, {
  error: (issue) => `${shown(issue.input)} is not the name of a client: use 1 to 64 characters of ASCII.`,
});

const keyEntry = z
  .strictObject({ name: clientName, ...source, expires: instant.optional(), ...rightsShape })
  .superRefine(oneSource)
  .superRefine(oneKindOfRights);

/** Of a client that is named around it: a further one, so that a new key can be handed out before the old one goes. */
const keyOfClient = z.strictObject({ ...source, expires: instant.optional() }).superRefine(oneSource);

export const clientKeys = {
  ...source,
  expires: instant.optional(),
  keys: z
    .array(keyOfClient, {
      error: (issue) => `${shown(issue.input)} is not a list of keys, such as [{ key: … }].`,
    })
    .optional(),
};

export const keys = z.array(keyEntry, {
  error: (issue) =>
    `${Array.isArray(issue.input) ? 'this' : shown(issue.input)} is not a list of keys, each with a name and a key.`,
});

/** What callers without a key may do. */
export const anonymous = z.strictObject({ scopes, maxPriority: maxPriority.optional() });

export function anonymousConfig(settings: z.output<typeof anonymous>): AnonymousConfig {
  return { scopes: settings.scopes, maxPriority: settings.maxPriority ?? 'HIGH' };
}

export type KeyEntry = z.output<typeof keyEntry>;
export type ClientKeys = KeySource &
  RightsSettings & {
    readonly expires?: number | undefined;
    readonly keys?: readonly (KeySource & { readonly expires?: number | undefined })[] | undefined;
  };

interface NamedKey {
  /** The place of it in the settings, for a message. */
  readonly place: string;
  readonly name: string;
  readonly source: KeySource;
  readonly expires: number | undefined;
  readonly rights: RightsSettings;
}

/**
 * Every key of the settings, read from where it is.
 * @throws InvalidSettingError that lists every problem, one a line
 */
export async function keyConfigs(
  settings: {
    readonly keys?: readonly KeyEntry[] | undefined;
    readonly clients?: Readonly<Record<string, ClientKeys>> | undefined;
  },
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly KeyConfig[]> {
  const named = [
    ...(settings.keys ?? []).map(listed),
    ...Object.entries(settings.clients ?? {}).flatMap(ofClient),
  ];
  const problems: string[] = [];
  const found: KeyConfig[] = [];
  const owners = new Map<string, string>();
  append(problems, wrongNames(named));
  for (const each of named) {
    try {
      const key = await readKey(each, env);
      const digest = digestIn(key.key).toString('hex');
      const owner = owners.get(digest);
      if (owner !== undefined)
        throw new Error(`is the key of ${shown(owner)} too. Give each entry a key of its own.`);
      owners.set(digest, key.name);
      found.push(key);
    } catch (error) {
      problems.push(`${each.place}.${sourceOf(each.source)}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw new InvalidSettingError(problems.join('\n'));
  return found;
}

function listed({ name, expires, admin, scopes, maxPriority, ...source }: KeyEntry, index: number): NamedKey {
  return { place: `keys[${index}]`, name, source, expires, rights: { admin, scopes, maxPriority } };
}

function ofClient([name, entry]: readonly [string, ClientKeys]): readonly NamedKey[] {
  const { key, keyEnv, keyFile, expires, keys = [], admin, scopes, maxPriority } = entry;
  const own = key ?? keyEnv ?? keyFile;
  const rights = { admin, scopes, maxPriority };
  return [
    ...(own === undefined
      ? []
      : [{ place: `clients.${name}`, name, source: { key, keyEnv, keyFile }, expires, rights }]),
    ...keys.map(({ expires: until, ...source }, index) => ({
      place: `clients.${name}.keys[${index}]`,
      name,
      source,
      expires: until,
      rights,
    })),
  ];
}

async function readKey(
  { name, source, expires, rights }: NamedKey,
  env: Readonly<Record<string, string | undefined>>,
): Promise<KeyConfig> {
  const key = source.key ?? (await readSecret(secretOf(source), env));
  const problem = keyProblem(key);
  if (problem) throw new Error(problem);
  return {
    name,
    key,
    admin: rights.admin ?? false,
    ...(rights.scopes && { scopes: rights.scopes }),
    maxPriority: rights.maxPriority ?? 'HIGH',
    ...(expires !== undefined && { expiresAt: expires }),
  };
}

function sourceOf(source: KeySource): string {
  return SOURCES.find((name) => source[name] !== undefined) ?? 'key';
}

function secretOf({ keyEnv, keyFile }: KeySource): Secret {
  if (keyEnv !== undefined) return { kind: 'env', name: keyEnv };
  return { kind: 'file', path: keyFile ?? '' };
}

/** A name that differs in case alone would be another client, with jobs of its own, and be taken for the same by people. */
function wrongNames(named: readonly NamedKey[]): readonly string[] {
  const spellings = new Map<string, string>();
  return named.flatMap(({ name, place }) => {
    const spelled = spellings.get(name.toLowerCase()) ?? name;
    spellings.set(name.toLowerCase(), spelled);
    if (spelled === name) return [];
    return [
      `${place}.name: ${shown(name)} and ${shown(spelled)} differ in case alone. Spell each client in one way.`,
    ];
  });
}

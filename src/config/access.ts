/** Who may use the server, and from where: keys, names in the Host header, pages of other sites. */
import { z } from 'zod';
import { InvalidSettingError } from '../domain/errors.ts';
import { JOB_PRIORITIES } from '../domain/job.ts';
import type { Config } from './config.ts';
import { oneOf, shown, text } from './values.ts';

/** Characters of a key. */
const SHORTEST_KEY = 16;

/** Never shown, not even when it is wrong. */
const secretKey = z
  .string({ error: `a key is text of at least ${SHORTEST_KEY} characters.` })
  .trim()
  .min(SHORTEST_KEY, {
    error: `the key is too short: use at least ${SHORTEST_KEY} characters that nobody can guess.`,
  })
  .regex(/^[\x20-\x7e]*$/, {
    error: 'the key cannot be sent in a header: use letters, digits and signs of ASCII, on one line.',
  });

const key = z.strictObject({
  name: text('the name of a client').regex(/^[\x20-\x7e]{1,64}$/, {
    error: (issue) => `${shown(issue.input)} is not the name of a client: use 1 to 64 characters of ASCII.`,
  }),
  key: secretKey,
  admin: z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` }).optional(),
  maxPriority: z
    .preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), oneOf(JOB_PRIORITIES))
    .optional(),
});

/**
 * A client may have several keys, so that a new one can be handed out before the old one goes. A name that differs in case alone would be
 * another client, with jobs of its own, and be taken for the same by people.
 */
function distinctKeys(keys: readonly z.output<typeof key>[], context: z.RefinementCtx): void {
  const names = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const [position, { name, key }] of keys.entries()) {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [position, field], message });
    const plain = name.toLowerCase();
    const spelled = names.get(plain) ?? name;
    if (spelled !== name)
      refuse(
        'name',
        `${shown(name)} and ${shown(spelled)} differ in case alone. Spell each client in one way.`,
      );
    names.set(plain, spelled);
    const owner = owners.get(key);
    if (owner !== undefined)
      refuse('key', `is the key of ${shown(owner)} too. Give each client a key of its own.`);
    owners.set(key, name);
  }
}

export const keys = z
  .array(key, {
    error: (issue) =>
      `${Array.isArray(issue.input) ? 'this' : shown(issue.input)} is not a list of keys, each with a name and a key.`,
  })
  .superRefine(distinctKeys);

/** Stands for all of them. */
export const ANY = '*';

/** Names as a Host header has them, without a port, in lower case. */
export const hosts = z.array(
  z
    .string({ error: (issue) => `${shown(issue.input)} is not the name of a host.` })
    .trim()
    .toLowerCase()
    .transform((name) => name.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, ''))
    .refine(
      (name) =>
        name === ANY ||
        /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) ||
        /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/.test(name),
      {
        error: (issue) =>
          `${shown(issue.input)} is not the name of a host. Write it without scheme and port, such as vramkeeper or host.docker.internal.`,
      },
    ),
  {
    error: (issue) =>
      `${shown(issue.input)} is not a list of names of hosts, such as [host.docker.internal].`,
  },
);

/** Origins as browsers send them. */
export const origins = z.array(
  z
    .string({ error: (issue) => `${shown(issue.input)} is not an origin.` })
    .trim()
    .transform((text, context): string => {
      if (text === ANY) return text;
      const url = URL.canParse(text) ? new URL(text) : null;
      if (
        url &&
        url.host !== '' &&
        url.username === '' &&
        url.pathname.length <= 1 &&
        url.search === '' &&
        url.hash === ''
      )
        return `${url.protocol}//${url.host}`;
      context.addIssue({
        code: 'custom',
        message: `${shown(text)} is not an origin. Write scheme and host alone, such as https://app.example or http://localhost:3000.`,
      });
      return z.NEVER;
    }),
  { error: (issue) => `${shown(issue.input)} is not a list of origins, such as [https://app.example].` },
);

/**
 * A page can make a name of its own point to this machine, and any browser here opens it: then a key must stop it.
 * @throws InvalidSettingError
 */
export function checkAny(
  { hosts, keys, origins }: Pick<Config, 'hosts' | 'keys' | 'origins'>,
  file: string,
): void {
  if (keys.length > 0) return;
  for (const [name, list] of Object.entries({ hosts, origins })) {
    if (!list.includes(ANY)) continue;
    throw new InvalidSettingError(
      `${name}: "${ANY}" lets every web page use this server, so keys are needed. Add keys to ${file}, or list what you mean.`,
    );
  }
}

/** From where the server may be used: names in the Host header, pages of other sites. */
import { z } from 'zod';
import { InvalidSettingError } from '../domain/errors.ts';
import type { Config } from './config.ts';
import { shown } from './values.ts';

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

/** Environments of supervised processes: what is let through, and the marks by which they are known again. */
import { createHash } from 'node:crypto';

/** Which supervised process this is: in its environment and in that of all its children. */
export const CELL_VARIABLE = 'VRAMKEEPER_CELL';
/** Whose it is: the real path of the data folder. */
export const HOME_VARIABLE = 'VRAMKEEPER_HOME';

/** What any program may need from its surroundings and what changes nothing about devices or models. */
export const BASE_VARIABLES: readonly string[] = [
  'PATH',
  'LD_LIBRARY_PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
];

/** The named variables that `from` has, and no others. */
export function allowListedEnv(
  names: readonly string[],
  from: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const name of names) {
    const value = from[name];
    if (value !== undefined) taken[name] = value;
  }
  return taken;
}

/** What the process will find in its environment: the caller's variables and our marks, which win. */
export function markedEnvironment(
  env: Readonly<Record<string, string>>,
  uuid: string,
  home: string,
): Record<string, string> {
  return { ...env, [CELL_VARIABLE]: uuid, [HOME_VARIABLE]: home };
}

export function withoutMarks(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { [CELL_VARIABLE]: _cell, [HOME_VARIABLE]: _home, ...rest } = environment;
  return rest;
}

/** The same for the same variables in whatever order; a record keeps this instead of values that may be secret. */
export function environmentDigest(env: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(env).sort()) hash.update(`${name}=${env[name]}\0`);
  return hash.digest('hex');
}

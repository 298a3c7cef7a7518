/** What PostgreSQL, or the way to it, says is wrong, as errors that say what to do. */
import { messageOf, StoreFailedError, StoreUnwritableError, VramkeeperError } from '../../domain/errors.ts';
import { WireError } from './wire.ts';

const RIGHTS =
  'Grant the user CREATE and USAGE on the schema, or CREATE on the database where the schema is to be made.';

/** SQLSTATEs that a person can do something about (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const ADVICE: Readonly<Record<string, string>> = {
  '25006': 'It is read-only: name the primary server, and not a replica.',
  '28000': 'Check the user in the URL, and pg_hba.conf there.',
  '28P01': 'Check the password in the URL.',
  '3D000': 'Create the database, or name another one in the URL.',
  // A schema that the user may not look into is none to it.
  '3F000': RIGHTS,
  '42501': RIGHTS,
  '53100': 'Its disk is full: free some space there.',
  '53200': 'It has no memory left: look at its machine.',
  '53300': 'It has no connections left: raise max_connections there.',
};

/** @param state SQLSTATE */
export function adviceFor(state: string | null): string | undefined {
  return state === null ? undefined : ADVICE[state];
}

/** @param shown where it is, for people */
export function troubleOf(error: unknown, shown: string): VramkeeperError {
  if (error instanceof VramkeeperError) return error;
  if (!(error instanceof WireError))
    return new StoreFailedError(`The store could not do this: ${messageOf(error)}.`, { cause: error });
  const advice =
    adviceFor(error.state) ??
    (error.isLost ? 'Check that it runs and can be reached: it is tried again.' : undefined);
  if (advice === undefined)
    return new StoreFailedError(`The store could not do this: ${error.message}.`, { cause: error });
  return new StoreUnwritableError(`PostgreSQL at ${shown} does not work: ${error.message}. ${advice}`, {
    cause: error,
  });
}

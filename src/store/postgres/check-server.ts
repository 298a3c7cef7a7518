/** What a server has to be for a store to be on it. */

import type { StorePlace } from '../../config/store-place.ts';
import { StoreUnusableError } from '../../domain/errors.ts';

/** As `server_version_num` has it. */
const OLDEST = 150_000;

/** @param facts what `QUESTION` is answered with */
export const QUESTION = `SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
  current_setting('server_encoding'), to_regnamespace(?) IS NOT NULL`;

/** @throws StoreUnusableError */
export function checkServer(
  { shown }: StorePlace,
  facts: readonly unknown[],
): { readonly hasSchema: boolean } {
  const [number, version, encoding, hasSchema] = facts;
  if (Number(number) < OLDEST)
    throw new StoreUnusableError(`PostgreSQL at ${shown} is version ${version}. Use 15 or a newer one.`);
  if (encoding !== 'UTF8')
    throw new StoreUnusableError(
      `The database at ${shown} is encoded in ${encoding}. Use one in UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
    );
  return { hasSchema: hasSchema === true };
}

/** What is said to another machine is encrypted, or somebody has said that it need not be. @throws StoreUnusableError */
export function checkEncryption({ shown, isElsewhere, sslMode }: StorePlace): void {
  if (!isElsewhere || (sslMode !== null && sslMode !== 'prefer' && sslMode !== 'allow')) return;
  throw new StoreUnusableError(
    `PostgreSQL at ${shown} is on another machine, and the URL does not ask for TLS. Add sslmode=verify-full, ` +
      'with sslrootcert=FILE where its certificate is of your own. In a network that you trust, sslmode=disable says so.',
  );
}

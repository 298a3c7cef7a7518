/** A look at the place of a store, for people who are about to use it: nothing is changed there. */
import pg from 'pg';
import type { StorePlace } from '../../config/store-place.ts';
import { messageOf } from '../../domain/errors.ts';
import { checkEncryption, checkServer, QUESTION } from './check-server.ts';
import { heldLock } from './owner.ts';
import { adviceFor } from './trouble.ts';

export interface StoreLook {
  /** What keeps a server from working there; null where nothing does. */
  readonly problem: string | null;
  /** What a person should know. */
  readonly warnings: readonly string[];
  /** Of PostgreSQL, where it answered. */
  readonly version: string | null;
}

const WITHIN_MS = 5_000;
/** Servers keep their own time; who reads times elsewhere sees the database's. */
const WORTH_SAYING_MS = 2_000;

interface Facts {
  readonly isReadOnly: boolean;
  readonly mayUse: boolean;
  readonly isEncrypted: boolean;
  readonly aheadMs: number;
  readonly replicas: number;
  readonly isHeld: boolean;
}

/** @param now epoch milliseconds, of this machine */
export async function lookAtStore(place: StorePlace, now: () => number): Promise<StoreLook> {
  const client = new pg.Client({
    connectionString: place.url,
    connectionTimeoutMillis: WITHIN_MS,
    query_timeout: WITHIN_MS,
    application_name: 'vramkeeper doctor',
  });
  client.on('error', () => {});
  let version: string | null = null;
  try {
    checkEncryption(place);
    await client.connect();
    const ask = async (text: string, values: readonly unknown[] = []) =>
      (await client.query({ text, values: [...values], rowMode: 'array' })).rows[0] as unknown[];
    const server = await ask(QUESTION.replace('?', '$1'), [place.schema]);
    version = String(server[1]);
    const { hasSchema } = checkServer(place, server);
    const [isReadOnly, mayUse, isEncrypted, millis, replicas, isHeld] = await ask(
      `SELECT pg_is_in_recovery(),
         ${hasSchema ? `has_schema_privilege($1, 'CREATE') AND has_schema_privilege($1, 'USAGE')` : `has_database_privilege(current_database(), 'CREATE') AND $1::text IS NOT NULL`},
         (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), (extract(epoch FROM clock_timestamp()) * 1000)::float8,
         (SELECT count(*)::integer FROM pg_stat_replication WHERE sync_state = 'async'), EXISTS (${heldLock(place)})`,
      [place.schema],
    );
    const facts = {
      isReadOnly,
      mayUse,
      isEncrypted,
      aheadMs: Number(millis) - now(),
      replicas,
      isHeld,
    } as Facts;
    return { problem: problemOf(place, facts), warnings: warningsOf(place, facts), version };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    const said = messageOf(error);
    const problem = said.includes(place.shown)
      ? said
      : `PostgreSQL at ${place.shown} does not work: ${said}. ${adviceFor(code) ?? 'Check that it runs and can be reached.'}`;
    return { problem, warnings: [], version };
  } finally {
    await client.end().catch(() => {});
  }
}

function problemOf({ shown, schema }: StorePlace, { isReadOnly, mayUse }: Facts): string | null {
  if (isReadOnly) return `PostgreSQL at ${shown} is a replica and read-only: name the primary server.`;
  if (mayUse) return null;
  return `The user may not work in ${shown}: GRANT CREATE, USAGE ON SCHEMA "${schema}", or CREATE on the database where it is to be made.`;
}

function warningsOf({ shown, isElsewhere }: StorePlace, facts: Facts): readonly string[] {
  const { isEncrypted, aheadMs, replicas, isHeld } = facts;
  return [
    ...(isElsewhere && !isEncrypted
      ? ['what is said to the database goes over the network in plain text: sslmode=verify-full encrypts it.']
      : []),
    ...(Math.abs(aheadMs) > WORTH_SAYING_MS
      ? [
          `its clock is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
        ]
      : []),
    ...(replicas > 0
      ? [
          `${replicas} of its replicas are asynchronous: a failover to one loses what was acknowledged last (synchronous_standby_names).`,
        ]
      : []),
    ...(isHeld ? [`${shown} is in use by a server that runs now; a second one needs another schema.`] : []),
  ];
}

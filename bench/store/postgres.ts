/**
 * The store on PostgreSQL: what it takes a second beside plain durable inserts, and what each operation reads when a million jobs wait. A table that is read from
 * end to end by one, or an index that is walked for its every row, shows in the counters of PostgreSQL itself.
 */
import pg from 'pg';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { placeOf, type StorePlace } from '../../src/config/store-place.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Store } from '../../src/domain/store.ts';
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { benchJob, claimOf, live, submissionOf } from './lives.ts';

type Print = (line: string) => void;

const RUN_MS = 4_000;
const INSERTERS = 16;
const CALLERS = 64;
const USAGE =
  'npm run bench -- postgres URL [JOBS]: the URL of a PostgreSQL, with ?schema=NAME of a schema that may be dropped';

export async function run(print: Print, [url, jobs = '1000000']: readonly string[] = []): Promise<void> {
  if (url === undefined) return print(USAGE);
  const place = placeOf(url);
  const admin = new pg.Client(place.url);
  await admin.connect();
  try {
    await admin.query(`DROP SCHEMA IF EXISTS ${place.schema} CASCADE`);
    await compareRates(print, place);
    await fill(admin, place, Number(jobs));
    await readMany(print, admin, place, Number(jobs));
  } finally {
    await admin.end();
  }
}

async function open(place: StorePlace): Promise<Store> {
  const serverId = newId('srv', systemClock, systemRandom);
  const store = createPostgresStore({ place, clock: systemClock, serverId });
  await store.start();
  return store;
}

/** How often `work` is done in a second, by so many at once. */
async function rateOf(callers: number, work: (caller: number) => Promise<unknown>): Promise<number> {
  const until = performance.now() + RUN_MS;
  let done = 0;
  const caller = async (_: unknown, number: number) => {
    for (; performance.now() < until; done += 1) await work(number);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (done * 1_000) / RUN_MS;
}

async function insertsPerSecond(place: StorePlace): Promise<number> {
  const clients = Array.from({ length: INSERTERS }, () => new pg.Client(place.url));
  await Promise.all(clients.map((client) => client.connect()));
  const table = `${place.schema}.bench_raw`;
  await clients[0]?.query(`CREATE TABLE IF NOT EXISTS ${table} (id bigserial PRIMARY KEY, body text)`);
  const insert = { name: 'raw', text: `INSERT INTO ${table} (body) VALUES ($1)`, values: ['x'.repeat(200)] };
  const rate = await rateOf(INSERTERS, async (number) => clients[number]?.query(insert));
  await Promise.all(clients.map((client) => client.end()));
  return rate;
}

async function compareRates(print: Print, place: StorePlace): Promise<void> {
  const store = await open(place);
  const before = await insertsPerSecond(place);
  const submits = await rateOf(CALLERS, () => store.submit(submissionOf([benchJob('submits')])));
  const lives = await rateOf(CALLERS, (caller) => live(store, `client-${caller % 4}`));
  const inserts = (before + (await insertsPerSecond(place))) / 2;
  await store.stop();
  const line = (what: string, rate: number) =>
    print(`${what.padEnd(44)} ${Math.round(rate)}/s, ${(rate / inserts).toFixed(2)} of the inserts`);
  line(`durable inserts of ${INSERTERS} clients`, inserts);
  line(`submits of ${CALLERS} callers`, submits);
  line(`whole lives of ${CALLERS} callers`, lives);
}

/** Waiting jobs of a hundred clients, as submissions leave them. */
async function fill(admin: pg.Client, { schema }: StorePlace, count: number): Promise<void> {
  await admin.query(`SET search_path = ${schema}`);
  await admin.query('TRUNCATE jobs, requests, results, buckets, high_marks');
  await admin.query(
    `INSERT INTO buckets (id, queue, priority, client)
     SELECT n, $1, 'NORMAL', 'client-' || n FROM generate_series(1, 100) AS n`,
    [benchJob('').queue],
  );
  await admin.query("SELECT setval(pg_get_serial_sequence('buckets', 'id'), 100)");
  await admin.query(
    `INSERT INTO jobs (sequence, id, revision, status, bucket, line, urgency, fence, failed_attempts, created_at,
       max_attempts, kind, model_name)
     SELECT n, 'job_bench' || n, n, 'PENDING', 1 + n % 100, 1 + n % 100, 2, 0, 0, 1700000000000 + n, 3, 'GENERATE', 'llama3:8b'
     FROM generate_series(1, $1::bigint) AS n`,
    [count],
  );
  await admin.query(
    `INSERT INTO requests SELECT n, '{"kind":"GENERATE","prompt":"Why?"}' FROM generate_series(1, $1::bigint) AS n`,
    [count],
  );
  await admin.query('VACUUM ANALYZE jobs');
  await admin.query('VACUUM ANALYZE requests');
}

const TIMES = 50;

async function readMany(print: Print, admin: pg.Client, place: StorePlace, count: number): Promise<void> {
  const began = performance.now();
  const store = await open(place);
  print(`start with ${count} waiting jobs: ${Math.round(performance.now() - began)} ms`);
  const claim = async (): Promise<Job> => {
    const [claimed] = await store.claim(claimOf('client-7'));
    if (!claimed) throw new Error('Nothing waits.');
    return claimed.job;
  };
  const ended = async () => {
    const { id } = await claim();
    await store.cancel(id, null);
    return id;
  };
  await measure(print, admin, 'submit', () => store.submit(submissionOf([benchJob('client-1')])));
  await measure(print, admin, 'claim', claim);
  await measure(print, admin, 'claim and return', async () => {
    const { id, fence } = await claim();
    await store.returnToQueue([{ id, fence, attempt: null, counts: false, delayMs: 0 }]);
  });
  await measure(print, admin, 'claim and cancel', ended);
  await measure(print, admin, 'claim, cancel and retry', async () => store.retry(await ended(), 100_000_000));
  await measure(print, admin, 'a whole life', () => live(store, 'client-1'));
  await measure(print, admin, 'tend', () => store.tend(7 * 86_400_000));
  await store.stop();
}

async function measure(
  print: Print,
  admin: pg.Client,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const told = async () => {
    // A connection tells what it has counted with the first commit that comes a second after it told last.
    await admin.query('SELECT pg_sleep(1.2)');
    await work();
    return counters(admin);
  };
  const before = await told();
  const times: number[] = [];
  for (let i = 1; i < TIMES; i += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  const after = await told();
  const [median = 0] = times.sort((a, b) => a - b).slice(TIMES / 2);
  const rows = Math.round((after.rows - before.rows) / TIMES);
  const whole = after.scans - before.scans;
  print(
    `${what.padEnd(24)} ${median.toFixed(1)} ms, ${rows} rows read by an index, ${whole} tables read as a whole`,
  );
}

/** Of the tables of the queue, which have rows enough for it to matter. */
async function counters(admin: pg.Client): Promise<{ readonly scans: number; readonly rows: number }> {
  const { rows } = await admin.query(
    `SELECT sum(seq_scan)::integer AS scans, sum(idx_tup_fetch)::integer AS rows FROM pg_stat_user_tables
     WHERE schemaname = current_schema() AND relname IN ('jobs', 'requests', 'results')`,
  );
  return rows[0];
}

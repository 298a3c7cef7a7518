/**
 * A server stands still, and another one takes over its data: its lock had run out, as on some volumes of the network, or somebody deleted the
 * file. When it goes on, it sees that the data are no longer its own, and ends without having recorded anything.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/clock.ts';
import { VramkeeperError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { claimOf, complete } from '../contract/store-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { randomMoment } from '../support/random-moment.ts';
import { type StoreChild, startChild } from './support/child.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const TIMES = Number(process.env.TAKE_OVERS ?? 6);
const SEED = Number(process.env.SEED ?? 515_151);
/** Of the clients in `store-process.ts`. */
const CLIENTS = ['client-0', 'client-1', 'client-2', 'client-3'];

/** What is wrong after one take-over; empty when nothing is. */
async function takeOver(dataDir: string, random: Random, preload?: string): Promise<readonly string[]> {
  const first = startChild(dataDir, 'work', preload === undefined ? {} : { preload });
  await first.line((text) => text === 'ready');
  const second = await openBeside(first, dataDir, random);
  try {
    const results = await finishAll(second);
    const before = revisionOf(dataDir);
    first.goOn();
    await eventually(() => first.hasEnded || revisionOf(dataDir) !== before);
    await first.kill();
    return [
      ...(revisionOf(dataDir) === before ? [] : ['The first server went on to write.']),
      ...(first.lines.at(-1) === 'ended DATA_DIRECTORY_IN_USE'
        ? []
        : ['The first server does not say why it ended.']),
      ...(await lost(second, first.lines, results)),
    ];
  } finally {
    await second.stop();
  }
}

/** Where the first server stands in the midst of a commit nobody can take over, until it has got on. */
async function openBeside(first: StoreChild, dataDir: string, random: Random): Promise<Store> {
  for (;;) {
    await randomMoment(random, 50, 400);
    first.standStill();
    await rm(join(dataDir, 'owner.db'), { force: true });
    try {
      return await openStore(dataDir);
    } catch (error) {
      if (!(error instanceof VramkeeperError)) throw error;
      first.goOn();
    }
  }
}

/** Does what the first server had under way, and what waits. */
async function finishAll(store: Store): Promise<ReadonlyMap<JobId, string>> {
  await store.recover();
  const results = new Map<JobId, string>();
  for (const client of CLIENTS)
    for (const { job } of await store.claim(claimOf(10_000, { client }))) {
      const text = `${job.id} under fence ${job.fence} of the second server`;
      expect(await complete(store, job, text)).toBe(true);
      results.set(job.id, text);
    }
  return results;
}

async function lost(
  store: Store,
  lines: readonly string[],
  results: ReadonlyMap<JobId, string>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const expected = new Map(results);
  const said = lines.map((line) => line.split(' '));
  for (const [what, name, ...rest] of said) {
    const id = name as JobId;
    if (what === 'completed' && expected.has(id)) wrong.push(`${id} was completed twice.`);
    if (what === 'completed') expected.set(id, rest.join(' '));
  }
  const accepted = said.flatMap(([what, id]) => (what === 'accepted' ? [id as JobId] : []));
  const jobs = await store.jobs(accepted);
  for (const [at, id] of accepted.entries())
    if (!jobs[at]) wrong.push(`${id} was accepted and is not there.`);
  for (const [id, text] of expected) {
    const parts = await store.output(id);
    if (parts?.[0]?.text !== text) wrong.push(`${id} was completed with another text.`);
  }
  return wrong;
}

function revisionOf(dataDir: string): unknown {
  const database = new DatabaseSync(join(dataDir, 'vramkeeper.db'), { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare('SELECT max(revision) AS revision FROM jobs').get()?.revision;
  } finally {
    database.close();
  }
}

it(`a server whose data were taken over ends and records nothing, ${TIMES} times (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const directory = await temporaryDirectory();
  for (let time = 0; time < TIMES; time += 1)
    expect(await takeOver(join(directory.path, 'data'), random), `take-over ${time + 1}`).toEqual([]);
  await directory.remove();
});

it('one that does not look whose the data are is found out', async () => {
  const directory = await temporaryDirectory();
  const careless = new URL('./support/careless-owner.ts', import.meta.url).href;
  const wrong = await takeOver(join(directory.path, 'data'), seededRandom(SEED), careless);
  expect(wrong).toContain('The first server went on to write.');
  await directory.remove();
});

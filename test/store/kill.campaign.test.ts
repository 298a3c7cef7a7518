/** A server that is killed again and again on the same data directory loses nothing that it has answered. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { claimOf, complete } from '../contract/store-fixtures.ts';
import { randomMoment } from '../support/random-moment.ts';
import { startChild } from './support/child.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? 424_242);
/** Of the clients in `store-process.ts`. */
const CLIENTS = ['client-0', 'client-1', 'client-2', 'client-3'];
/** The most jobs of one client that are taken over after a kill. */
const TAKEN_OVER = 25;

/** What the killed servers said, over all their lives. */
interface Said {
  readonly accepted: Set<JobId>;
  readonly fences: Map<JobId, number>;
  readonly completed: Map<JobId, string>;
}

describe(`A server killed ${KILLS} times (seed ${SEED})`, () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    directory = await temporaryDirectory();
  });
  afterAll(() => directory.remove());

  it('keeps every job and exactly one result of each', async () => {
    const random = seededRandom(SEED);
    const dataDir = join(directory.path, 'data');
    const said: Said = { accepted: new Set(), fences: new Map(), completed: new Map() };
    let late = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = startChild(dataDir, 'work');
      // Some die while they start.
      if (kill % 10 !== 9) await child.line((text) => text === 'ready');
      await randomMoment(random, 0, 400);
      await child.kill();
      for (const line of child.lines) note(said, line);
      const store = await openStore(dataDir);
      try {
        await compare(store, said);
        late += await takeOver(store, said);
      } finally {
        await store.stop();
      }
      expect(integrity(dataDir)).toBe('ok');
    }
    console.log(`${said.accepted.size} accepted and ${said.completed.size} completed over ${KILLS} kills`);
    expect(said.completed.size).toBeGreaterThan(KILLS);
    expect(late).toBeGreaterThan(KILLS / 2);
  });
});

function note({ accepted, fences, completed }: Said, line: string): void {
  const [what, id, ...rest] = line.split(' ');
  switch (what) {
    case 'accepted':
      accepted.add(id as JobId);
      return;
    case 'claimed': {
      // No fence is given out twice, in whatever life.
      expect(Number(rest[0])).toBeGreaterThan(fences.get(id as JobId) ?? 0);
      fences.set(id as JobId, Number(rest[0]));
      return;
    }
    case 'completed':
      expect(completed.has(id as JobId), `a second result of ${id} was accepted`).toBe(false);
      // What came late, of a run whose job was claimed anew meanwhile, is no result.
      expect(`fence ${/under fence (\d+)/.exec(line)?.[1]}`).toBe(`fence ${fences.get(id as JobId)}`);
      completed.set(id as JobId, rest.join(' '));
      return;
    default:
      expect(line).toBe('ready');
  }
}

/**
 * Another server takes over what the dead one held, and then the dead one's results come after all, while the same jobs run again: none of
 * them counts. Answers how many came late.
 */
async function takeOver(store: Store, { fences, completed }: Said): Promise<number> {
  await store.recover();
  let late = 0;
  for (const client of CLIENTS) {
    for (const { job } of await store.claim(claimOf(TAKEN_OVER, { client }))) {
      const before = fences.get(job.id);
      fences.set(job.id, job.fence);
      if (before !== undefined) {
        const old = { ...job, fence: before };
        expect(await complete(store, old, 'late'), `a late result of ${job.id} was accepted`).toBe(false);
        expect(
          await store.returnToQueue([
            { id: job.id, fence: before, attempt: null, counts: false, delayMs: 0 },
          ]),
        ).toEqual([]);
        late += 1;
      }
      const text = `${job.id} under fence ${job.fence} of another server`;
      expect(await complete(store, job, text)).toBe(true);
      completed.set(job.id, text);
    }
  }
  return late;
}

async function compare(store: Store, { accepted, completed }: Said): Promise<void> {
  const ids = [...accepted];
  const jobs = await store.jobs(ids);
  expect(ids.filter((_, at) => jobs[at] === null)).toEqual([]);
  const ended = [...completed];
  const outputs = await Promise.all(ended.map(([id]) => store.output(id)));
  expect(ended.filter(([, text], at) => outputs[at]?.[0]?.text !== text)).toEqual([]);
  const total = Object.values(store.counts()).reduce((sum, count) => sum + count, 0);
  expect(total).toBeGreaterThanOrEqual(accepted.size);
  expect(store.counts().COMPLETE).toBeGreaterThanOrEqual(completed.size);
}

function integrity(dataDir: string): unknown {
  const database = new DatabaseSync(join(dataDir, 'vramkeeper.db'), { readOnly: true });
  try {
    return database.prepare('PRAGMA integrity_check').get()?.integrity_check;
  } finally {
    database.close();
  }
}

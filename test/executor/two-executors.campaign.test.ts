/**
 * Two executors on one store. The first hears nothing any more of what it holds, as one whose server lost its network: its jobs are cancelled,
 * tried again and claimed by the second, and both come to an end. What the first one says then belongs to no claim, and counts for nothing.
 */
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Fenced, Store } from '../../src/domain/store.ts';
import { eventually } from '../support/eventually.ts';
import { randomMoment } from '../support/random-moment.ts';
import { ExecutorRig } from './support/rig.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 8);
const SEED = Number(process.env.SEED ?? 606_060);
const JOBS = 2;
const MOST_TOKENS = 12;

/** What is wrong after all rounds; empty when nothing is. */
async function campaign(rounds: number, wrap: (store: Store) => Store): Promise<readonly string[]> {
  const random = seededRandom(SEED);
  await using first = await ExecutorRig.start(wrap);
  await using second = await ExecutorRig.beside(first);
  await Promise.all([first.ready(), second.ready()]);
  const { store } = first;
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const tokens = 1 + Math.floor(random.next() * MOST_TOKENS);
    const jobs = await first.submit(JOBS, new Map(), tokens);
    const [runs, left] = [first.outputs.opened.length, first.left.length];
    first.claim(JOBS);
    await first.until(() => first.outputs.opened.length === runs + JOBS);
    first.isCutOff = true;
    for (const id of jobs) {
      await store.cancel(id, null);
      await store.retry(id, 100);
    }
    await randomMoment(random, 0, 500);
    second.claim(JOBS);
    await eventually(
      () => store.jobs(jobs),
      (all) => all.every((job) => job?.status === 'COMPLETE'),
    );
    await first.until(() => first.left.length === left + JOBS && first.requestsUnderWay === 0);
    first.isCutOff = false;
    wrong.push(...(await foreign(store, jobs)));
  }
  if (store.staleFences === 0) wrong.push('Nothing came late.');
  return wrong;
}

/** The jobs whose output is not that of the claim under which they ended. */
async function foreign(store: Store, ids: readonly JobId[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const job of await store.jobs(ids)) {
    if (!job) throw new Error('No job is forgotten here.');
    const attempts = new Set((await store.output(job.id))?.map(({ attempt }) => attempt));
    if (attempts.size !== 1 || !attempts.has(job.fence))
      wrong.push(`${job.id} ended under fence ${job.fence} with the output of ${[...attempts]}.`);
  }
  return wrong;
}

/** The store as it would be without fences: whatever comes counts for the claim that holds now. */
function fenceless(store: Store): Store {
  const asOfNow = async <T extends Fenced>(claimed: T): Promise<T> => ({
    ...claimed,
    fence: (await store.job(claimed.id))?.fence ?? claimed.fence,
  });
  const without: Pick<Store, 'begin' | 'finish' | 'returnToQueue'> = {
    begin: async (claims) => store.begin(await Promise.all(claims.map(asOfNow))),
    finish: async (finish) => store.finish(await asOfNow(finish)),
    returnToQueue: async (returns) => store.returnToQueue(await Promise.all(returns.map(asOfNow))),
  };
  return new Proxy(store, {
    get(target, name) {
      if (name in without) return without[name as keyof typeof without];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

it(`what comes from a claim that is over counts for nothing, ${ROUNDS} times (seed ${SEED})`, async () => {
  expect(await campaign(ROUNDS, (store) => store)).toEqual([]);
});

it('a store without fences is found out', async () => {
  expect(await campaign(ROUNDS, fenceless)).toContainEqual(expect.stringContaining('with the output of'));
});

/**
 * Runs a store until it is killed: `node store-process.ts <dataDir> <task>`. It says what was answered, a line each, at once:
 * - `idle`: nothing more than `ready`.
 * - `fill`: submits big jobs until some are refused, then tells whether counters and rows agree and what the store says of it,
 *   and, once that is over, so.
 * - `work`: submits, claims and finishes at full speed, and says `ended CODE` should the store end.
 * - `live`: holds live jobs and others, some of each waiting, QUEUED and RUNNING, and says which: `live STATUS ID` or `other STATUS ID`.
 */

import { writeSync } from 'node:fs';
import { VramkeeperError } from '../../../src/domain/errors.ts';
import type { Store } from '../../../src/domain/store.ts';
import { accept, acceptOne, allJobs, claimOf, complete, WEEK_MS } from '../../contract/store-fixtures.ts';
import { eventually } from '../../support/eventually.ts';
import { openStore } from './stores.ts';

/** Not through a stream: what was said must have left this process before it can be killed. */
function say(text: string): void {
  for (;;) {
    try {
      // Shorter than what a pipe takes as a whole or not at all.
      writeSync(1, `${text}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

async function fill(store: Store): Promise<void> {
  let refused = 0;
  const prompt = 'x'.repeat(50_000);
  while (refused < 20) {
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => acceptOne(store, { request: { kind: 'GENERATE', prompt } })),
    );
    for (const result of results) {
      if (result.status === 'fulfilled') {
        say(`accepted ${result.value.id}`);
        continue;
      }
      refused += 1;
      say(`refused ${result.reason instanceof VramkeeperError ? result.reason.code : result.reason}`);
    }
  }
  const rows = await allJobs(store);
  say(`agrees ${rows.length === store.counts().PENDING && rows.length === store.backlog.count}`);
  say(`problem ${store.writeProblem}`);
  // As the server does each second.
  const tended = () => store.tend(WEEK_MS).catch(() => {});
  await eventually(() => tended().then(() => store.writeProblem === null));
  await acceptOne(store);
  say('mended');
}

async function work(store: Store): Promise<void> {
  const caller = async (client: string) => {
    for (let turn = 0; ; turn += 1) {
      const { id } = await acceptOne(store, { client });
      say(`accepted ${id}`);
      for (const { job } of await store.claim(claimOf(1 + (turn % 2), { client }))) {
        say(`claimed ${job.id} ${job.fence}`);
        // Some are left RUNNING for the next life to find.
        if (turn % 10 === 9) continue;
        // Others are cancelled, tried again and claimed anew before this run comes to its end.
        if (turn % 10 === 1) {
          await store.cancel(job.id, null);
          await store.retry(job.id, Number.MAX_SAFE_INTEGER);
          for (const { job: again } of await store.claim(claimOf(50, { client })))
            say(`claimed ${again.id} ${again.fence}`);
        }
        const text = `${job.id} under fence ${job.fence} of process ${process.pid}`;
        if (await complete(store, job, text)) say(`completed ${job.id} ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, (_, i) => caller(`client-${i % 4}`)));
}

async function live(store: Store): Promise<void> {
  for (const [client, live] of [
    ['live', true],
    ['other', false],
  ] as const) {
    const jobs = Array.from({ length: 4 }, () => ({ client, live }));
    const [, , , delayed] = await accept(store, ...jobs);
    await store.claim(claimOf(1, { client }));
    await store.claim(claimOf(1, { client, as: 'QUEUED' }));
    const held = (await store.claim(claimOf(2, { client }))).find(({ job }) => job.id === delayed?.id);
    if (!held) throw new Error('The last one was claimed.');
    await store.returnToQueue([{ ...held.job, attempt: null, counts: false, delayMs: 3_600_000 }]);
    await acceptOne(store, { client, live });
  }
  for (const job of await allJobs(store)) say(`${job.client} ${job.status} ${job.id}`);
  say('held');
}

const [dataDir = '', task = ''] = process.argv.slice(2);
const store = await openStore(dataDir);
await store.recover();
say('ready');
if (task === 'fill') await fill(store);
if (task === 'work') {
  await work(store).catch((error) => say(`ended ${error.code}`));
  await store.stop();
}
if (task === 'live') await live(store);

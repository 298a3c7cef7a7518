/** What finished jobs leave: small parts told without the large ones, vectors in pieces, and nothing of what did not end well. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { Job, JobResult } from '../../src/domain/job.ts';
import type { Finish, Store } from '../../src/domain/store.ts';
import { vectorsOf } from '../support/vectors.ts';
import type { CurrentStore } from './store-contract.ts';
import { accept, claimOf, claimOne, HOUR_MS } from './store-fixtures.ts';

const DIMENSIONS = 256;
/** Enough for more pieces than one commit takes. */
const COUNT = 1_200;
const EMBED = { kind: 'EMBED', request: { kind: 'EMBED', input: ['a text'] } } as const;

function numbersFrom(seed: number, count: number): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: DIMENSIONS }, (_, j) => seed + i / 7 + j),
  );
}

function embedding(numbers: readonly (readonly number[])[]): JobResult {
  const usage = { promptTokens: 3, completionTokens: 0, evalDurationMs: 0, loadDurationMs: 1 };
  return { kind: 'embed', vectors: vectorsOf(numbers), usage, raw: { model: 'm' } };
}

function completed({ id, fence }: Job, result: JobResult): Finish {
  return { id, fence, kind: 'complete', result, output: [] };
}

async function vectorsOfJob(store: Store, id: JobId, from = 0, count = COUNT): Promise<unknown> {
  const vectors = await store.vectors(id, from, count);
  return vectors.map((json) => JSON.parse(Buffer.from(json).toString()));
}

export function storeResultsContract(current: CurrentStore): void {
  let store: Store;
  beforeEach(() => {
    ({ store } = current());
  });

  async function running(): Promise<Job> {
    await accept(store, EMBED);
    return (await claimOne(store)).job;
  }

  describe('results', () => {
    it('of an embedding are told by number and size, and read in parts', async () => {
      const job = await running();
      const numbers = numbersFrom(0, COUNT);
      const result = embedding(numbers);
      if (result.kind !== 'embed') throw new Error('It is one.');
      expect(result.vectors.pieces.length).toBeGreaterThan(8);
      expect(await store.finish(completed(job, result))).toBe(true);
      const { bytes } = result.vectors;
      expect(await store.endings([job.id])).toEqual([
        { kind: 'embed', usage: result.usage, count: COUNT, dimensions: DIMENSIONS, bytes },
      ]);
      const [sizes] = await store.resultSizes([job.id]);
      expect(sizes?.ending).toBeLessThan(1_000);
      expect(await vectorsOfJob(store, job.id)).toEqual(numbers);
      for (const [from, count] of [
        [0, 1],
        [COUNT - 1, 5],
        [400, 370],
        [17, 0],
        [COUNT, 1],
      ] as const) {
        expect(await vectorsOfJob(store, job.id, from, count)).toEqual(numbers.slice(from, from + count));
      }
    });

    it('are not there before the job is COMPLETE', async () => {
      const job = await running();
      expect(await vectorsOfJob(store, job.id)).toEqual([]);
      expect(await store.resultSizes([job.id, 'job_unknown' as JobId])).toEqual([null, null]);
      expect(await store.endings([job.id])).toEqual([null]);
      expect([await store.raws([job.id]), await store.texts([job.id])]).toEqual([[null], [null]]);
    });

    it('that come twice under one claim are the same as once', async () => {
      const job = await running();
      const result = embedding(numbersFrom(1, 20));
      const [first, second] = await Promise.all([
        store.finish(completed(job, result)),
        store.finish(completed(job, result)),
      ]);
      expect([first, second].filter(Boolean)).toHaveLength(1);
      expect(await vectorsOfJob(store, job.id)).toEqual(numbersFrom(1, 20));
    });

    it('of a claim that is over leave no vectors to the next', async () => {
      const job = await running();
      const long = store.finish(completed(job, embedding(numbersFrom(5, COUNT))));
      const { id, fence } = job;
      await store.returnToQueue([{ id, fence, attempt: null, counts: false, delayMs: 0 }]);
      expect(await long).toBe(false);
      const again = (await claimOne(store)).job;
      expect(await store.finish(completed(again, embedding(numbersFrom(9, 2))))).toBe(true);
      expect(await vectorsOfJob(store, id)).toEqual(numbersFrom(9, 2));
      expect(await store.finish(completed(job, embedding(numbersFrom(5, 2))))).toBe(false);
      expect(await vectorsOfJob(store, id)).toEqual(numbersFrom(9, 2));
    });

    it('of text are decoded by channel, without what earlier attempts said', async () => {
      await accept(store, {});
      const { job } = await claimOne(store);
      const output = [
        { attempt: 1, channel: 'TEXT', text: 'lost' },
        { attempt: 2, channel: 'THINKING', text: 'Hm.' },
        { attempt: 2, channel: 'TEXT', text: 'Grüße' },
      ] as const;
      const usage = { promptTokens: 1, completionTokens: 1, evalDurationMs: 1, loadDurationMs: 1 };
      const raw = { done: true, context: [1, 2, 3] };
      const result = { kind: 'text', doneReason: 'STOP', toolCalls: null, usage, raw } as const;
      await store.finish({ id: job.id, fence: job.fence, kind: 'complete', result, output });
      expect(await store.texts([job.id])).toEqual([{ TEXT: 'Grüße', THINKING: 'Hm.' }]);
      expect(await store.resultSizes([job.id])).toEqual([
        {
          ending: expect.any(Number),
          output: Buffer.byteLength(JSON.stringify(output)),
          raw: JSON.stringify(raw).length,
        },
      ]);
    });

    it('are forgotten with their job', async () => {
      const { clock } = current();
      const job = await running();
      await store.finish(completed(job, embedding(numbersFrom(1, 5))));
      clock.advance(HOUR_MS);
      await store.tend(HOUR_MS);
      expect(await store.job(job.id)).toBeNull();
      expect(await vectorsOfJob(store, job.id)).toEqual([]);
      // The next job has a sequence of its own, so it finds nothing of the one before.
      await accept(store, EMBED);
      const [next] = await store.claim(claimOf(1));
      await store.finish(completed(next?.job as Job, embedding(numbersFrom(2, 1))));
      expect(await vectorsOfJob(store, next?.job.id as JobId)).toEqual(numbersFrom(2, 1));
    });
  });
}

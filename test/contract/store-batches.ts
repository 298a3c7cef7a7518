/** Batches: lists, what is known beside their jobs, and how long they are kept. */
import { describe, expect, test } from 'vitest';
import type { BatchQuery, NewBatch } from '../../src/domain/batch.ts';
import type { BatchId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import { claimOf, complete, HOUR_MS, newJob, submission } from './store-fixtures.ts';

const id = (text: string) => `bat_${text}` as BatchId;

async function submit(store: Store, name: string, more: Partial<NewBatch> = {}, jobs = 1): Promise<void> {
  const batch = { id: id(name), name, client: 'alice', ...more };
  const outcome = await store.submit(
    submission(
      Array.from({ length: jobs }, () => newJob()),
      { batch },
    ),
  );
  if (outcome.kind !== 'accepted') throw new Error(`The batch was not accepted: ${outcome.kind}.`);
}

async function runAll(store: Store): Promise<void> {
  for (const { job } of await store.claim(claimOf(100))) await complete(store, job);
}

export function storeBatchesContract(current: CurrentStore): void {
  describe('batches', () => {
    test('have what they were submitted with, and changes of it alone', async () => {
      const { store } = current();
      const metadata = { kind: 'comparison', rows: [1, { a: null }], text: 'ä\ud83d\ude00' };
      await submit(store, '1', { kept: true, metadata });
      await submit(store, '2');
      expect(await store.batch(id('1'))).toMatchObject({ name: '1', kept: true, metadata });
      expect(await store.batch(id('2'))).toMatchObject({ name: '2', kept: false, metadata: null });
      expect(await store.updateBatch(id('1'), { kept: false })).toBe(true);
      expect(await store.batch(id('1'))).toMatchObject({ name: '1', kept: false, metadata });
      expect(await store.updateBatch(id('1'), { name: null, metadata: null })).toBe(true);
      expect(await store.batch(id('1'))).toMatchObject({ name: null, kept: false, metadata: null });
      expect(await store.updateBatch(id('3'), { kept: true })).toBe(false);
    });

    test('are listed newest first, page by page from both ends', async () => {
      const { store } = current();
      for (const name of ['1', '2', '3', '4', '5']) await submit(store, name);
      const list = async (query: Partial<BatchQuery>) => {
        const { batches, ...has } = await store.listBatches({ filter: {}, limit: 2, ...query });
        return [batches.map(({ name }) => name).join(''), has.hasPrevious, has.hasNext];
      };
      expect(await list({})).toEqual(['54', false, true]);
      expect(await list({ after: id('4') })).toEqual(['32', true, true]);
      expect(await list({ after: id('2') })).toEqual(['1', true, false]);
      expect(await list({ fromEnd: true })).toEqual(['21', true, false]);
      expect(await list({ fromEnd: true, before: id('2') })).toEqual(['43', true, true]);
      expect(await list({ before: id('3') })).toEqual(['54', false, true]);
      expect(await list({ after: id('1') })).toEqual(['', false, false]);
      expect(await list({ after: id('5'), before: id('2'), limit: 9 })).toEqual(['43', true, true]);
    });

    test('are found by their client and by the kind that their metadata name', async () => {
      const { store } = current();
      await submit(store, '1', { metadata: { kind: 'comparison' } });
      await submit(store, '2', { client: 'bob', metadata: { kind: 'comparison' } });
      await submit(store, '3', { metadata: { kind: 7 } });
      await submit(store, '4', { metadata: { kind: 'other' } });
      const names = async (filter: BatchQuery['filter']) => {
        const { batches } = await store.listBatches({ filter, limit: 10 });
        expect(await store.countBatches(filter)).toBe(batches.length);
        return batches.map(({ name }) => name).join('');
      };
      expect(await names({})).toBe('4321');
      expect(await names({ client: 'alice' })).toBe('431');
      expect(await names({ kind: 'comparison' })).toBe('21');
      expect(await names({ client: 'bob', kind: 'comparison' })).toBe('2');
      expect(await names({ kind: '7' })).toBe('');
      await store.updateBatch(id('4'), { metadata: { kind: 'comparison' } });
      expect(await names({ kind: 'comparison' })).toBe('421');
    });

    test('that are kept stay with all of their jobs, until they are not kept any more', async () => {
      const { store, clock } = current();
      await submit(store, '1', { kept: true }, 3);
      await submit(store, '2', {}, 2);
      await store.submit(submission([newJob()]));
      await runAll(store);
      await clock.advance(2 * HOUR_MS);
      await store.tend(HOUR_MS);
      expect(store.counts().COMPLETE).toBe(3);
      expect(await store.batch(id('2'))).toBeNull();
      expect(await store.batch(id('1'))).toMatchObject({ counts: { COMPLETE: 3 } });
      await store.submit(submission([newJob()]));
      await runAll(store);
      await clock.advance(2 * HOUR_MS);
      await store.tend(HOUR_MS);
      expect(store.counts().COMPLETE).toBe(3);
      await store.updateBatch(id('1'), { kept: false });
      await store.tend(HOUR_MS);
      expect(store.counts().COMPLETE).toBe(0);
      expect(await store.batch(id('1'))).toBeNull();
    });

    test('of which one job still runs stay whole', async () => {
      const { store, clock } = current();
      await submit(store, '1', {}, 2);
      const [first] = await store.claim(claimOf(1));
      if (first) await complete(store, first.job);
      await clock.advance(2 * HOUR_MS);
      await store.tend(HOUR_MS);
      expect(await store.batch(id('1'))).toMatchObject({ counts: { COMPLETE: 1, PENDING: 1 } });
      await runAll(store);
      await store.tend(HOUR_MS);
      expect(store.counts().COMPLETE).toBe(2);
      await clock.advance(2 * HOUR_MS);
      await store.tend(HOUR_MS);
      expect(store.counts().COMPLETE).toBe(0);
    });
  });
}

/** What is no JSON, no Unicode or no count is refused or mended by itself, and harms nobody who asks in the same moment. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { Finish, NewJob, Store } from '../../src/domain/store.ts';
import { nested } from '../support/nested.ts';
import type { CurrentStore } from './store-contract.ts';
import {
  accept,
  acceptOne,
  allJobs,
  blobOf,
  claimOf,
  claimOne,
  complete,
  newJob,
  RESULT,
  submission,
  WEEK_MS,
} from './store-fixtures.ts';

const BAD_VALUES: readonly (readonly [string, unknown])[] = [
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a bigint', 1n],
  ['an instant', new Date(0)],
  ['a getter that throws', Object.defineProperty({}, 'a', { enumerable: true, get: () => JSON.parse('no') })],
  ...[70, 900, 1_200, 1_500, 1_800, 2_500, 4_000, 9_000, 100_000].map(
    (levels) => [`nested ${levels} deep`, { a: nested(levels) }] as const,
  ),
];

/** Every way in by which a caller's value reaches the store. */
const WAYS_IN: Readonly<
  Record<string, (store: Store, held: { id: JobId; fence: number }, bad: never) => unknown>
> = {
  metadata: (store, _held, bad) => store.submit(submission([newJob({ metadata: { bad } })])),
  'the schema of an answer': (store, _held, bad) =>
    store.submit(submission([newJob({ request: { kind: 'GENERATE', prompt: 'x', format: bad } })])),
  'a tool': (store, _held, bad) =>
    store.submit(
      submission([newJob({ kind: 'CHAT', request: { kind: 'CHAT', messages: [], tools: [bad] } })]),
    ),
  'an option': (store, _held, bad) =>
    store.submit(
      submission([
        newJob({ request: { kind: 'GENERATE', prompt: 'x', options: { extra: { bad } as JsonObject } } }),
      ]),
    ),
  'a label': (store, _held, bad) =>
    store.submit(submission([newJob({ labels: [{ key: 'k', value: bad }] })])),
  'a fact': (store, _held, bad) => store.remember('space', 'key', { bad } as Json),
  'a failure': (store, held, bad) =>
    store.finish({ ...held, kind: 'fail', failure: bad, attempt: null, output: [] } as Finish),
  'an attempt': (store, held, bad) =>
    store.returnToQueue([{ ...held, attempt: bad, counts: false, delayMs: 0 }]),
};

export function storeBoundsContract(current: CurrentStore): void {
  let store: Store;
  beforeEach(() => {
    ({ store } = current());
  });

  describe('a value that cannot be stored', () => {
    it.each(Object.keys(WAYS_IN))('is refused to its caller alone, as %s', async (way) => {
      await accept(store, {}, {});
      const held = (await claimOne(store)).job;
      const known = await acceptOne(store, { client: 'known' });
      for (const [what, bad] of BAD_VALUES) {
        const [before, refused, after, read] = await Promise.allSettled([
          acceptOne(store, { client: `before ${what}` }),
          // A mistake in the call itself would be thrown at once.
          Promise.resolve().then(() =>
            WAYS_IN[way]?.(store, { id: held.id, fence: held.fence }, bad as never),
          ),
          acceptOne(store, { client: `after ${what}` }),
          store.job(known.id),
        ]);
        expect(before).toMatchObject({ value: { client: `before ${what}` } });
        expect(after).toMatchObject({ value: { client: `after ${what}` } });
        expect(read).toMatchObject({ value: { id: known.id } });
        expect([what, refused]).toMatchObject([what, { reason: { code: 'UNSTORABLE_VALUE' } }]);
      }
      expect((await allJobs(store)).length).toBe(store.counts().PENDING + 1);
      expect(await complete(store, held)).toBe(true);
    });

    it('is refused where an answer would be nested too deep to be written', async () => {
      await acceptOne(store);
      const { job } = await claimOne(store);
      const result = { ...RESULT, raw: { bad: nested(100_000) } as JsonObject };
      await expect(
        store.finish({ id: job.id, fence: job.fence, kind: 'complete', result, output: [] }),
      ).rejects.toMatchObject({ code: 'UNSTORABLE_VALUE' });
      expect(await complete(store, job)).toBe(true);
    });
  });

  describe('texts', () => {
    const odd = fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', '\0', '\ufffd', 'é', '"', '\n') });

    it('come back as Unicode, whole, and find what they were stored under', async () => {
      await fc.assert(
        fc.asyncProperty(odd, odd, odd, async (client, value, text) => {
          const label = { key: `key ${value}`, value };
          const job = await acceptOne(store, {
            client,
            labels: [label],
            metadata: { text },
            request: { kind: 'GENERATE', prompt: text },
          });
          expect(job).toMatchObject({ client: client.toWellFormed(), metadata: { text } });
          expect(await store.job(job.id)).toEqual(job);
          expect(await store.request(job.id)).toEqual({ kind: 'GENERATE', prompt: text });
          const { jobs } = await store.list({
            filter: { labels: [label] },
            order: { field: 'CREATED_AT', direction: 'DESC' },
            limit: 1,
          });
          expect(jobs).toEqual([job]);
          const claimed = await store.claim(claimOf(1, { client }));
          expect(claimed).toHaveLength(1);
          await store.cancel(claimed[0]?.job.id as JobId, text);
          expect(store.backlog.count).toBe(0);
        }),
        { numRuns: 30 },
      );
    });
  });

  describe('counts', () => {
    it.each([Number.NaN, -1, 0, 0.9, Number.NEGATIVE_INFINITY])(
      'claim nothing when they are %s',
      async (count) => {
        await accept(store, {}, {});
        expect(await store.claim(claimOf(count))).toEqual([]);
        expect(store.counts().PENDING).toBe(2);
      },
    );

    it('claim as many whole jobs as they hold', async () => {
      await accept(store, {}, {}, {});
      expect(await store.claim(claimOf(1.9))).toHaveLength(1);
      expect(await store.claim(claimOf(Number.POSITIVE_INFINITY))).toHaveLength(2);
    });

    it.each([0, 1.5, -3, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])(
      'of attempts are refused when they are %s',
      async (maxAttempts) => {
        const refused = store.submit(submission([newJob(), newJob({ maxAttempts })]));
        await expect(refused).rejects.toMatchObject({ code: 'UNSTORABLE_VALUE' });
        expect(store.counts().PENDING).toBe(0);
      },
    );

    it.each<Partial<NewJob>>([
      { deadline: Number.NaN },
      { deadline: Number.POSITIVE_INFINITY },
      { deadline: 1e300 },
    ])('of milliseconds are refused where no instant is meant: %o', async (changes) => {
      await expect(acceptOne(store, changes)).rejects.toMatchObject({ code: 'UNSTORABLE_VALUE' });
    });

    it.each([Number.NaN, -5, Number.POSITIVE_INFINITY, 1e300])('of a delay may be %s', async (delayMs) => {
      const { id } = await acceptOne(store);
      const { job } = await claimOne(store);
      await store.returnToQueue([{ ...job, attempt: null, counts: false, delayMs }]);
      await store.tend(WEEK_MS);
      const waits = delayMs > 0;
      expect([store.backlog.count, store.backlog.delayed]).toEqual(waits ? [0, 1] : [1, 0]);
      const { notBefore } = (await store.job(id)) ?? {};
      if (waits) expect(new Date(notBefore as number).getTime()).toBe(notBefore);
      else expect(notBefore).toBeNull();
    });

    it('of pages may be none', async () => {
      await acceptOne(store);
      for (const limit of [Number.NaN, -1, 0]) expect(await store.changedSince(0, limit)).toEqual([]);
      expect(await store.changedSince(Number.NaN, 5)).toEqual([]);
    });

    it('of what may wait are none where they are no number', async () => {
      await expect(store.submit(submission([newJob()], { queueLimit: Number.NaN }))).resolves.toMatchObject({
        kind: 'queue-full',
        client: null,
      });
      const [hash, bytes] = blobOf('x');
      await expect(
        store.submit(submission([newJob()], { queueLimit: 0.5, blobs: new Map([[hash, bytes]]) })),
      ).resolves.toMatchObject({ kind: 'queue-full', limit: 0 });
    });
  });
}

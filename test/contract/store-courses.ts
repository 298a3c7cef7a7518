/** What jobs waited for is kept with their ends: with the end itself, or a little later where a job ended in the queue. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { JobCourse } from '../../src/domain/job-course.ts';
import type { Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import { acceptOne, claimOne, RESULT, WEEK_MS } from './store-fixtures.ts';

const COURSE: JobCourse = {
  firstOutputAt: 7,
  waits: [{ reason: 'VRAM', explanation: 'It needs 5 GB.', from: 1, to: 5 }],
};
const OTHER: JobCourse = { firstOutputAt: null, waits: [] };

export function storeCoursesContract(current: CurrentStore): void {
  let store: Store;
  beforeEach(() => {
    ({ store } = current());
  });

  const courseOf = async (id: JobId) => (await store.courses([id]))[0];

  async function running(): Promise<Job> {
    await acceptOne(store);
    return (await claimOne(store)).job;
  }

  async function cancelled({ id }: Job): Promise<Job> {
    const outcome = await store.cancel(id, null);
    if (outcome.kind !== 'cancelled') throw new Error('It was not cancelled.');
    return outcome.job;
  }

  describe('courses', () => {
    it('of jobs that ran come with their ends, well or not, and go when they are tried again', async () => {
      const done = await running();
      const result = { id: done.id, fence: done.fence, output: [], course: COURSE } as const;
      expect(await courseOf(done.id)).toBeNull();
      await store.finish({ ...result, kind: 'complete', result: RESULT });
      const failed = await running();
      const failure = { code: 'LOAD_FAILED', message: 'No.', retryable: true } as const;
      const end = { id: failed.id, fence: failed.fence, output: [], course: COURSE } as const;
      await store.finish({ ...end, kind: 'fail', failure, attempt: null });
      expect(await store.courses([done.id, failed.id, 'job_none' as JobId])).toEqual([COURSE, COURSE, null]);
      await store.retry(failed.id, 10);
      expect(await courseOf(failed.id)).toBeNull();
      expect(await courseOf((await cancelled(failed)).id)).toBeNull();
    });

    it('of jobs that ended in the queue are written when the store is tended', async () => {
      const gone = await cancelled(await acceptOne(store));
      await store.tend(WEEK_MS, [{ id: gone.id, revision: gone.revision, course: COURSE }]);
      expect(await courseOf(gone.id)).toEqual(COURSE);
      expect(await store.output(gone.id)).toEqual([]);
    });

    it('stay with what a run had said when it was cancelled, whichever comes first', async () => {
      const said = [{ attempt: 1, channel: 'TEXT', text: 'So far' }] as const;
      for (const saidFirst of [true, false]) {
        const { id, fence } = await running();
        const { revision } = await cancelled({ id } as Job);
        const steps = [
          () => store.keepSaid({ id, fence }, said),
          () => store.tend(WEEK_MS, [{ id, revision, course: COURSE }]),
        ];
        for (const step of saidFirst ? steps : steps.reverse()) await step();
        expect(await courseOf(id)).toEqual(COURSE);
        expect(await store.output(id)).toEqual(said);
      }
    });

    it('are not kept with a job that was tried again meanwhile, nor with one that is gone', async () => {
      const { id, revision } = await cancelled(await acceptOne(store));
      await store.retry(id, 10);
      const late = { id, revision, course: COURSE };
      await store.tend(WEEK_MS, [late, { id: 'job_none' as JobId, revision: 1, course: OTHER }]);
      const again = await cancelled({ id } as Job);
      expect(await courseOf(id)).toBeNull();
      await store.tend(WEEK_MS, [late]);
      expect(await courseOf(id)).toBeNull();
      await store.tend(WEEK_MS, [{ id, revision: again.revision, course: OTHER }]);
      expect(await courseOf(id)).toEqual(OTHER);
    });
  });

  it('tells how large a request is without reading it', async () => {
    const { id } = await acceptOne(store, { request: { kind: 'GENERATE', prompt: 'Grüße' } });
    const bytes = Buffer.byteLength(JSON.stringify(await store.request(id)));
    expect(await store.requestSize(id)).toBe(bytes);
    expect(await store.requestSize('job_none' as JobId)).toBeNull();
  });
}

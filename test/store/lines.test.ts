/** What is remembered of the oldest jobs of buckets is never other than what is there. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BucketKey } from '../../src/domain/backlog.ts';
import type { Job } from '../../src/domain/job.ts';
import type { QueueKey } from '../../src/domain/queue-key.ts';
import { Lines } from '../../src/store/postgres/lines.ts';

const BUCKETS: readonly BucketKey[] = ['a', 'b'].map((client) => ({
  queue: 'model#4096' as QueueKey,
  priority: 'NORMAL',
  client,
}));

type Step =
  | { readonly kind: 'insert'; readonly bucket: number }
  /** Claims it, or gives it back, or moves it to the other bucket, or forgets it. */
  | { readonly kind: 'claim' | 'return' | 'move' | 'forget'; readonly job: number }
  /** As a group does that reads so many at its beginning. */
  | { readonly kind: 'read'; readonly bucket: number; readonly asked: number }
  | { readonly kind: 'readHead'; readonly bucket: number }
  | { readonly kind: 'nextGroup' };

const index = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), bucket: fc.nat({ max: 1 }) }),
  fc.record({
    kind: fc.constantFrom('claim' as const, 'return' as const, 'move' as const, 'forget' as const),
    job: index,
  }),
  fc.record({
    kind: fc.constant('read' as const),
    bucket: fc.nat({ max: 1 }),
    asked: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('readHead' as const), bucket: fc.nat({ max: 1 }) }),
  fc.record({ kind: fc.constant('nextGroup' as const) }),
);

test('Lines tell the oldest as a look at all jobs would, or that they do not know', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lines = new Lines();
      const jobs: (Job | null)[] = [];
      const waiting = ({ client }: BucketKey) =>
        jobs.filter((job): job is Job => job?.client === client && job.status === 'PENDING');
      const change = (place: number, after: Job | null) => {
        const before = jobs[place] ?? null;
        jobs[place] = after;
        lines.changed(before, after);
      };
      for (const one of steps) {
        switch (one.kind) {
          case 'insert': {
            const sequence = jobs.length + 1;
            const made = {
              ...BUCKETS[one.bucket],
              sequence,
              createdAt: sequence,
              status: 'PENDING',
              notBefore: null,
            };
            change(jobs.length, made as unknown as Job);
            break;
          }
          case 'claim':
          case 'return':
          case 'move':
          case 'forget': {
            const job = jobs[one.job];
            if (!job) break;
            if (one.kind === 'forget') change(one.job, null);
            else if (one.kind === 'move') change(one.job, { ...job, client: job.client === 'a' ? 'b' : 'a' });
            else change(one.job, { ...job, status: one.kind === 'claim' ? 'RUNNING' : 'PENDING' });
            break;
          }
          case 'read': {
            const bucket = BUCKETS[one.bucket] as BucketKey;
            lines.learn(bucket, waiting(bucket).slice(0, one.asked), one.asked);
            break;
          }
          case 'readHead': {
            const bucket = BUCKETS[one.bucket] as BucketKey;
            lines.learnHead(bucket, waiting(bucket)[0] ?? null);
            break;
          }
          case 'nextGroup':
            lines.clear();
            break;
          default:
            one satisfies never;
        }
        for (const bucket of BUCKETS) {
          const truth = waiting(bucket);
          for (const limit of [1, 3]) {
            const told = lines.oldest(bucket, limit);
            if (told) expect(told).toEqual(truth.slice(0, limit));
          }
          const head = lines.head(bucket);
          if (head !== undefined) expect(head?.sequence).toBe(truth[0]?.sequence);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('Lines know without another look who is next after a claim, and after what comes behind', () => {
  const lines = new Lines();
  const [bucket] = BUCKETS as [BucketKey];
  const job = (sequence: number) =>
    ({ ...bucket, sequence, createdAt: sequence, status: 'PENDING', notBefore: null }) as unknown as Job;
  lines.learn(bucket, [job(1), job(2)], 2);
  lines.changed(job(1), { ...job(1), status: 'RUNNING' });
  lines.changed(null, job(3));
  expect(lines.head(bucket)).toMatchObject({ sequence: 2, createdAt: 2 });
  lines.clear();
  lines.changed(null, job(4));
  expect(lines.head(bucket)).toMatchObject({ sequence: 2, createdAt: 2 });
});

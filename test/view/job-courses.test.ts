/** What jobs waited for over time, told by their queues, their clients and what is of their own. */
import { beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { JobWaiting, WaitReason } from '../../src/domain/decision.ts';
import type { Job, JobStatus } from '../../src/domain/job.ts';
import type { JobCourse } from '../../src/domain/job-course.ts';
import type { QueueKey } from '../../src/domain/queue-key.ts';
import { JobCourses } from '../../src/view/job-courses.ts';

let clock: VirtualClock;
let start: number;
/** Why each queue waits. */
let reasons: Map<QueueKey, WaitReason>;
let atLimit: string[];
let courses: JobCourses;
let explained: number;

const QUEUE = 'm:latest' as QueueKey;
const because = (reason: WaitReason): JobWaiting => ({
  reason,
  explanation: `Because of ${reason}.`,
  expectedStart: null,
  expectedEnd: null,
});

beforeEach(() => {
  clock = new VirtualClock();
  start = clock.now();
  reasons = new Map();
  atLimit = [];
  explained = 0;
  courses = new JobCourses({
    queues: () => [...reasons.keys()],
    clientsAtLimit: () => atLimit,
    explainQueue: (queue) => {
      explained += 1;
      const reason = reasons.get(queue);
      return reason ? because(reason) : null;
    },
    explain: ({ queue, status }) =>
      status === 'QUEUED' ? because('LOADING') : because(reasons.get(queue) ?? 'QUEUE_ORDER'),
    clock,
  });
});

function job(changes: Partial<Job> = {}): Job {
  const known = { id: 'job_1', client: 'alice', queue: QUEUE, modelName: 'm', status: 'PENDING' };
  return {
    ...known,
    createdAt: start,
    notBefore: null,
    history: [],
    revision: 1,
    ...changes,
  } as unknown as Job;
}

/** Tells of its next status, with a new revision. */
function turn(one: Job, status: JobStatus, changes: Partial<Job> = {}): Job {
  const next = { ...one, status, revision: one.revision + 1, ...changes };
  courses.jobsChanged([{ job: next, previousStatus: one.status }]);
  return next;
}

function submit(changes: Partial<Job> = {}): Job {
  const one = job(changes);
  courses.jobsChanged([{ job: one, previousStatus: null }]);
  return one;
}

/** A second passes, and the reason is another. */
function passes(reason: WaitReason, seconds = 1): void {
  reasons.set(QUEUE, reason);
  for (let i = 0; i < seconds; i += 1) {
    courses.changed();
    clock.advance(1_000);
  }
}

/** Reasons with seconds from and to, since the start. */
const told = (course: JobCourse | null) =>
  course?.waits.map(({ reason, from, to }) => [
    reason,
    (from - start) / 1_000,
    to === null ? null : (to - start) / 1_000,
  ]);

describe('A job', () => {
  test('has waited for what its queue waited for, then for its model, and keeps it while it runs', () => {
    const pending = submit();
    passes('QUEUE_ORDER', 2);
    passes('VRAM', 3);
    expect(told(courses.of(pending))?.at(-1)).toEqual(['VRAM', expect.any(Number), null]);
    const claimed = turn(pending, 'QUEUED');
    clock.advance(4_000);
    expect(told(courses.of(claimed))?.at(-1)).toEqual(['LOADING', 5, null]);
    const running = turn(claimed, 'RUNNING');
    clock.advance(1_000);
    courses.outputBegan(running.id);
    const at = clock.now();
    clock.advance(1_000);
    courses.outputBegan(running.id);
    const course = courses.ended(running);
    expect(told(course)?.map(([reason]) => reason)).toEqual(['QUEUE_ORDER', 'VRAM', 'LOADING']);
    expect(told(course)?.at(0)?.[1]).toBe(0);
    expect(told(course)?.at(-1)).toEqual(['LOADING', 5, 9]);
    expect(course.firstOutputAt).toBe(at);
    turn(running, 'COMPLETE');
    expect(courses.unkept(10)).toEqual([]);
  });

  test.each(['CANCELLED', 'FAILED'] as const)(
    'that ends %s in the queue has its waits until they are kept',
    (status) => {
      const pending = submit();
      passes('VRAM', 5);
      const ended = turn(pending, status);
      expect(told(courses.of(ended))).toEqual([['VRAM', 0, 5]]);
      const unkept = courses.unkept(10);
      expect(unkept).toEqual([{ id: ended.id, revision: ended.revision, course: courses.of(ended) }]);
      clock.advance(60_000);
      expect(told(courses.of(ended))).toEqual([['VRAM', 0, 5]]);
      courses.kept(unkept);
      expect(courses.unkept(10)).toEqual([]);
      expect(courses.of(ended)).toBeNull();
    },
  );

  test('that is cancelled while it loads, while it runs or before another try tells what was before', () => {
    passes('QUEUE_ORDER');
    const claimed = turn(submit({ id: 'job_a' as Job['id'], createdAt: clock.now() }), 'QUEUED');
    const running = turn(
      turn(submit({ id: 'job_b' as Job['id'], createdAt: clock.now() }), 'QUEUED'),
      'RUNNING',
    );
    courses.outputBegan(running.id);
    const failing = turn(submit({ id: 'job_c' as Job['id'], createdAt: clock.now() }), 'RUNNING');
    const delayed = turn(failing, 'PENDING', { notBefore: clock.now() + 60_000 });
    clock.advance(3_000);
    const ended = [claimed, running, delayed].map((one) => courses.of(turn(one, 'CANCELLED')));
    expect(ended.map(told)).toEqual([[['LOADING', 1, 4]], [], [['RETRY_DELAY', 1, 4]]]);
    expect(ended[1]?.firstOutputAt).toBe(start + 1_000);
  });

  test('that is tried again has waited since then, and what it had before is not kept with it', () => {
    const pending = submit();
    passes('VRAM', 3);
    const [late] = [turn(pending, 'CANCELLED')];
    const unkept = courses.unkept(1);
    passes('VRAM', 7);
    const again = turn(late, 'PENDING');
    passes('QUEUE_ORDER', 5);
    const over = turn(again, 'CANCELLED');
    expect(told(courses.of(over))?.every(([, from]) => Number(from) >= 10)).toBe(true);
    courses.kept(unkept);
    expect(courses.unkept(10).map(({ revision }) => revision)).toEqual([over.revision]);
  });

  test('waits for the limit of its client where that holds it up, and not for that of another', () => {
    const [hers, his] = [submit(), submit({ id: 'job_2' as Job['id'], client: 'bob' })];
    passes('QUEUE_ORDER', 3);
    atLimit = ['alice'];
    passes('QUEUE_ORDER', 5);
    const reasonsOf = (one: Job) => told(courses.of(turn(one, 'CANCELLED')))?.map(([reason]) => reason);
    expect(reasonsOf(hers)).toEqual(['QUEUE_ORDER', 'CLIENT_LIMIT']);
    expect(reasonsOf(his)).toEqual(['QUEUE_ORDER']);
  });
});

test('Queues are looked at once a second at most, whatever changes, and jobs cost nothing', () => {
  reasons.set(QUEUE, 'VRAM');
  for (let i = 0; i < 1_000; i += 1) {
    submit({ id: `job_${i}` as Job['id'] });
    courses.changed();
    clock.advance(2);
  }
  expect(explained).toBeLessThanOrEqual(3);
});

test('After the stop nothing looks any more', () => {
  courses.changed();
  courses.stop();
  reasons.set(QUEUE, 'VRAM');
  clock.advance(10_000);
  expect(explained).toBe(0);
});

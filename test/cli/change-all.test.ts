import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeAll, type ManyChanged } from '../../src/cli/jobs/change-jobs.ts';

/** A server that gives these answers, and then the last one for ever. */
function answering(...answers: readonly ManyChanged[]) {
  let calls = 0;
  const next = async (): Promise<ManyChanged> => {
    const answer = answers[Math.min(calls, answers.length - 1)];
    calls += 1;
    if (!answer) throw new Error('A server answers something.');
    if (calls > 1_000) throw new Error('It is asked without end.');
    return answer;
  };
  return { next, calls: () => calls };
}

const some = (changed: number, more: boolean): ManyChanged => ({ kind: 'changed', changed, more });

test('asks until nothing is left, and adds up what was changed', async () => {
  const { next, calls } = answering(some(3, true), some(2, false));
  expect(await changeAll(9, next)).toEqual({ changed: 5, left: null });
  expect(calls()).toBe(2);
});

test('a refusal half-way keeps what was changed before, and says why', async () => {
  const { next } = answering(some(3, true), { kind: 'refused', message: 'The queue is full.' });
  expect(await changeAll(9, next)).toEqual({ changed: 3, left: 'The queue is full.' });
});

test('a call that changed nothing is not repeated', async () => {
  const { next, calls } = answering(some(0, true));
  expect(await changeAll(9, next)).toEqual({ changed: 0, left: expect.stringContaining('again') });
  expect(calls()).toBe(1);
});

test('whatever a server answers, it is asked no more often than there are jobs', async () => {
  const answer = fc.record({ kind: fc.constant('changed' as const), changed: fc.nat(3), more: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.nat(50), fc.array(answer, { minLength: 1 }), async (total, answers) => {
      const { next, calls } = answering(...answers);
      await changeAll(total, next);
      expect(calls()).toBeLessThanOrEqual(Math.max(1, total));
    }),
  );
});

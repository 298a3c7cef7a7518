import { expect, it } from 'vitest';
import type { JobWaiting } from '../../src/domain/decision.ts';
import { Explanations } from '../../src/view/explanations.ts';
import { jobRecord } from '../events/support/job-table.ts';

it('an explanation is made once for the same change of a job, the same state and about the same time', () => {
  const explanations = new Explanations();
  let made = 0;
  const explain = (): JobWaiting => {
    made += 1;
    return { reason: 'VRAM', explanation: `No. ${made}`, expectedStart: null, expectedEnd: null };
  };
  const [state, later] = [{}, {}];
  const asked = (sequence: number, revision: number, of: object, now: number) =>
    explanations.of(jobRecord(sequence, revision), of, now, explain)?.explanation;
  expect([asked(1, 1, state, 1_000), asked(1, 1, state, 1_400)]).toEqual(['No. 1', 'No. 1']);
  expect(asked(2, 2, state, 1_400)).toBe('No. 2');
  expect(asked(1, 3, state, 1_400)).toBe('No. 3');
  expect(asked(1, 3, later, 1_400)).toBe('No. 4');
  expect(asked(1, 3, later, 5_000)).toBe('No. 5');
  expect(asked(1, 3, later, 100)).toBe('No. 6');
});

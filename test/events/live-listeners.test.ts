import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { OutputHub } from '../../src/events/output-hub.ts';
import { said } from '../support/said.ts';

const JOB = 'job_1';

/** Notes what it hears; `answer` says whether it passes a record on. */
function notes(answer: (raw: JsonObject) => boolean = () => false) {
  const heard: unknown[] = [];
  return {
    heard,
    attempt: (number: number) => heard.push(number),
    cut: () => heard.push('cut'),
    record: (raw: JsonObject, attempt: number) => {
      heard.push([attempt, raw]);
      return answer(raw);
    },
  };
}

describe('a listener of a running job', () => {
  it('hears every record of every run as it is said, and nothing of other jobs', () => {
    const hub = new OutputHub();
    const listener = notes();
    hub.listen(JOB, listener);
    const call = { thinking: '', text: '', raw: { message: { tool_calls: [{}] }, done: false } };
    hub.open(JOB, 3);
    hub.open('job_2', 1);
    hub.record(JOB, said('THINKING', 'hm'));
    hub.record('job_2', said('TEXT', 'other'));
    hub.record(JOB, call);
    // In the same tick: nobody has waited for anything.
    expect(listener.heard).toEqual([3, [3, said('THINKING', 'hm').raw], [3, call.raw]]);
    expect((listener.heard[2] as [number, unknown])[1]).toBe(call.raw);
    hub.open(JOB, 5);
    hub.record(JOB, said('TEXT', 'anew'));
    expect(listener.heard.slice(3)).toEqual([5, [5, said('TEXT', 'anew').raw]]);
  });

  it('hears that the prompt of a run is cut, before its first record', () => {
    const hub = new OutputHub();
    const listener = notes();
    hub.listen(JOB, listener);
    hub.open(JOB, 1);
    hub.open('job_2', 1);
    hub.cut('job_2');
    hub.cut(JOB);
    hub.record(JOB, said('TEXT', 'a'));
    hub.close(JOB);
    hub.cut(JOB);
    expect(listener.heard).toEqual([1, 'cut', [1, said('TEXT', 'a').raw]]);
  });

  it('hears nothing after the end of the job, or after it left', () => {
    const hub = new OutputHub();
    const [stays, leaves] = [notes(), notes()];
    hub.listen(JOB, stays);
    const leave = hub.listen(JOB, leaves);
    hub.open(JOB, 1);
    leave();
    leave();
    hub.record(JOB, said('TEXT', 'a'));
    hub.close(JOB);
    hub.record(JOB, said('TEXT', 'b'));
    hub.open(JOB, 2);
    expect([stays.heard.length, leaves.heard.length, hub.heardJobs]).toEqual([2, 1, 0]);
  });

  it.each(['attempt', 'record'] as const)('that throws at its %s harms nobody', (where) => {
    const failures: unknown[] = [];
    const hub = new OutputHub((jobId, error) => failures.push([jobId, error]));
    const error = new Error('a mistake');
    const fail = () => {
      throw error;
    };
    const [before, after] = [notes(), notes()];
    hub.listen(JOB, before);
    hub.listen(JOB, { ...notes(), [where]: fail });
    hub.listen(JOB, after);
    hub.open(JOB, 1);
    for (const text of ['a', 'b']) hub.record(JOB, said('TEXT', text));
    expect(failures).toEqual([[JOB, error]]);
    expect([before.heard.length, after.heard.length]).toEqual([3, 3]);
  });

  it('is one of a few: so many for one job are a mistake', () => {
    const hub = new OutputHub();
    for (let i = 0; i < 8; i += 1) hub.listen(JOB, notes());
    expect(() => hub.listen(JOB, notes())).toThrow('has 8 listeners already');
    for (let i = 0; i < 4096; i += 1) hub.listen(`other_${i}`, notes());
    expect(hub.heardJobs).toBe(4097);
  });

  it('has passed something on from the first record that it says so of, until it leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 6 }), fc.boolean(), (answers, leaves) => {
        const hub = new OutputHub();
        const left = [...answers];
        const leave = hub.listen(
          JOB,
          notes(() => left.shift() ?? false),
        );
        hub.listen(JOB, notes());
        hub.open(JOB, 1);
        for (const [index] of answers.entries()) {
          hub.record(JOB, said('TEXT', 'x'));
          expect(hub.hasPassedOn(JOB)).toBe(answers.slice(0, index + 1).includes(true));
        }
        if (leaves) leave();
        expect(hub.hasPassedOn(JOB)).toBe(!leaves && answers.includes(true));
        hub.close(JOB);
        expect(hub.hasPassedOn(JOB)).toBe(false);
      }),
    );
  });
});

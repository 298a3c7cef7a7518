/** When decisions are taken down, and what becomes of them where that fails. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { type DecisionKind, type KeptDecisions, NO_DECISIONS } from '../../src/domain/decision.ts';
import { DecisionRecorder } from '../../src/history/decision-recorder.ts';
import { DecisionLog } from '../../src/scheduler/decision-log.ts';
import { newDecision } from '../support/new-decision.ts';

let clock: VirtualClock;
let log: DecisionLog;
let recorder: DecisionRecorder;
let kept: KeptDecisions[];
let errors: string[];
let fails: boolean;

beforeEach(async () => {
  clock = new VirtualClock();
  log = new DecisionLog();
  [kept, errors, fails] = [[], [], false];
  recorder = new DecisionRecorder({
    log,
    store: {
      recall: async () => ({ decisions: [], end: NO_DECISIONS }),
      keep: async (one) => {
        if (fails) throw new Error('The disk is full.');
        kept.push(one);
      },
    },
    clock,
    logger: { error: (message) => void errors.push(message) },
  });
  await recorder.start();
});
afterEach(() => recorder.stop());

const decide = (...kinds: DecisionKind[]) => {
  for (const kind of kinds) log.add(newDecision(kind));
};
async function settled(): Promise<readonly (readonly DecisionKind[])[]> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
  return kept.map(({ decisions }) => decisions.map(({ kind }) => kind));
}

test('What is decided in one tick is one write of that tick, and jobs that are handed out wait for a moment', async () => {
  decide('LOAD', 'DRAIN');
  expect(await settled()).toEqual([['LOAD', 'DRAIN']]);
  expect(log.written).toBe(2);
  decide('DISPATCH');
  expect(await settled()).toHaveLength(1);
  clock.advance(400);
  decide('DISPATCH');
  clock.advance(100);
  expect(await settled()).toEqual([
    ['LOAD', 'DRAIN'],
    ['DISPATCH', 'DISPATCH'],
  ]);
  decide('DISPATCH', 'UNLOAD');
  expect((await settled()).at(-1)).toEqual(['DISPATCH', 'UNLOAD']);
  expect(kept.at(-1)?.end).toEqual(log.end);
});

test('What could not be written is written when it can be, and told as written only then', async () => {
  fails = true;
  decide('LOAD');
  await settled();
  expect([errors.length, log.written]).toEqual([1, 0]);
  fails = false;
  clock.advance(10_000);
  expect(await settled()).toEqual([['LOAD']]);
  expect(log.written).toBe(1);
});

test('What is decided last is written before the end', async () => {
  decide('DISPATCH');
  await recorder.stop();
  expect(kept).toHaveLength(1);
});

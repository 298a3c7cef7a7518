/** What decisions are about, and which of them are kept. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { MOST_DECISIONS, NO_DECISIONS } from '../../src/domain/decision.ts';
import { GiB } from '../../src/domain/units.ts';
import { DecisionLog } from '../../src/scheduler/decision-log.ts';
import { newDecision } from '../support/new-decision.ts';
import { SimulatedWorld } from './simulated-world.ts';

const model = (name: string) => ({
  name: `${name}:latest`,
  bytes: 16 * GiB,
  loadMs: 2_000,
  runMs: 1_000,
});

test('A swap names the instance, its memory and the model that it makes room for', () => {
  const w = new SimulatedWorld({ models: [model('a'), model('b')], random: seededRandom(1) });
  w.submit('a:latest');
  w.run(6_000);
  w.submit('b:latest');
  w.run(6_000);
  const told = w.loop.decisions.all();
  const [loadA, loadB] = told.filter(({ kind }) => kind === 'LOAD');
  const [gone] = told.filter(({ kind }) => kind === 'UNLOAD');
  const [drain] = told.filter(({ kind }) => kind === 'DRAIN');
  const [dispatch] = told.filter(({ kind }) => kind === 'DISPATCH');
  expect(loadA).toMatchObject({
    instanceId: expect.stringMatching(/^ins_/),
    bytes: 16 * GiB,
    gpuId: expect.stringMatching(/^gpu_/),
    inFavourOf: null,
    jobCount: 0,
  });
  expect(dispatch).toMatchObject({ instanceId: loadA?.instanceId, bytes: null, jobCount: 1 });
  for (const one of [drain, gone])
    expect(one).toMatchObject({ instanceId: loadA?.instanceId, inFavourOf: 'b:latest', bytes: 16 * GiB });
  expect(loadB?.instanceId).toBe([...w.loop.state.instances.keys()][0]);
});

describe('The log of decisions', () => {
  test('keeps what is rare whatever is dispatched, in order, and no more than it may', () => {
    const log = new DecisionLog();
    log.add(newDecision('LOAD'));
    for (let i = 0; i < 10 * MOST_DECISIONS.dispatches; i += 1) log.add(newDecision('DISPATCH'));
    log.add(newDecision('UNLOAD'));
    const all = log.all();
    expect(all).toHaveLength(MOST_DECISIONS.dispatches + 2);
    expect([all[0]?.kind, all.at(-1)?.kind]).toEqual(['LOAD', 'UNLOAD']);
    expect(all.every((one, i) => i === 0 || one.sequence > (all[i - 1]?.sequence ?? 0))).toBe(true);
    expect(log.end).toEqual({
      sequence: 10 * MOST_DECISIONS.dispatches + 2,
      counts: { ...NO_DECISIONS.counts, LOAD: 1, UNLOAD: 1, DISPATCH: 10 * MOST_DECISIONS.dispatches },
    });
    expect(log.after(1, 3).map(({ ofKind }) => ofKind)).toEqual(
      [1, 2, 3].map((place) => 9 * MOST_DECISIONS.dispatches + place),
    );
    for (let i = 0; i < 2 * MOST_DECISIONS.others; i += 1) log.add(newDecision('WAIT'));
    expect(log.all()).toHaveLength(MOST_DECISIONS.dispatches + MOST_DECISIONS.others);
  });

  test('goes on from those of an earlier life', () => {
    const before = new DecisionLog();
    for (const kind of ['LOAD', 'DISPATCH', 'DISPATCH'] as const) before.add(newDecision(kind));
    const log = new DecisionLog();
    log.restore({ decisions: before.all(), end: before.end });
    expect(log.written).toBe(3);
    expect(log.add(newDecision('UNLOAD'))).toMatchObject({ sequence: 4, ofKind: 1 });
    expect(log.add(newDecision('DISPATCH'))).toMatchObject({ sequence: 5, ofKind: 3 });
    expect(log.all().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  });
});

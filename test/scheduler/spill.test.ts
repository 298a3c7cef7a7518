/** A load that went to the CPU in part although it should not have: let go, and tried again when there is more room, or after a while. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { SimulatedWorld, type WorldModel } from './simulated-world.ts';
import { whyItWaits } from './why-it-waits.ts';

const [BIG, IDLE] = ['big:latest', 'idle:latest'] as const;
const model = (name: string, gib: number): WorldModel => ({
  name,
  bytes: gib * GiB,
  loadMs: 1_000,
  runMs: 1_000,
});
const MINUTE = 60_000;

const world = (...models: WorldModel[]) => new SimulatedWorld({ models, random: seededRandom(1) });

/** It spilled into 18 GiB, of which its server leaves 3 alone. */
function besideForeign() {
  const w = world(model(BIG, 16));
  w.foreignBytes = 6 * GiB;
  w.observe();
  w.serverReserveBytes = 3 * GiB;
  const job = w.submit(BIG);
  w.run(20_000);
  expect(w.spills).toHaveLength(1);
  return { w, job };
}

describe('a load that spilled', () => {
  test('is let go, serves nobody, and is tried again with more room, for which idle ones leave', () => {
    const w = world(model(BIG, 18), model(IDLE, 4));
    w.submit(IDLE);
    w.run(6_000);
    w.serverReserveBytes = 3 * GiB;
    const job = w.submit(BIG);
    w.run(15_000);
    expect(w.spills).toHaveLength(1);
    expect(w.loads).toEqual([IDLE, BIG, BIG]);
    expect(w.residents()).toEqual([BIG]);
    expect(job.finishedAt).not.toBeNull();
    expect(w.violations).toEqual([]);
  });

  test('on an empty card is tried again ever more rarely, never in a loop, and says so', () => {
    const w = world(model(BIG, 22));
    w.serverReserveBytes = 3 * GiB;
    const job = w.submit(BIG);
    w.run(10_000);
    expect(w.spills).toHaveLength(1);
    expect(w.residents()).toEqual([]);
    const waiting = whyItWaits(w, job);
    expect(waiting).toMatchObject({ reason: 'VRAM' });
    expect(waiting?.explanation).toMatch(/partly on the CPU.*24\.0 GiB.*tried again in/);
    const said = w.loop.decisions.all().map(({ explanation }) => explanation);
    expect(said.join(' ')).toMatch(/The load failed \(Only a part went to the GPU\.\)/);
    w.run(15 * MINUTE);
    const pauses = w.spills.slice(1).map(({ at }, i) => at - (w.spills[i]?.at ?? 0));
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    for (const [i, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(MINUTE * 2 ** i);
    // Nothing is held for ever: whatever kept it from fitting is gone.
    w.serverReserveBytes = 0;
    w.run(60 * MINUTE);
    expect(job.finishedAt).not.toBeNull();
  });

  test('is tried at once when another program has left more room', () => {
    const { w, job } = besideForeign();
    w.foreignBytes = 0;
    w.run(10_000);
    expect(w.spills).toHaveLength(1);
    expect(job.finishedAt).not.toBeNull();
  });

  test('is not tried again in a little more room, of which its server would leave as much alone', () => {
    const { w, job } = besideForeign();
    w.foreignBytes = 5.5 * GiB;
    w.run(20_000);
    expect(w.spills).toHaveLength(1);
    expect(job.finishedAt).toBeNull();
    w.foreignBytes = 4 * GiB;
    w.run(20_000);
    expect(w.spills).toHaveLength(1);
    expect(job.finishedAt).not.toBeNull();
  });
});

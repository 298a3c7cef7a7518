/** The host's memory is a ledger too: what does not fit into it waits, or takes the place of another. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { SimulatedWorld, type WorldModel } from './simulated-world.ts';

const model = (name: string): WorldModel => ({ name, bytes: 2 * GiB, loadMs: 1_000, runMs: 1_000 });
const [A, B, C] = ['a:latest', 'b:latest', 'c:latest'] as const;

/** Cards with room for all, and a host of so many GiB for processes of one GiB each. */
const world = (hostGib: number) =>
  new SimulatedWorld({
    models: [model(A), model(B), model(C)],
    host: { totalBytes: hostGib * GiB, bytesPerInstance: GiB },
    random: seededRandom(1),
  });

describe('a load', () => {
  test('makes an idle instance leave where only the host has no room for it', () => {
    const w = world(2.5);
    for (const name of [A, B, C]) {
      w.submit(name);
      w.run(6_000);
    }
    expect(w.unfinished).toBe(0);
    expect(w.residents().toSorted()).toEqual([B, C]);
    expect(w.violations).toEqual([]);
  });

  test('has the host’s memory taken from the moment it is decided', () => {
    const w = world(1.5);
    for (const name of [A, B]) for (let i = 0; i < 5; i += 1) w.submit(name);
    let most = 0;
    for (let i = 0; i < 40; i += 1) {
      w.run(500);
      most = Math.max(most, w.held.size);
    }
    expect(most).toBe(1);
    expect(w.unfinished).toBe(0);
  });

  test('waits while other programs have the host’s memory, says so, and begins when they let go', () => {
    const w = world(4);
    w.hostBytesOfOthers = 3.5 * GiB;
    w.observe();
    const job = w.submit(A);
    w.run(10_000);
    expect(job.startedAt).toBeNull();
    expect(w.loads).toEqual([]);
    w.hostBytesOfOthers = 0;
    w.run(6_000);
    expect(job.finishedAt).not.toBeNull();
  });
});

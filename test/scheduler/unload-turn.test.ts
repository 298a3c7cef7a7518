/** A server that handles one unload at a time, and residents that have to leave one after the other. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import type { ServerMode } from './simulated-server.ts';
import { BACKEND, type SimulatedJob, SimulatedWorld } from './simulated-world.ts';
import { whyItWaits } from './why-it-waits.ts';

const STALL_MS = 5_000;
const RUN_MS = 400;
const model = (name: string, gib: number) => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 500,
  runMs: RUN_MS,
});

/** Three idle residents on a card of 8 GiB, and a job for a model that needs it to itself. */
function clearing(mode: ServerMode = 'ATTACHED', unloadStallMs = STALL_MS): SimulatedWorld {
  const world = new SimulatedWorld({
    models: [model('first', 2), model('second', 1), model('third', 1), model('whole', 7)],
    random: seededRandom(1),
    totalBytes: 8 * GiB,
    mode,
    unloadStallMs,
  });
  for (const name of ['first', 'second', 'third']) {
    world.submit(`${name}:latest`);
    world.run(2_000);
  }
  expect(world.residents()).toHaveLength(3);
  world.submit('whole:latest');
  world.run(100);
  return world;
}

const leaving = (world: SimulatedWorld) =>
  [...world.held.values()].filter(({ state }) => state === 'leaving').length;
const isDone = ({ finishedAt }: SimulatedJob) => finishedAt !== null;
const statuses = (world: SimulatedWorld) =>
  [...world.loop.state.instances.values()].map(({ status }) => status).toSorted();

describe('residents that have to leave a server which stalls after each unload', () => {
  test('are told to go one at a time, and serve until it is their turn', () => {
    const world = clearing();
    world.run(1_000);
    // The first has been let go, the second is on its way as soon as the server looks at it.
    expect(leaving(world)).toBe(1);
    expect(statuses(world)).toEqual(['DRAINING', 'UNLOADING', 'UNLOADING']);
    const [staying] = world.residents();
    const job = world.submit(staying ?? '');
    world.run(1_000);
    expect(isDone(job)).toBe(true);
    expect(world.residents()).toEqual([staying]);
    world.run(20_000);
    expect(world.unfinished).toBe(0);
    // The one that was served late was not loaded again for it.
    expect(world.loads).toHaveLength(4);
    expect(world.violations).toEqual([]);
  });

  test('get no more jobs once it is their turn, however many wait', () => {
    const world = clearing();
    world.run(1_000);
    const [staying] = world.residents();
    for (let i = 0; i < 200; i += 1) world.submit(staying ?? '');
    world.run(STALL_MS);
    const last = world.jobs.at(-1);
    expect(last && whyItWaits(world, last)?.explanation).toBe(
      'Its model is on its way out of memory, and is loaded again after that.',
    );
    world.run(STALL_MS + 1_000);
    // 4 slots for 5 s: the rest waits for its next turn, and the model that the card was cleared for has had its own.
    expect(world.loads.at(3)).toBe('whole:latest');
    expect(world.jobs.find((job) => job.model === 'whole:latest')?.finishedAt).not.toBeNull();
    world.run(120_000);
    expect(world.unfinished).toBe(0);
    expect(world.violations).toEqual([]);
  });

  test('do not wait for an unload that takes longer than any stall: that one waits for something else', () => {
    const world = clearing('ATTACHED', 60_000);
    world.run(STALL_MS - 1_000);
    expect(statuses(world)).toContain('DRAINING');
    world.run(2_000);
    expect(statuses(world)).not.toContain('DRAINING');
    expect(leaving(world)).toBe(2);
  });

  test('leave at once for a reservation: it is not held up by late jobs', () => {
    const world = clearing();
    world.run(1_000);
    const [staying] = world.residents();
    const gpuId = world.loop.state.backends.get(BACKEND)?.gpus?.[0]?.id;
    if (!gpuId) throw new Error('There is no GPU.');
    const reservation = {
      id: stableId('rsv', 'test'),
      owner: 'test',
      gpuId,
      bytes: world.totalBytes,
      expiresAt: null,
      kind: 'LEASE',
      whileProcess: null,
      ready: false,
      foreignBefore: 0,
    } as const;
    world.loop.handle({ type: 'wish', change: { kind: 'reserve', reservation } });
    const job = world.submit(staying ?? '');
    world.run(1_000);
    expect(isDone(job)).toBe(false);
  });
});

test('residents of a server that does not stall are told to go together', () => {
  const world = clearing('MANAGED');
  expect(statuses(world).filter((status) => status === 'UNLOADING')).toHaveLength(2);
  expect(statuses(world)).not.toContain('DRAINING');
});

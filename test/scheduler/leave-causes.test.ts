/** Why models in memory are told to leave, as it is counted: once for each that leaves. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { stableId } from '../../src/domain/ids.ts';
import type { LeaveCause } from '../../src/domain/instance.ts';
import { GiB } from '../../src/domain/units.ts';
import { BACKEND, SimulatedWorld, type WorldOptions } from './simulated-world.ts';

const model = (name: string) => ({ name: `${name}:latest`, bytes: 16 * GiB, loadMs: 1_000, runMs: 1_000 });

function world(options: Partial<WorldOptions> = {}): SimulatedWorld {
  const models = [model('a'), model('b')];
  const one = new SimulatedWorld({ models, random: seededRandom(1), ...options });
  one.submit('a:latest');
  one.run(4_000);
  return one;
}

function reserve(w: SimulatedWorld): void {
  const gpuId = w.loop.state.backends.get(BACKEND)?.gpus?.[0]?.id;
  if (!gpuId) throw new Error('There is no GPU.');
  const reservation = {
    id: stableId('rsv', 'test'),
    owner: 'test',
    gpuId,
    bytes: w.totalBytes,
    expiresAt: null,
    kind: 'LEASE',
    whileProcess: null,
    ready: false,
    foreignBefore: 0,
  } as const;
  w.loop.handle({ type: 'wish', change: { kind: 'reserve', reservation } });
}

test.each<[LeaveCause, Partial<WorldOptions>, (w: SimulatedWorld) => void]>([
  ['ROOM', {}, (w) => void w.submit('b:latest')],
  ['KEEP_ALIVE', { keepAliveMs: 60_000 }, () => {}],
  ['ASKED', {}, (w) => w.loop.handle({ type: 'unload-weights', weights: 'a:latest', backendId: null })],
  ['REPLACED', {}, (w) => w.pull('a:latest')],
  ['RESERVATION', {}, reserve],
  [
    'FOREIGN_MEMORY',
    {},
    (w) => {
      w.foreignBytes = w.totalBytes - GiB;
    },
  ],
])('%s', (cause, options, happens) => {
  const w = world(options);
  expect(w.leaveCauses).toEqual([]);
  expect(w.loop.state.instances.size).toBe(1);
  happens(w);
  w.run(10 * 60_000);
  expect(w.leaveCauses).toEqual([cause]);
});

test('FAILED', () => {
  const w = world({ failingLoads: 1 });
  w.run(10 * 60_000);
  expect(w.leaveCauses).toEqual(['FAILED']);
});

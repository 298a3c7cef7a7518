/** What the loop decided, on its way to who does it. */
import { expect, it } from 'vitest';
import { EffectRunner } from '../../../src/app/scheduling/effect-runner.ts';
import { seededRandom } from '../../../src/clock.ts';
import { newId } from '../../../src/domain/ids.ts';
import { GiB } from '../../../src/domain/units.ts';
import { carryOut } from '../../../src/scheduler/effects.ts';
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts';
import { createLoggerOn } from '../../../src/telemetry/logger.ts';
import { SwapCounter } from '../../../src/view/swap-counter.ts';
import { BACKEND, SimulatedWorld } from '../../scheduler/simulated-world.ts';

const model = (name: string, gib: number) => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 1_000,
  runMs: 1_000,
});

async function world() {
  const random = seededRandom(1);
  const server = new SimulatedWorld({ models: [model('a', 16), model('b', 16)], random });
  const store = createMemoryStore({ clock: server.clock, serverId: newId('srv', server.clock, random) });
  await store.start();
  const told: string[] = [];
  const log: string[] = [];
  const note =
    (name: string) =>
    (...args: readonly unknown[]) =>
      void told.push([name, ...args.filter((one) => typeof one !== 'object')].join(' '));
  const swaps = new SwapCounter(server.clock);
  const runner = new EffectRunner({
    state: () => server.loop.state,
    executor: {
      claim: note('claim'),
      load: note('load'),
      adopt: note('adopt'),
      unload: note('unload'),
      cancelLoad: note('cancel'),
      forget: note('forget'),
    },
    readings: { now: note('read now'), soon: note('read soon') },
    learning: { probed: ({ id }, { probedBytes }) => void told.push(`probed ${id} ${probedBytes}`) },
    swaps,
    store,
    logger: createLoggerOn({ write: (line: string) => void log.push(line) }, 'info', server.clock),
  });
  return { server, runner, told, log, swaps };
}

it('each effect goes to who carries it out', async () => {
  const { server, runner, told, log } = await world();
  server.loadForOthers('a:latest');
  server.observe();
  const [instance] = server.loop.state.instances.values();
  if (!instance) throw new Error('Nothing was taken over.');
  const { id } = instance;
  const spec = { variant: instance.variant, config: instance.config, gpus: [] };
  const resident = { modelName: 'a:latest' } as never;
  carryOut(runner, { type: 'claim', claimNumber: 7, backendName: 'box', claim: { instanceId: id } as never });
  carryOut(runner, { type: 'load', instanceId: id, backendId: BACKEND, spec, expectedMs: 5 });
  carryOut(runner, { type: 'adopt', instanceId: id, backendId: BACKEND, resident, spec });
  carryOut(runner, { type: 'unload', instanceId: id });
  carryOut(runner, { type: 'cancel-load', instanceId: id });
  carryOut(runner, { type: 'forget', instanceId: id });
  carryOut(runner, { type: 'probed', instanceId: id, probedBytes: 9, cards: 1 });
  carryOut(runner, { type: 'poke', backendId: BACKEND, when: 'soon' });
  carryOut(runner, { type: 'poke', backendId: BACKEND, when: 'now', since: 3 });
  carryOut(runner, { type: 'missing', modelName: 'x:1', why: 'pinned' });
  expect(told).toEqual([
    `claim 7 ${id} box`,
    `load ${id} ${BACKEND} 5`,
    `adopt ${id} ${BACKEND}`,
    `unload ${id}`,
    `cancel ${id}`,
    `forget ${id}`,
    `probed ${id} 9`,
    `read soon ${BACKEND}`,
    `read now ${BACKEND} 3`,
  ]);
  expect(log.join('')).toContain('Loading a:latest.');
  expect(log.join('')).toContain('Unloading a:latest.');
  expect(log.join('')).toContain('x:1 is to be resident (pinned)');
});

it('an unload for a planned swap is an eviction, another one is not', async () => {
  const { server, runner, swaps } = await world();
  server.loadForOthers('a:latest');
  server.submit('a:latest');
  server.run(5_000);
  const [resident] = server.loop.state.instances.values();
  if (!resident) throw new Error('Nothing was taken over.');
  carryOut(runner, { type: 'unload', instanceId: resident.id });
  swaps.unloaded(resident.id);
  expect(swaps.stats).toMatchObject({ unloads: 1, evictions: 0 });
  server.submit('b:latest');
  const planned = () => server.loop.state.backends.get(BACKEND)?.swaps ?? [];
  for (let ms = 0; planned().length === 0 && ms < 60_000; ms += 10) {
    server.clock.advance(10);
    if (ms % 2_000 === 0) server.observe();
  }
  const victim = planned()[0]?.victims[0];
  if (!victim) throw new Error('No swap was planned.');
  carryOut(runner, { type: 'unload', instanceId: victim });
  swaps.unloaded(victim);
  expect(swaps.stats).toMatchObject({ unloads: 2, evictions: 1 });
});

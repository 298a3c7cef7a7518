import { expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/clock.ts';
import { newId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { WishIntake } from '../../src/scheduler/wishes/intake.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { namesOfOllama } from '../support/model-names.ts';
import type { ServerMode } from './simulated-server.ts';
import { randomPriority, SimulatedWorld, type WorldModel } from './simulated-world.ts';

const EVENTS = 100_000;
const SEED = Number(process.env.SEED ?? 20261121);

function pick<T>(from: readonly T[], random: Random): T {
  const one = from[Math.floor(random.next() * from.length)];
  if (one === undefined) throw new Error('There is nothing to pick from.');
  return one;
}

/** One world for a while: jobs, other programs that come and go, leases, pins, failing and hanging loads, a lost server, a blind probe. */
async function live(
  random: Random,
  mode: ServerMode,
): Promise<{ readonly events: number; readonly violations: readonly string[] }> {
  const models = Array.from({ length: 8 }, (_, i): WorldModel => {
    const bytes = Math.ceil((1 + random.next() * 17) * GiB);
    return {
      name: `m${i}:latest`,
      bytes,
      loadMs: 500 + random.next() * 4_000,
      runMs: 200 + random.next() * 3_000,
    };
  });
  const world = new SimulatedWorld({ models, random, mode, keepAliveMs: 60_000 });
  const { clock, loop } = world;
  const store = createMemoryStore({ clock, serverId: newId('srv', clock, random) });
  await store.start();
  const wishes = new WishIntake({
    loop,
    resolver: world.resolver,
    names: namesOfOllama(),
    store,
    clock,
    random,
  });
  world.onChange = () => wishes.stateChanged();
  let events = 0;
  const handle = loop.handle.bind(loop);
  loop.handle = (event) => {
    events += 1;
    handle(event);
  };
  const ignore = () => {};
  const things: readonly (() => void)[] = [
    () =>
      void world.submit(
        pick(models, random).name,
        randomPriority(random),
        `c${Math.floor(random.next() * 4)}`,
      ),
    () => void world.submit(pick(models, random).name, randomPriority(random), 'flood'),
    () => world.submit(pick(models, random).name, 'HIGH'),
    () => {
      world.foreignBytes = Math.floor(random.next() * 6 * GiB);
    },
    () => {
      world.foreignBytes = 0;
    },
    () =>
      void wishes
        .reserve({ owner: 'x', bytes: Math.ceil(random.next() * 4 * GiB), gpuId: null, leaseMs: 20_000 })
        .catch(ignore),
    () =>
      void wishes
        .pinModel({ model: pick(models, random).name, backendId: null, leaseMs: 15_000 })
        .catch(ignore),
    () => void wishes.unloadModel({ model: pick(models, random).name, backendId: null }).catch(ignore),
    () => {
      world.failingLoads += 1;
    },
    () => {
      if (!world.reachable) return;
      world.crash();
      clock.after(4_000, () => world.restart());
    },
    () => {
      world.probeWorks = !world.probeWorks;
    },
  ];
  for (let i = 0; i < 400; i += 1) {
    pick(things, random)();
    world.run(Math.floor(random.next() * 2_500));
  }
  world.foreignBytes = 0;
  world.probeWorks = true;
  world.failingLoads = 0;
  world.run(3_600_000);
  const left = world.unfinished === 0 ? [] : [`${world.unfinished} jobs were never finished`];
  return { events, violations: [...world.violations, ...left] };
}

it(`never overdraws a card that it could have known to be full, in ${EVENTS} events (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  for (let events = 0, worlds = 0; events < EVENTS; worlds += 1) {
    const seed = Math.floor(random.next() * 2 ** 32);
    const mode = worlds % 2 === 0 ? 'MANAGED' : 'ATTACHED';
    const outcome = await live(seededRandom(seed), mode);
    expect({ mode, seed, violations: outcome.violations }).toEqual({
      mode,
      seed,
      violations: [],
    });
    events += outcome.events;
  }
});

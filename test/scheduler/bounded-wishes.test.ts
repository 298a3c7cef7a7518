/** Whoever asks for a model is answered: it is there, it cannot be and why, or what stood in the way for so long. */
import { describe, expect, it } from 'vitest';
import { nextTurn, seededRandom } from '../../src/clock.ts';
import { newId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { WishIntake } from '../../src/scheduler/wishes/intake.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { namesOfOllama } from '../support/model-names.ts';
import type { ClusterModel } from './cluster-models.ts';
import { type ClusterServer, SimulatedCluster } from './simulated-cluster.ts';

const model = (name: string, gib: number): ClusterModel => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 3_000,
  runMs: 1_000,
});

async function started(models: readonly ClusterModel[], server: Partial<ClusterServer> = {}) {
  const random = seededRandom(1);
  const box: ClusterServer = { name: 'box', cards: [24 * GiB], mode: 'ATTACHED', ...server };
  const world = new SimulatedCluster({ servers: [box], models, random });
  const { clock, loop } = world;
  const store = createMemoryStore({ clock, serverId: newId('srv', clock, random) });
  await store.start();
  const wishes = new WishIntake({
    loop,
    resolver: world.models,
    names: namesOfOllama(),
    store,
    clock,
    random,
  });
  world.onChange = () => wishes.stateChanged();
  return { world, wishes };
}

const anywhere = { backendId: null, leaseMs: null };

/** What became of it within so long; 'waiting' when nothing. */
async function within(world: SimulatedCluster, asked: Promise<unknown>, ms: number): Promise<string> {
  let outcome = 'waiting';
  asked.then(
    () => {
      outcome = 'there';
    },
    (error: Error) => {
      outcome = error.message;
    },
  );
  for (let left = ms; left > 0 && outcome === 'waiting'; left -= 1_000) {
    world.run(1_000);
    await Promise.resolve();
    await nextTurn();
  }
  return outcome;
}

describe('a pin or a load that does not fit beside what is pinned', () => {
  it.each([
    ['ATTACHED', [24], 'b', 16],
    ['MANAGED', [24], 'b', 9],
    ['MANAGED', [24, 12], 'b', 21],
  ] as const)('is refused at once, with what is pinned (%s, %j)', async (mode, cards, name, gib) => {
    const { world, wishes } = await started([model('a', 16), model(name, gib)], {
      mode,
      cards: cards.map((each) => each * GiB),
    });
    expect(await within(world, wishes.pinModel({ ...anywhere, model: 'a' }), 20_000)).toBe('there');
    for (const ask of [
      () => wishes.pinModel({ ...anywhere, model: name }),
      () => wishes.loadModel({ model: name, backendId: null, contextLength: null }),
    ]) {
      const refused = expect(ask()).rejects;
      await refused.toMatchObject({
        code: 'INSUFFICIENT_VRAM',
        message: expect.stringContaining('a:latest'),
      });
    }
    expect(world.loop.state.wishes.pins).toHaveLength(1);
  });

  it('says that the memory of the host is short where its GPUs are not', async () => {
    const { world, wishes } = await started([model('a', 4), model('b', 4)], {
      mode: 'MANAGED',
      host: { totalBytes: 1.5 * GiB, bytesPerInstance: GiB },
    });
    expect(await within(world, wishes.pinModel({ ...anywhere, model: 'a' }), 20_000)).toBe('there');
    await expect(wishes.pinModel({ ...anywhere, model: 'b' })).rejects.toThrow(
      "needs 1.0 GiB of the host's memory and does not fit beside what is pinned (a:latest)",
    );
  });

  it('counts a pin whose model is not loaded yet', async () => {
    const { world, wishes } = await started([model('a', 16), model('b', 16)]);
    const first = wishes.pinModel({ ...anywhere, model: 'a' });
    await expect(wishes.pinModel({ ...anywhere, model: 'b' })).rejects.toMatchObject({
      code: 'INSUFFICIENT_VRAM',
    });
    expect(await within(world, first, 20_000)).toBe('there');
  });

  it('is loaded where there is room beside it, and after it was unpinned', async () => {
    const { world, wishes } = await started([model('a', 16), model('b', 16), model('c', 6)]);
    await within(world, wishes.pinModel({ ...anywhere, model: 'a' }), 20_000);
    expect(await within(world, wishes.pinModel({ ...anywhere, model: 'c' }), 20_000)).toBe('there');
    for (const name of ['a', 'c']) await wishes.unpinModel({ model: name, backendId: null });
    expect(await within(world, wishes.pinModel({ ...anywhere, model: 'b' }), 20_000)).toBe('there');
    expect(world.rules.violations).toEqual([]);
  });

  it('is refused where the number of models is the limit', async () => {
    const { world, wishes } = await started([model('a', 4), model('b', 4)], { maxLoadedModels: 1 });
    await within(world, wishes.pinModel({ ...anywhere, model: 'a' }), 20_000);
    await expect(wishes.pinModel({ ...anywhere, model: 'b' })).rejects.toThrow('a:latest');
  });
});

it('a load for which the host is too small is refused with what the host can give, not with what its GPUs can', async () => {
  const { wishes } = await started([model('a', 4)], {
    mode: 'MANAGED',
    host: { totalBytes: GiB / 2, bytesPerInstance: GiB },
  });
  const asked = wishes.loadModel({ model: 'a', backendId: null, contextLength: null });
  await expect(asked).rejects.toMatchObject({
    code: 'INSUFFICIENT_VRAM',
    message: expect.stringMatching(/1\.0 GiB of the host's memory; .* the host can give \d+ MiB now\.$/),
  });
});

describe('a model asked for behind the backlog of a resident', () => {
  it.each(['loadModel', 'pinModel'] as const)('is there within two minutes (%s)', async (how) => {
    const { world, wishes } = await started([model('a', 16), model('b', 16)]);
    for (let i = 0; i < 6_000; i += 1) world.submit({ model: 'a:latest' });
    world.run(60_000);
    const asked =
      how === 'loadModel'
        ? wishes.loadModel({ model: 'b', backendId: null, contextLength: null })
        : wishes.pinModel({ ...anywhere, model: 'b' });
    expect(await within(world, asked, 120_000)).toBe('there');
  });
});

describe('what cannot be answered soon', () => {
  it('is answered after ten minutes with what stands in the way', async () => {
    const { world, wishes } = await started([model('a', 16), model('b', 16)]);
    world.submit({ model: 'a:latest' });
    world.run(20_000);
    world.unloadMs = 24 * 3_600_000;
    const load = wishes.loadModel({ model: 'b', backendId: null, contextLength: null });
    const said = await within(world, load, 700_000);
    expect(said).toMatch(/^b is not in memory after 10 min 0 s\..*a:latest .*does not let go of it/);
    const unload = wishes.unloadModel({ model: 'a', backendId: null });
    expect(await within(world, unload, 700_000)).toMatch(/^a is still in memory after 10 min 0 s\./);
  });
});

describe('whoever waits for a model to come or go is answered', () => {
  const load = { model: 'b', backendId: null, contextLength: null };

  /** The only card is full, and stays so for a day. */
  async function stuck() {
    const s = await started([model('a', 16), model('b', 16)]);
    s.world.submit({ model: 'a:latest' });
    s.world.run(20_000);
    s.world.unloadMs = 24 * 3_600_000;
    return s;
  }

  it.each([
    ['its pin ends', 'pinModel', () => {}, /wanted no more/],
    [
      'it is unpinned',
      'pinModel',
      (s: WishIntake) => s.unpinModel({ model: 'b', backendId: null }),
      /wanted no more/,
    ],
    [
      'somebody unloads it',
      'loadModel',
      (s: WishIntake) => s.unloadModel({ model: 'b', backendId: null }),
      /wanted no more/,
    ],
    ['the server stops', 'loadModel', (s: WishIntake) => s.stop(), /server is stopping/],
    ['the server stops', 'pinModel', (s: WishIntake) => s.stop(), /server is stopping/],
  ] as const)('when %s (%s)', async (_when, how, happens, expected) => {
    const { world, wishes } = await stuck();
    const asked =
      how === 'loadModel'
        ? wishes.loadModel(load)
        : wishes.pinModel({ model: 'b', backendId: null, leaseMs: 60_000 });
    expect(await within(world, asked, 5_000)).toBe('waiting');
    await happens(wishes);
    expect(await within(world, asked, 90_000)).toMatch(expected);
  });

  it('with the backend that has gone away meanwhile', async () => {
    const { world, wishes } = await stuck();
    const asked = wishes.loadModel(load);
    world.run(5_000);
    world.crash('box', 3_600_000);
    expect(await within(world, asked, 700_000)).toMatch(/box does not answer/);
  });

  it('with the pause of the scheduler, and goes on when that ends', async () => {
    const { world, wishes } = await started([model('b', 16)]);
    world.loop.handle({ type: 'pause' });
    expect(await within(world, wishes.loadModel(load), 700_000)).toMatch(/scheduler is paused/);
    const again = wishes.loadModel(load);
    expect(await within(world, again, 5_000)).toBe('waiting');
    world.loop.handle({ type: 'resume' });
    expect(await within(world, again, 20_000)).toBe('there');
  });

  it('when it has left, although jobs bring it back at once', async () => {
    const { world, wishes } = await started([model('a', 16)]);
    for (let i = 0; i < 200; i += 1) world.submit({ model: 'a:latest' });
    world.run(10_000);
    const unload = wishes.unloadModel({ model: 'a', backendId: null });
    expect(await within(world, unload, 30_000)).toBe('there');
  });

  it('when it is pinned on its way out', async () => {
    const { world, wishes } = await started([model('a', 16)]);
    world.submit({ model: 'a:latest' });
    world.run(10_000);
    world.unloadMs = 20_000;
    const unload = wishes.unloadModel({ model: 'a', backendId: null });
    world.run(2_000);
    const pin = wishes.pinModel({ ...anywhere, model: 'a' });
    expect(await within(world, unload, 60_000)).toBe('there');
    expect(await within(world, pin, 60_000)).toBe('there');
  });
});

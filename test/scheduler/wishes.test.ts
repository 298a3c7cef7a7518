import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { InsufficientVramError, InvalidInputError, ModelNotFoundError } from '../../src/domain/errors.ts';
import { newId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { gpusOf } from '../../src/scheduler/ledger/cards.ts';
import { WishIntake } from '../../src/scheduler/wishes/intake.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { namesOfOllama } from '../support/model-names.ts';
import { BACKEND, randomPriority, SimulatedWorld, type WorldModel } from './simulated-world.ts';

const model = (name: string, gib: number, more: Partial<WorldModel> = {}): WorldModel => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 2_000,
  runMs: 1_000,
  ...more,
});

async function started(
  models: readonly WorldModel[],
  more: Partial<ConstructorParameters<typeof SimulatedWorld>[0]> = {},
) {
  const random = seededRandom(7);
  const world = new SimulatedWorld({ models, random, ...more });
  const store = createMemoryStore({ clock: world.clock, serverId: newId('srv', world.clock, random) });
  await store.start();
  const wishes = new WishIntake({
    loop: world.loop,
    resolver: world.resolver,
    names: namesOfOllama(),
    store,
    clock: world.clock,
    random,
  });
  world.onChange = () => wishes.stateChanged();
  const gpu = () => {
    const backend = world.loop.state.backends.get(BACKEND);
    const [first] = backend ? gpusOf(world.loop.state, backend) : [];
    if (!first) throw new Error('There is no GPU.');
    return first;
  };
  return { world, wishes, store, gpu };
}

const anyGpu = { owner: 'tests', gpuId: null, leaseMs: null };

describe('a reservation', () => {
  it('takes its bytes out of what may be given to models, and gives them back', async () => {
    const { world, wishes } = await started([model('a', 16)]);
    const { id } = await wishes.reserve({ ...anyGpu, client: 'ann', bytes: 10 * GiB });
    const asked = { client: 'ann', createdAt: expect.any(Number) };
    expect(wishes.reservations()).toMatchObject([{ id, ready: true, kind: 'LEASE', ...asked }]);
    world.submit('a:latest');
    world.run(10_000);
    expect(world.loads).toEqual([]);
    expect(await wishes.endReservation(id)).toBe(true);
    expect(await wishes.endReservation(id)).toBe(false);
    world.run(10_000);
    expect(world.unfinished).toBe(0);
  });

  it('is ready only after instances have made room, those with work too', async () => {
    const { world, wishes } = await started([model('a', 16, { parallel: 1 })]);
    for (let i = 0; i < 30; i += 1) world.submit('a:latest');
    world.run(5_000);
    const { id } = await wishes.reserve({ ...anyGpu, bytes: 12 * GiB });
    const ready = () => wishes.reservations().find((one) => one.id === id)?.ready;
    expect(ready()).toBe(false);
    world.run(10_000);
    expect(ready()).toBe(true);
    expect(world.residents()).toEqual([]);
    expect(world.violations).toEqual([]);
  });

  it('counts its owner’s own use once', async () => {
    const { world, wishes, gpu } = await started([model('a', 8)]);
    await wishes.reserve({ ...anyGpu, bytes: 10 * GiB });
    world.foreignBytes = 9 * GiB;
    world.observe();
    expect(gpu().usage).toMatchObject({ reservedBytes: 10 * GiB, foreignBytes: 0, freeBytes: 14 * GiB });
    world.foreignBytes = 12 * GiB;
    world.observe();
    expect(gpu().usage).toMatchObject({
      reservedBytes: 10 * GiB,
      foreignBytes: 2 * GiB,
      freeBytes: 12 * GiB,
    });
  });

  it('ends with its lease', async () => {
    const { world, wishes } = await started([model('a', 16)]);
    await wishes.reserve({ ...anyGpu, bytes: 10 * GiB, leaseMs: 60_000 });
    world.submit('a:latest');
    world.run(50_000);
    expect(world.loads).toEqual([]);
    world.run(20_000);
    expect(wishes.reservations()).toEqual([]);
    expect(world.unfinished).toBe(0);
  });

  it('outlives a restart', async () => {
    const { world, wishes, store } = await started([model('a', 16)]);
    await wishes.reserve({ ...anyGpu, client: 'ann', bytes: 10 * GiB, leaseMs: 60_000 });
    await wishes.reserve({ ...anyGpu, bytes: 2 * GiB, leaseMs: 1_000 });
    const [{ createdAt } = {}] = wishes.reservations();
    world.run(5_000);
    const next = new SimulatedWorld({ models: [model('a', 16)], random: seededRandom(1) });
    next.clock.advance(5_000);
    const again = new WishIntake({
      loop: next.loop,
      resolver: next.resolver,
      names: namesOfOllama(),
      store,
      clock: next.clock,
      random: seededRandom(1),
    });
    await again.start();
    expect(again.reservations()).toMatchObject([{ bytes: 10 * GiB, client: 'ann', createdAt }]);
  });

  it('is refused with the figure when no GPU could ever give so much, or when it makes no sense', async () => {
    const { wishes } = await started([]);
    await expect(wishes.reserve({ ...anyGpu, bytes: 30 * GiB })).rejects.toMatchObject({
      requiredBytes: 30 * GiB,
      largestBytes: 24 * GiB,
    });
    await expect(wishes.reserve({ ...anyGpu, bytes: 30 * GiB })).rejects.toThrow(InsufficientVramError);
    await expect(
      wishes.reserve({ owner: ' ', bytes: 0, gpuId: 'gpu_x' as never, leaseMs: -1 }),
    ).rejects.toThrow(InvalidInputError);
  });
});

describe('a pin', () => {
  it('leaves no room for a reservation that would need its memory', async () => {
    const { world, wishes } = await started([model('a', 16)]);
    const pinned = wishes.pinModel({ model: 'a', backendId: null, leaseMs: null });
    world.run(5_000);
    await pinned;
    await expect(wishes.reserve({ ...anyGpu, bytes: 10 * GiB })).rejects.toMatchObject({
      largestBytes: 8 * GiB,
    });
  });

  it('loads the model, and neither keep-alive nor a swap takes it away', async () => {
    const { world, wishes } = await started([model('a', 16), model('b', 16)], { keepAliveMs: 30_000 });
    const pinned = wishes.pinModel({ model: 'a', backendId: null, leaseMs: null });
    world.run(5_000);
    expect((await pinned).status).toBe('READY');
    const job = world.submit('b:latest', 'HIGH');
    world.run(120_000);
    expect(world.residents()).toEqual(['a:latest']);
    await wishes.unpinModel({ model: 'a', backendId: null });
    world.run(30_000);
    expect(job.finishedAt).not.toBeNull();
  });

  it('can be taken off a model that was deleted meanwhile, for good', async () => {
    const { world, wishes, store } = await started([model('a', 16)]);
    const pinned = wishes.pinModel({ model: 'a', backendId: null, leaseMs: null });
    world.run(5_000);
    await pinned;
    world.deleted.add('a:latest');
    await wishes.unpinModel({ model: 'a', backendId: null });
    expect(world.loop.state.wishes.pins).toEqual([]);
    expect([...(await store.recall('pins')).values()]).toEqual([null]);
    await expect(wishes.unpinModel({ model: 'a', backendId: null })).rejects.toThrow(ModelNotFoundError);
  });

  it('on every backend goes when it is unpinned on none in particular', async () => {
    const { world, wishes } = await started([model('a', 16)]);
    const pinned = wishes.pinModel({ model: 'a', backendId: BACKEND, leaseMs: null });
    world.run(5_000);
    await pinned;
    await wishes.unpinModel({ model: 'a', backendId: null });
    expect(world.loop.state.wishes.pins).toEqual([]);
  });

  it('comes back by itself after its server was lost, and ends with its lease', async () => {
    const { world, wishes } = await started([model('a', 16)], { keepAliveMs: 10_000 });
    const pinned = wishes.pinModel({ model: 'a', backendId: null, leaseMs: 100_000 });
    world.run(5_000);
    await pinned;
    world.crash();
    world.run(3_000);
    world.restart();
    world.run(10_000);
    expect(world.residents()).toEqual(['a:latest']);
    world.run(120_000);
    expect(world.residents()).toEqual([]);
  });
});

describe('a longer keep-alive', () => {
  const SETTINGS = { keepAliveMs: 10_000 };

  /** Has been used once, by a request that asked for these keep-alives in turn. */
  async function used(...asked: readonly (number | null)[]) {
    const t = await started([model('a', 16), model('b', 16)], SETTINGS);
    t.world.submit('a:latest');
    const honoured = asked.map((ms) => t.wishes.lengthenKeepAlive('a', ms));
    t.world.run(5_000);
    return { ...t, honoured };
  }

  it.each([
    ['nothing', [], 1_000],
    ['less than is configured', [1_000, 0, -5], 1_000],
    ['a minute', [60_000], 50_000],
    ['a minute, and then five seconds', [60_000, 5_000], 50_000],
  ])('than configured: %s', async (_, asked, staysMs) => {
    const { world, honoured } = await used(...asked);
    expect(honoured).toEqual(asked.map((ms) => ms === 60_000));
    world.run(staysMs);
    expect(world.residents()).toEqual(['a:latest']);
    world.run(20_000);
    expect(world.residents()).toEqual([]);
  });

  it('for ever keeps it from idleness and from nobody who waits, and is over when it has gone', async () => {
    const { world, wishes } = await used(null, 5_000);
    world.run(86_400_000);
    expect(world.residents()).toEqual(['a:latest']);
    const job = world.submit('b:latest');
    world.run(10_000);
    expect(job.finishedAt).not.toBeNull();
    expect(world.residents()).toEqual(['b:latest']);
    world.run(20_000);
    world.submit('a:latest');
    world.run(5_000);
    expect(world.residents()).toEqual(['a:latest']);
    world.run(20_000);
    expect(world.residents()).toEqual([]);
    expect(world.loop.state.wishes.keepAlives.size).toBe(0);
    expect(wishes.lengthenKeepAlive('unknown', null)).toBe(false);
  });

  it('counts for a model that is in memory already', async () => {
    const { world, wishes } = await used();
    wishes.lengthenKeepAlive('a', null);
    world.run(60_000);
    expect(world.residents()).toEqual(['a:latest']);
  });
});

describe('a model asked for', () => {
  it('tells when its load failed, and is tried again', async () => {
    const { world, wishes } = await started([model('a', 16)], { failingLoads: 1 });
    const wanted = wishes.loadModel({ model: 'a', backendId: null, contextLength: null });
    const refused = expect(wanted).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    world.run(3_000);
    await refused;
    world.run(10_000);
    expect(world.residents()).toEqual(['a:latest']);
  });

  it('is loaded in the place of an idle one, and unloaded when asked', async () => {
    const { world, wishes } = await started([model('a', 16), model('b', 16)]);
    world.submit('a:latest');
    world.run(10_000);
    const wanted = wishes.loadModel({ model: 'b', backendId: null, contextLength: null });
    world.run(10_000);
    expect((await wanted).status).toBe('READY');
    expect(world.residents()).toEqual(['b:latest']);
    const gone = wishes.unloadModel({ model: 'b', backendId: null });
    world.run(5_000);
    await gone;
    expect(world.residents()).toEqual([]);
  });

  it('is refused when it is unknown or too large', async () => {
    const { wishes } = await started([model('huge', 40)]);
    await expect(wishes.loadModel({ model: 'nope', backendId: null, contextLength: null })).rejects.toThrow(
      ModelNotFoundError,
    );
    await expect(
      wishes.loadModel({ model: 'huge', backendId: null, contextLength: null }),
    ).rejects.toMatchObject({ requiredBytes: 40 * GiB });
  });

  it('that is missing is said once for each reason, and is loaded when it has come', async () => {
    const { world, wishes } = await started([model('a', 4), model('b', 4)]);
    world.deleted.add('a:latest');
    const said = () =>
      world.loop.decisions.all().filter(({ explanation }) => /No backend has it/.test(explanation));
    wishes.keepWarm('a', true);
    wishes.keepWarm('nowhere', false);
    world.run(120_000);
    expect(said().map(({ modelName, kind }) => [modelName, kind])).toEqual([
      ['a:latest', 'WAIT'],
      ['nowhere:latest', 'WAIT'],
    ]);
    expect(said()[0]?.explanation).toContain('kept warm');
    expect(world.missingModels).toEqual(['a:latest', 'nowhere:latest']);
    world.deleted.delete('a:latest');
    world.run(10_000);
    expect(world.residents()).toEqual(['a:latest']);
    // Lost again, it is news again.
    world.deleted.add('a:latest');
    world.run(10_000);
    expect(said()).toHaveLength(3);
  });

  it('is not called missing before its backend has told its models', async () => {
    const { world, wishes } = await started([model('a', 4)], { listed: false });
    wishes.keepWarm('nowhere', false);
    world.run(20_000);
    expect(world.missingModels).toEqual([]);
  });

  it('only to be warm takes free memory and pushes nobody out', async () => {
    const { world, wishes } = await started([model('a', 16), model('b', 16), model('c', 4)]);
    world.submit('a:latest');
    world.run(10_000);
    wishes.keepWarm('b', false);
    wishes.keepWarm('c', false);
    world.run(20_000);
    expect(world.residents().toSorted()).toEqual(['a:latest', 'c:latest']);
  });
});

describe('the ledger', () => {
  it('lets idle instances go when other programs have overdrawn the card for a while, not at once', async () => {
    const { world } = await started([model('a', 16)]);
    world.submit('a:latest');
    world.run(6_000);
    world.foreignBytes = 10 * GiB;
    world.observe();
    world.run(4_000);
    expect(world.residents()).toEqual(['a:latest']);
    world.run(15_000);
    expect(world.residents()).toEqual([]);
  });

  it('holds a tenth of the card back from new loads while its reading is stale', async () => {
    const { world } = await started([model('a', 12), model('b', 11)]);
    world.submit('a:latest');
    world.run(6_000);
    world.probeWorks = false;
    world.run(10_000);
    // 12 GiB were free at the last good reading: 11 fit, but not 11 and the tenth that is uncertain.
    world.submit('b:latest');
    world.run(12_000);
    expect(world.residents()).toEqual(['b:latest']);
    expect(world.violations).toEqual([]);
  });
});

describe('an Ollama that judges by itself', () => {
  it('is never given a load for which it would evict', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        const models = Array.from({ length: 8 }, (_, i) =>
          model(`m${i}`, 1 + Math.floor(random.next() * 15)),
        );
        const world = new SimulatedWorld({ models, random, mode: 'ATTACHED', unloadStallMs: 5_000 });
        for (let i = 0; i < 60; i += 1) {
          world.submit(models[Math.floor(random.next() * models.length)]?.name ?? '', randomPriority(random));
          world.run(Math.floor(random.next() * 3_000));
        }
        world.run(1_800_000);
        expect(world.unfinished).toBe(0);
        expect(world.violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('is woken by an unload when a load of its hangs', () => {
    const world = new SimulatedWorld({
      models: [model('a', 4), model('b', 4)],
      random: seededRandom(1),
      mode: 'ATTACHED',
    });
    world.submit('a:latest');
    world.run(6_000);
    world.hangingLoads = 1;
    const job = world.submit('b:latest');
    world.run(14_000);
    expect(job.startedAt).toBeNull();
    world.run(15_000);
    expect(job.finishedAt).not.toBeNull();
  });
});

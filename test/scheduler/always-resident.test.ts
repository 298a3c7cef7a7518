/** A server whose memory is decided by whoever runs it: nothing is loaded there, nothing leaves, and what it holds is used. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { InvalidInputError } from '../../src/domain/errors.ts';
import { newId } from '../../src/domain/ids.ts';
import type { JobPriority } from '../../src/domain/job.ts';
import { GiB } from '../../src/domain/units.ts';
import { WishIntake } from '../../src/scheduler/wishes/intake.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { namesOfOllama } from '../support/model-names.ts';
import { BACKEND, SimulatedWorld, type WorldModel } from './simulated-world.ts';
import { whyItWaits } from './why-it-waits.ts';

const model = (name: string, gib: number): WorldModel => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 2_000,
  runMs: 1_000,
});

/** `there` is in memory, `absent` is not, although there is room for both. */
function world(options: { readonly keepAliveMs?: number; readonly there?: number } = {}): SimulatedWorld {
  const { there = 8, ...more } = options;
  const created = new SimulatedWorld({
    models: [model('there', there), model('absent', 4)],
    random: seededRandom(1),
    capabilities: { alwaysResident: true },
    ...more,
  });
  created.loadForOthers('there:latest');
  created.observe();
  return created;
}

async function started() {
  const created = world();
  const { clock, loop } = created;
  const random = seededRandom(2);
  const store = createMemoryStore({ clock, serverId: newId('srv', clock, random) });
  await store.start();
  const wishes = new WishIntake({
    loop,
    resolver: created.resolver,
    names: namesOfOllama(),
    store,
    clock,
    random,
  });
  created.onChange = () => wishes.stateChanged();
  return { world: created, wishes };
}

const takeForOthers = (box: SimulatedWorld) => {
  box.foreignBytes = 20 * GiB;
};

const statuses = ({ loop }: SimulatedWorld) =>
  [...loop.state.instances.values()].map(({ variant, status }) => `${variant.modelName} ${status}`);

describe('on a server that holds what it serves', () => {
  it('jobs run on what is there', () => {
    const box = world();
    for (let i = 0; i < 20; i += 1) box.submit('there:latest');
    box.run(30_000);
    expect(box.unfinished).toBe(0);
    expect(box.loads).toEqual([]);
    expect(box.violations).toEqual([]);
  });

  it.each<JobPriority>(['HIGH', 'NORMAL', 'LOW'])(
    'nothing is loaded for a %s job, however long it waits, and it is told whom to ask',
    (priority) => {
      const box = world();
      const job = box.submit('absent:latest', priority);
      box.run(2 * 60 * 60_000);
      expect(box.loads).toEqual([]);
      expect(job).toMatchObject({ startedAt: null, finishedAt: null });
      const told = whyItWaits(box, job);
      expect(told).toMatchObject({ reason: 'MODEL_UNAVAILABLE' });
      expect(told?.explanation).toContain('whoever runs that');
      box.loadForOthers('absent:latest');
      box.run(10_000);
      expect(box.unfinished).toBe(0);
    },
  );

  it.each([
    ['its keep-alive is over', world({ keepAliveMs: 5_000 }), () => {}],
    ['its name has other weights', world(), (box: SimulatedWorld) => box.pull('there:latest')],
    ['other programs overdraw the card', world(), takeForOthers],
    [
      'another model waits for all of the card',
      world({ there: 22 }),
      (box: SimulatedWorld) => void box.submit('absent:latest', 'HIGH'),
    ],
  ])('nothing leaves when %s', (_name, box, happen) => {
    box.run(4_000);
    happen(box);
    box.run(10 * 60_000);
    expect(statuses(box)).toEqual(['there:latest READY']);
    expect(box.residents()).toEqual(['there:latest']);
  });

  it('neither loads nor unloads can be asked for, and what is there can be pinned', async () => {
    const { world: box, wishes } = await started();
    const absent = { model: 'absent', backendId: null };
    const there = { model: 'there', backendId: null };
    await expect(wishes.loadModel({ ...absent, contextLength: null })).rejects.toThrow(InvalidInputError);
    await expect(wishes.pinModel({ ...absent, leaseMs: null })).rejects.toThrow('whoever runs it');
    await expect(wishes.unloadModel(there)).rejects.toThrow(InvalidInputError);
    await expect(wishes.unloadModel({ ...there, backendId: BACKEND })).rejects.toMatchObject({
      issues: [{ path: ['backendId'] }],
    });
    expect(await wishes.pinModel({ ...there, leaseMs: null })).toMatchObject({ status: 'READY' });
    expect(await wishes.loadModel({ ...there, contextLength: null })).toMatchObject({ status: 'READY' });
    wishes.keepWarm('absent', true);
    box.run(10 * 60_000);
    expect(box.loads).toEqual([]);
    expect(statuses(box)).toEqual(['there:latest READY']);
  });

  it('a model that is larger than the cards is no reason to end its jobs', () => {
    const box = new SimulatedWorld({
      models: [model('huge', 100)],
      random: seededRandom(1),
      capabilities: { alwaysResident: true },
    });
    box.submit('huge:latest');
    box.run(5 * 60_000);
    expect(box.jobs).toMatchObject([{ startedAt: null, finishedAt: null }]);
  });
});

/** Readings on their way to who goes by them. */
import { describe, expect, it } from 'vitest';
import { Observations } from '../../../src/app/scheduling/observations.ts';
import { seededRandom } from '../../../src/clock.ts';
import type { BackendObservation } from '../../../src/domain/observation.ts';
import { GiB } from '../../../src/domain/units.ts';
import { BACKEND, SimulatedWorld } from '../../scheduler/simulated-world.ts';
import { modelInfo } from '../../support/system-fixture.ts';

const MODEL = { name: 'a:latest', bytes: 4 * GiB, loadMs: 1_000, runMs: 1_000 };
const card = (usedBytes: number) =>
  ({
    key: 'GPU-0',
    index: 0,
    name: 'virtual',
    totalBytes: 24 * GiB,
    usedBytes,
    processes: [],
    source: 'VIRTUAL',
    sampledAt: 0,
  }) as const;

const HEALTHY: BackendObservation = {
  backendId: BACKEND,
  startedAt: 0,
  at: 0,
  health: 'HEALTHY',
  problem: null,
  version: '0.33.0',
  residents: null,
  host: null,
  gpus: null,
  probeProblem: null,
  models: null,
};

function world({ isShared = true, hasProbe = true } = {}) {
  const server = new SimulatedWorld({ models: [MODEL], random: seededRandom(1) });
  server.loadForOthers(MODEL.name);
  server.observe();
  /** Who heard, in order. */
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const backend = {
    library: { prefer: (names: ReadonlySet<string>) => say(`prefers ${[...names].join()}`) },
    standReady: (gpus: readonly unknown[]) => say(`stands ready on ${gpus.length}`),
  };
  const settings = { headroomBytes: 0 };
  const built = { backend, settings, probe: hasProbe ? {} : null } as never;
  const observations = new Observations({
    backends: new Map([[BACKEND, built]]),
    backlog: server.backlog,
    registry: {
      observe: () => say('registry'),
      observeRoom: () => say('room'),
      resolve: (queue) => server.resolver.resolve(queue),
    },
    loop: {
      get state() {
        return server.loop.state;
      },
      handle: (event) => {
        const residents = event.type === 'observed' ? event.observation.residents : null;
        say(`loop ${residents?.map(({ ours }) => (ours ? 'ours' : 'theirs')).join() ?? 'nothing'}`);
      },
    },
    executor: { memoryMoved: () => say('moved') },
    ownLoads: { marked: (_id, residents) => residents.map((each) => ({ ...each, ours: true })) },
    isShared: () => isShared,
  });
  const observe = (more: Partial<BackendObservation>) => {
    observations.observed({ ...HEALTHY, ...more });
    return told.splice(0);
  };
  return { server, observe, observations };
}

const resident = {
  modelName: MODEL.name,
  digest: 'd',
  contextLength: 4096,
  sizeBytes: 1,
  vramBytes: 1,
  expiresAt: null,
  parallel: null,
  gpuKeys: null,
};

describe('a reading', () => {
  it('reaches the registry before the loop, which tells residents apart by the models', () => {
    const { observe, server } = world();
    server.submit('a:latest');
    const heard = observe({ models: [modelInfo('a:latest')], gpus: [card(4 * GiB)], residents: [resident] });
    expect(heard).toEqual(['prefers a:latest', 'registry', 'room', 'loop ours', 'stands ready on 1']);
  });

  it.each([
    [true, 'ours'],
    [false, 'theirs'],
  ])('marks what we loaded where others load too (%s)', (isShared, whose) => {
    expect(world({ isShared }).observe({ residents: [resident] })).toContain(`loop ${whose}`);
  });

  it.each([
    ['another use of a card', { gpus: [card(7 * GiB)] }, true, true],
    ['the same use of it', { gpus: [card(4 * GiB)] }, true, false],
    ['no card', {}, true, false],
    ['another use, where nobody else loads', { gpus: [card(7 * GiB)] }, false, false],
  ])('with %s is a sign that a load gets on or is none', (_case, more, isShared, isSign) => {
    expect(world({ isShared }).observe(more).includes('moved')).toBe(isSign);
  });

  it.each([
    ['that answers', { gpus: [card(0)] }, true, 'stands ready on 1'],
    ['on a host whose GPUs do not count', { gpus: [card(0)] }, false, 'stands ready on 0'],
    ['that does not answer', { gpus: [card(0)], health: 'UNREACHABLE' }, true, null],
    ['whose GPUs were not read', {}, true, null],
  ] as const)('has a backend %s stand ready where it can be used', (_case, more, hasProbe, expected) => {
    const heard = world({ hasProbe })
      .observe(more)
      .find((one) => one.startsWith('stands'));
    expect(heard ?? null).toBe(expected);
  });
});

it('a backend is worth asking until it was found not to answer', () => {
  const { observations, server, observe } = world();
  server.loop.handle({ type: 'observed', observation: { ...HEALTHY, health: 'UNREACHABLE' } });
  expect(observations.mayAnswer(BACKEND)).toBe(true);
  observe({ health: 'UNREACHABLE' });
  expect(observations.mayAnswer(BACKEND)).toBe(false);
  server.observe();
  expect(observations.mayAnswer(BACKEND)).toBe(true);
});

import { describe, expect, test } from 'vitest';
import { nextTurn, VirtualClock } from '../../src/clock.ts';
import type { BackendReading } from '../../src/domain/backend.ts';
import { BackendError } from '../../src/domain/errors.ts';
import type { GpuDetail, GpuProbe } from '../../src/domain/gpu.ts';
import { stableId } from '../../src/domain/ids.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import type { MonitoredBackend } from '../../src/monitor/backend-watch.ts';
import { createMonitor } from '../../src/monitor/monitor.ts';

const ID = stableId('bkd', 'box');
const UP: BackendReading = { version: '0.33.0', residents: [], host: null };
const DOWN = new BackendError('BACKEND_UNREACHABLE', 'wait', 'Nothing listens there.');
const SLOW = new BackendError('BACKEND_ERROR', 'wait', 'It did not answer in time.');

/** A backend whose answers a test gives one by one, in virtual time. */
function scripted(options: { readonly intervalMs?: number; readonly probe?: GpuProbe } = {}) {
  const clock = new VirtualClock();
  const seen: BackendObservation[] = [];
  const said: string[] = [];
  let asked: PromiseWithResolvers<BackendReading>[] = [];
  let lists = 0;
  let list: () => Promise<readonly ModelInfo[]> = async () => [];
  const backend: MonitoredBackend = {
    id: ID,
    name: 'box',
    inspect: () => {
      const question = Promise.withResolvers<BackendReading>();
      asked.push(question);
      return question.promise;
    },
    library: {
      list: () => {
        lists += 1;
        return list();
      },
    },
  };
  const say = (text: string) => void said.push(text);
  const monitor = createMonitor({
    backends: [{ backend, probe: options.probe ?? null }],
    clock,
    intervalMs: options.intervalMs ?? 2_000,
    onReading: (_id, observation) => seen.push(observation),
    logger: { info: say, warn: say, error: say },
  });
  return {
    clock,
    monitor,
    seen,
    said,
    questions: () => asked.length,
    lists: () => lists,
    models(answer: () => Promise<readonly ModelInfo[]>) {
      list = answer;
    },
    /** Answers the question that is open, and waits until it was taken in. */
    async answer(reading: BackendReading | Error) {
      const [question, ...rest] = asked;
      if (!question) throw new Error('Nobody asks.');
      asked = rest;
      if (reading instanceof Error) question.reject(reading);
      else question.resolve(reading);
      await nextTurn();
    },
    async advance(ms: number) {
      clock.advance(ms);
      await nextTurn();
    },
  };
}

describe('the monitor', () => {
  test('reads again and again, the next time so long after the last', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(UP);
    await world.advance(1_999);
    expect(world.questions()).toBe(0);
    await world.advance(1);
    expect(world.questions()).toBe(1);
    await world.answer(UP);
    expect(world.seen.map((observation) => observation.health)).toEqual(['HEALTHY', 'HEALTHY']);
    await world.monitor.stop();
  });

  test('never asks twice at a time, however slow the answer and whoever pokes', async () => {
    const world = scripted();
    await world.monitor.start();
    const pokes = [world.monitor.poke(ID), world.monitor.poke(ID)];
    await world.advance(60_000);
    expect(world.questions()).toBe(1);
    await world.answer(UP);
    expect(world.seen).toHaveLength(1);
    expect(world.questions()).toBe(1);
    await world.answer(UP);
    await Promise.all(pokes);
    expect(world.seen).toHaveLength(2);
    expect(world.questions()).toBe(0);
    await world.monitor.stop();
  });

  test('reads at once when poked, and resolves the poke after the report', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(UP);
    const poke = world.monitor.poke(ID);
    await world.answer({ ...UP, version: '0.34.0' });
    await poke;
    expect(world.seen.at(-1)?.version).toBe('0.34.0');
    await world.monitor.stop();
  });

  test('lets a reading that is under way answer a poke for which it began late enough', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(UP);
    const began = world.clock.now();
    const first = world.monitor.poke(ID);
    await world.advance(10);
    const pokes = [world.monitor.poke(ID, { since: began }), world.monitor.poke(ID, { since: began + 1 })];
    const answered: number[] = [];
    for (const [place, poke] of pokes.entries()) poke.then(() => answered.push(place));
    await world.answer(UP);
    await first;
    expect(answered).toEqual([0]);
    await world.answer(UP);
    await Promise.all(pokes);
    expect(world.questions()).toBe(0);
    await world.monitor.stop();
  });

  test('asks the cards for no more than is wanted, and for everything by itself', async () => {
    const asked: (GpuDetail | undefined)[] = [];
    const probe: GpuProbe = {
      kind: 'virtual',
      lagMs: 0,
      problem: null,
      start: async () => {},
      stop: async () => {},
      read: async (detail) => {
        asked.push(detail);
        return [];
      },
    };
    const world = scripted({ probe });
    await world.monitor.start();
    await world.answer(UP);
    expect(world.lists()).toBe(1);
    const memory = world.monitor.poke(ID, { detail: 'memory' });
    const everything = world.monitor.poke(ID, { since: world.clock.now() });
    await world.answer(UP);
    await memory;
    await world.answer(UP);
    await everything;
    await world.advance(2_000);
    await world.answer(UP);
    expect(asked).toEqual(['everything', 'memory', 'everything', 'everything']);
    expect(world.seen.map(({ gpuDetail }) => gpuDetail)).toEqual(asked);
    await world.monitor.stop();
  });

  test('loses no poke that comes on the heels of another', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(UP);
    const both = world.monitor.poke(ID).then(() => world.monitor.poke(ID));
    await world.answer(UP);
    expect(world.questions()).toBe(1);
    await world.answer(UP);
    await both;
    await world.monitor.stop();
  });

  test('asks a lost backend ever less often, up to ten seconds, and says loss and return once', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(DOWN);
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      await world.advance(pauseMs - 1);
      expect(world.questions()).toBe(0);
      await world.advance(1);
      await world.answer(DOWN);
    }
    expect(world.seen.at(-1)).toMatchObject({
      health: 'UNREACHABLE',
      problem: 'Nothing listens there.',
      residents: null,
      version: null,
    });
    await world.advance(10_000);
    await world.answer(UP);
    expect(world.seen.at(-1)).toMatchObject({ health: 'HEALTHY', problem: null, version: '0.33.0' });
    // Nobody had it before, so that it could be lost.
    expect(world.said).toEqual(['A backend is back']);
    for (const answer of [DOWN, UP]) {
      await world.advance(2_000);
      await world.answer(answer);
    }
    expect(world.said).toEqual(['A backend is back', 'Lost a backend', 'A backend is back']);
    await world.monitor.stop();
  });

  test('takes slow answers for a busy backend, and only several in a row for a loss', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(UP);
    for (let slow = 0; slow < 3; slow += 1) {
      await world.advance(10_000);
      await world.answer(SLOW);
    }
    expect(world.seen.map((observation) => observation.health)).toEqual([
      'HEALTHY',
      'DEGRADED',
      'DEGRADED',
      'UNREACHABLE',
    ]);
    expect(world.seen.at(-1)?.version).toBe('0.33.0');
    await world.monitor.stop();
  });

  test('takes an address where no Ollama answers for a loss at once', async () => {
    const world = scripted();
    await world.monitor.start();
    await world.answer(new BackendError('BACKEND_ERROR', 'none', 'No Ollama.'));
    expect(world.seen[0]).toMatchObject({ health: 'UNREACHABLE', problem: 'No Ollama.' });
    await world.monitor.stop();
  });

  test('lists the models at first contact, every half minute, when asked to, and after a loss', async () => {
    const world = scripted({ intervalMs: 10_000 });
    await world.monitor.start();
    await world.answer(UP);
    expect(world.seen[0]?.models).toEqual([]);
    for (const listed of [null, null, [], null]) {
      await world.advance(10_000);
      await world.answer(UP);
      expect(world.seen.at(-1)?.models).toEqual(listed);
    }
    const poke = world.monitor.poke(ID, { models: true });
    await world.answer(UP);
    await poke;
    expect(world.seen.at(-1)?.models).toEqual([]);
    await world.advance(10_000);
    await world.answer(DOWN);
    await world.advance(1_000);
    await world.answer(UP);
    expect(world.seen.at(-1)?.models).toEqual([]);
    expect(world.lists()).toBe(4);
    await world.monitor.stop();
  });

  test('calls a backend whose models cannot be listed degraded, and tries the list again', async () => {
    const world = scripted();
    world.models(async () => {
      throw SLOW;
    });
    await world.monitor.start();
    await world.answer(UP);
    expect(world.seen[0]).toMatchObject({
      health: 'DEGRADED',
      models: null,
      residents: [],
      problem: SLOW.message,
    });
    world.models(async () => []);
    await world.advance(2_000);
    await world.answer(UP);
    expect(world.seen[1]).toMatchObject({ health: 'HEALTHY', models: [] });
    await world.monitor.stop();
  });

  test('goes on when whoever listens throws', async () => {
    const world = scripted();
    world.seen.push = () => {
      throw new Error('listener');
    };
    await world.monitor.start();
    await world.answer(UP);
    await world.advance(2_000);
    expect(world.questions()).toBe(1);
    expect(world.said).toEqual(['A reading could not be taken in']);
    const stopped = world.monitor.stop();
    await world.answer(UP);
    await stopped;
  });

  test('reports nothing after it was stopped, and leaves no poke waiting', async () => {
    const world = scripted();
    await world.monitor.start();
    const poke = world.monitor.poke(ID);
    const stopped = world.monitor.stop();
    await world.answer(UP);
    await Promise.all([stopped, poke, world.monitor.poke(ID), world.monitor.stop()]);
    expect(world.seen).toEqual([]);
    expect(world.clock.nextDue()).toBeUndefined();
  });
});

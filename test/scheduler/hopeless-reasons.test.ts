/** What is said of jobs for which no room can be made, before they end; and of models of which a server has not told enough yet. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { type BackendId, newId } from '../../src/domain/ids.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import { explainedBySlots } from '../../src/scheduler/decide/impossible.ts';
import { explain } from '../../src/scheduler/explain/explain.ts';
import { refusedAt } from '../../src/scheduler/loads/refuse-impossible.ts';
import { loadOption } from '../../src/scheduler/snapshot/options.ts';
import { WishIntake } from '../../src/scheduler/wishes/intake.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { namesOfOllama } from '../support/model-names.ts';
import { MemoryWorld, type TruthModel } from './memory-world.ts';

const M = 'm:latest';
const queue = queueKey({ model: M, contextLength: null });

const world = (model: Partial<TruthModel>, mode: 'ATTACHED' | 'MANAGED' = 'MANAGED') =>
  new MemoryWorld({
    mode,
    cards: [24 * GiB],
    models: [{ name: M, estimate: () => 10 * GiB, truth: () => 30 * GiB, ...model }],
  });

function why(
  w: MemoryWorld,
  more: { readonly awaitedOf?: readonly string[]; readonly options?: 'none' } = {},
) {
  const now = w.clock.now();
  const [backendId] = w.loop.state.backends.keys();
  const option = backendId === undefined ? null : loadOption(queue, backendId, w);
  const options = option && more.options !== 'none' ? [option] : [];
  const job = {
    status: 'PENDING',
    notBefore: null,
    modelName: M,
    queue,
    priority: 'NORMAL',
    createdAt: now,
  } as never;
  const { awaitedOf = [] } = more;
  return explain(
    {
      ...{ job, options, modelsKnown: true, faults: [], awaitedOf },
      verdict: more.options === 'none' ? null : w.loop.verdictOf(queue),
      refusedAt: refusedAt(w.loop.state, queue),
    },
    now,
  );
}

describe('a job for which no room can be made', () => {
  test.each(['ATTACHED', 'MANAGED'] as const)(
    'is told so, and when it fails, not that it is tried again (%s)',
    (mode) => {
      const w = world({}, mode);
      w.submit(M);
      for (let i = 0; w.loop.state.refusals.size === 0 && i < 600; i += 1) w.run(2_000);
      expect(w.failures).toEqual([]);
      const text = why(w)?.explanation ?? '';
      expect(text).toMatch(/ran out of memory \d+ times in a row.*The job fails in \d/);
      expect(text).not.toContain('tried again');
      w.run(32_000);
      expect(w.failures).toHaveLength(1);
      for (const words of ['out of memory', 'What would help', 'smaller contextLength'])
        expect(w.failures[0]?.message.split(words)).toHaveLength(words === 'out of memory' ? 3 : 2);
    },
  );

  test('is told the same where it is only predicted to be too large', () => {
    const w = world({ estimate: () => 40 * GiB });
    w.submit(M);
    w.run(10_000);
    expect(why(w)?.explanation).toMatch(
      /is predicted to take 40\.0 GiB.*What would help.*The job fails in 2\d/,
    );
  });
});

describe('the slots that a server takes memory for', () => {
  const option = (footprint: number, more: readonly (readonly [number, number])[]) =>
    ({
      footprintBytes: footprint * GiB,
      marginBytes: 0,
      withMoreSlots: more.map(([slots, gib]) => ({ slots, bytes: gib * GiB })),
    }) as never;
  const say = (footprint: number, more: readonly (readonly [number, number])[], room: number) =>
    explainedBySlots(option(footprint, more), { name: 'box' }, { roomBytes: room * GiB });

  test.each([
    [20, 2],
    [28, 4],
    [45, 8],
  ])('are named where more of them explain what ran out of memory in %i GiB', (room, slots) => {
    const text = say(
      10,
      [
        [2, 22],
        [4, 40],
        [8, 80],
      ],
      room,
    );
    const found = room < 22 ? 2 : room < 40 ? 4 : 8;
    expect(found).toBe(slots);
    expect(text).toContain(`With ${slots} slots it would take`);
    expect(text).toContain('OLLAMA_NUM_PARALLEL of box');
  });

  test('are not named where none of them explains it, or where it was too much with one', () => {
    expect(
      say(
        10,
        [
          [2, 12],
          [4, 14],
        ],
        20,
      ),
    ).toBe('');
    expect(say(30, [[2, 40]], 20)).toBe('');
    expect(say(10, [], 5)).toBe('');
  });
});

describe('a model of which a server has not told enough yet', () => {
  test('is awaited, and not missing, for jobs that wait', () => {
    const w = world({});
    expect(why(w, { options: 'none', awaitedOf: ['box'] })).toMatchObject({
      reason: 'BACKEND_DOWN',
      explanation: `What box tells of ${M} is still awaited; the job starts when it is known.`,
    });
    expect(why(w, { options: 'none' })?.reason).toBe('MODEL_UNAVAILABLE');
  });

  test('is awaited for whoever asks for it', async () => {
    const w = world({});
    const random = seededRandom(1);
    const store = createMemoryStore({ clock: w.clock, serverId: newId('srv', w.clock, random) });
    await store.start();
    const resolver = {
      version: 1,
      hasListed: () => false,
      isNamed: () => true,
      isAwaited: (asked: string, _backendId: BackendId) => asked === queue,
      resolve: () => null,
    };
    const wishes = new WishIntake({
      loop: w.loop,
      resolver,
      names: namesOfOllama(),
      store,
      clock: w.clock,
      random,
    });
    const ask = (model: string) => wishes.loadModel({ model, backendId: null, contextLength: null });
    await expect(ask(M)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: `What box tells of ${M} is still awaited. Try again in a moment.`,
    });
    await expect(ask('other')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});

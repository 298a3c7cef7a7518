/** The libraries of several backends as one, for programs that know of one. */
import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import {
  BackendError,
  BackendUnavailableError,
  backendAnswerOf,
  InvalidInputError,
  ModelNotFoundError,
} from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { EVERYWHERE } from '../../src/domain/model-operations.ts';
import { layer } from '../support/library-fixture.ts';
import { modelInfo } from '../support/system-fixture.ts';
import { world } from './support/library-world.ts';

const NEVER = new AbortController().signal;
const SUCCESS = { status: 'success' };
const gone = () => new BackendError('BACKEND_UNREACHABLE', 'wait', 'It is gone.');
const refused = (status: number, error: string) =>
  new BackendError('REQUEST_REJECTED', 'none', 'It was refused.', {
    answer: { status, body: JSON.stringify({ error }) },
  });

/** Two backends: what each has. */
function two(box: readonly ModelInfo[], other: readonly ModelInfo[]) {
  const w = world(['box', 'other']);
  const [first, second] = w.inventories;
  if (first) first.infos = box;
  if (second) second.infos = other;
  return w;
}

describe('what is told of a model', () => {
  it('comes from the first backend that has it, and from the next where that one fails', async () => {
    const { operations, box, other } = two([modelInfo('a:1')], [modelInfo('a:1'), modelInfo('b:1')]);
    expect(await operations.show({ model: 'a:1' }, NEVER)).toMatchObject({ template: 'of box' });
    expect(await operations.show({ model: 'B:1' }, NEVER)).toMatchObject({ template: 'of other' });
    box.failure = gone();
    expect(await operations.show({ model: 'a:1' }, NEVER)).toMatchObject({ template: 'of other' });
    other.failure = gone();
    await expect(operations.show({ model: 'b:1' }, NEVER)).rejects.toThrow(BackendUnavailableError);
  });

  it('is never asked of a backend that does not answer', async () => {
    const { operations, box, down } = two([modelInfo('a:1')], [modelInfo('b:1')]);
    box.library.show = () => new Promise(() => {});
    down.add(box.id);
    expect(await operations.show({ model: 'b:1' }, NEVER)).toMatchObject({ template: 'of other' });
    await expect(operations.show({ model: 'a:1' }, NEVER)).rejects.toThrow(ModelNotFoundError);
  });

  it('is refused in the words of a backend, be it unknown or malformed', async () => {
    const { operations, box } = two([], []);
    box.failure = new BackendError('MODEL_NOT_FOUND', 'none', 'No.', {
      answer: { status: 404, body: '{"error":"no x"}' },
    });
    const missing: unknown = await operations.show({ model: 'x' }, NEVER).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ModelNotFoundError);
    expect(backendAnswerOf(missing)).toEqual({ status: 404, body: '{"error":"no x"}' });
    box.failure = refused(400, 'model is required');
    const wrong: unknown = await operations.show({ model: '' }, NEVER).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(InvalidInputError);
    expect(backendAnswerOf(wrong)).toMatchObject({ status: 400 });
  });
});

describe('the list', () => {
  const names = async (listed: Promise<readonly JsonObject[]>) => (await listed).map(({ name }) => name);
  const at = (name: string, second: number) => ({
    name,
    modified_at: `2026-01-01T00:00:0${second}.123456789Z`,
  });

  it('has each name once, newest first, as the first backend tells of it', async () => {
    const { operations, box, other } = two([], []);
    box.library.tags = async () => [{ ...at('a:1', 5), size: 1 }, at('b:1', 1)];
    other.library.tags = async () => [at('c:1', 9), { ...at('A:1', 7), size: 2 }, at('d:1', 3)];
    const listed = await operations.tags();
    expect(listed.map(({ name }) => name)).toEqual(['c:1', 'a:1', 'd:1', 'b:1']);
    expect(listed[1]).toEqual({ ...at('a:1', 5), size: 1 });
  });

  it('is as the backend orders it where there is one', async () => {
    const { operations, box } = world();
    box.library.tags = async () => [at('b:1', 1), at('a:1', 5)];
    expect(await names(operations.tags())).toEqual(['b:1', 'a:1']);
  });

  it('has what a backend told last when it is down, fails or takes its time', async () => {
    const { operations, box, down, clock } = two([modelInfo('a:1')], [modelInfo('b:1')]);
    expect(await names(operations.tags())).toEqual(['a:1', 'b:1']);
    down.add(box.id);
    expect(await names(operations.tags())).toEqual(['a:1', 'b:1']);
    down.delete(box.id);
    box.failure = gone();
    expect(await names(operations.tags())).toEqual(['a:1', 'b:1']);
    let given: AbortSignal | undefined;
    box.library.tags = (signal) => {
      given = signal;
      return new Promise(() => {});
    };
    const slow = operations.tags();
    await nextTurn();
    clock.advance(2_000);
    expect(await names(slow)).toEqual(['a:1', 'b:1']);
    expect(given?.aborted).toBe(true);
  });

  it('is an error only where no backend has ever told', async () => {
    const { operations, box, down } = world();
    down.add(box.id);
    await expect(operations.tags()).rejects.toThrow(BackendUnavailableError);
  });
});

describe('a pull that is followed', () => {
  it('tells each record, and of the success when everyone knows of the model', async () => {
    const { operations, box, refreshed } = world();
    const told: JsonObject[] = [];
    const followed = operations.followPull('a:1', false, (record) => told.push(record), NEVER);
    await nextTurn();
    box.lastPull.report(layer('x', 1, 2));
    expect(told).toEqual([{ status: 'pulling x', digest: 'x', total: 2, completed: 1 }]);
    box.lastPull.report({ step: 'success', layer: null });
    expect(told).toHaveLength(1);
    expect(refreshed).toEqual([]);
    box.lastPull.succeed();
    await followed;
    expect(refreshed).toEqual([box.id]);
    expect(told.at(-1)).toEqual(SUCCESS);
  });

  it('is one download for all who want it, and ends when the last of them leaves', async () => {
    const { operations, box } = world();
    const [first, second] = [new AbortController(), new AbortController()];
    const told: JsonObject[] = [];
    const a = operations.followPull('a:1', false, () => {}, first.signal);
    await nextTurn();
    box.lastPull.report(layer('x', 1, 2));
    const b = operations.followPull('A:1', false, (record) => told.push(record), second.signal);
    await nextTurn();
    expect(box.pulls).toHaveLength(1);
    expect(told).toHaveLength(1);
    first.abort(new Error('The first left.'));
    await expect(a).rejects.toThrow('The first left.');
    expect(box.lastPull.broken()).toBeNull();
    second.abort(new Error('The second left.'));
    await expect(b).rejects.toThrow('The second left.');
    expect(box.lastPull.broken()).toBeInstanceOf(Error);
  });

  it('goes on without its followers where it was asked for to be kept', async () => {
    const { operations, box } = world();
    const leaving = new AbortController();
    const followed = operations.followPull('a:1', false, () => {}, leaving.signal);
    const kept = await operations.pull('a:1', null);
    leaving.abort(new Error('Left.'));
    await expect(followed).rejects.toThrow('Left.');
    expect(box.lastPull.broken()).toBeNull();
    box.lastPull.succeed();
    await nextTurn();
    expect(operations.findPull(kept.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('fails with the words of the backend', async () => {
    const { operations, box } = world();
    const followed = operations.followPull('a:1', false, () => {}, NEVER);
    await nextTurn();
    box.lastPull.fail(refused(400, 'no such thing'));
    const failure: unknown = await followed.catch((error: unknown) => error);
    expect(backendAnswerOf(failure)).toMatchObject({ body: '{"error":"no such thing"}' });
  });

  it('brings the model up to date on every backend that has it, and says once that it is done', async () => {
    const { operations, box, other } = two([], [modelInfo('a:1')]);
    const told: JsonObject[] = [];
    const followed = operations.followPull('a:1', false, (record) => told.push(record), NEVER);
    await nextTurn();
    expect(box.pulls).toHaveLength(0);
    other.lastPull.report({ step: 'success', layer: null });
    other.lastPull.succeed();
    await followed;
    expect(told).toEqual([SUCCESS]);
    const both = two([modelInfo('a:1')], [modelInfo('a:1')]);
    const again: JsonObject[] = [];
    const followedBoth = both.operations.followPull('a:1', false, (record) => again.push(record), NEVER);
    for (const backend of [both.box, both.other]) {
      await nextTurn();
      backend.lastPull.report({ step: 'success', layer: null });
      backend.lastPull.succeed();
    }
    await followedBoth;
    expect(again).toEqual([SUCCESS]);
  });
});

describe('a copy', () => {
  it('can be made on every backend that has the source', async () => {
    const { operations, inventories } = two([modelInfo('a:1')], [modelInfo('a:1')]);
    await operations.copy('a:1', 'b:1', EVERYWHERE);
    expect(inventories.map(({ infos }) => infos.map(({ name }) => name))).toEqual([
      ['a:1', 'b:1'],
      ['a:1', 'b:1'],
    ]);
  });

  it('over another model lets what is loaded of that go first, unless another name shares it', async () => {
    for (const [over, unloaded] of [
      [modelInfo('b:1'), ['b:1 withheld']],
      [modelInfo('b:1', { weights: 'w-a:1' }), []],
    ] as const) {
      const { operations, memory, unloads, inventories, withheld, box } = two([modelInfo('a:1'), over], []);
      memory.add('w-a:1').add('w-b:1');
      await operations.copy('a:1', 'b:1', EVERYWHERE, true);
      expect(unloads).toEqual(unloaded);
      expect(inventories[0]?.infos.find(({ name }) => name === 'b:1')?.weights).toBe('w-a:1');
      expect(withheld.has(box.id, 'b:1')).toBe(false);
    }
    const { operations, memory, unloads } = two(
      [modelInfo('a:1'), modelInfo('b:1'), modelInfo('c:1', { weights: 'w-b:1' })],
      [],
    );
    memory.add('w-b:1');
    await operations.copy('a:1', 'b:1', EVERYWHERE, true);
    expect(unloads).toEqual([]);
  });
});

describe('a deletion', () => {
  it('can be of every backend that has the model', async () => {
    const { operations, inventories, unloads, memory } = two([modelInfo('a:1')], [modelInfo('a:1')]);
    memory.add('w-a:1');
    await operations.delete('a:1', EVERYWHERE);
    expect(inventories.map(({ infos }) => infos)).toEqual([[], []]);
    expect(unloads).toEqual(['a:1 withheld']);
  });
});

describe('a model that is made', () => {
  it('is known to everyone before its maker hears of it', async () => {
    const { operations, refreshed, box } = two([modelInfo('a:1')], []);
    const seen: number[] = [];
    await operations.create({ model: 'b', from: 'a:1' }, () => seen.push(refreshed.length), NEVER);
    expect(seen).toEqual([1]);
    expect(refreshed).toEqual([box.id]);
  });

  it('is made where its base is, or where files go', async () => {
    const { operations, box, other } = two([], [modelInfo('a:1')]);
    await operations.create({ model: 'b', from: 'a:1' }, () => {}, NEVER);
    expect(other.created).toHaveLength(1);
    await operations
      .create({ model: 'c', from: 'a:1', adapters: { x: 'sha256:x' } }, () => {}, NEVER)
      .catch(() => {});
    expect(box.created).toHaveLength(1);
    expect(await operations.putBlob('sha256:x', (async function* () {})(), NEVER)).toBe(true);
    expect(box.blobs).toContain('sha256:x');
    expect(await operations.hasBlob('sha256:x', NEVER)).toBe(true);
  });

  it('lets other weights of its name go first, and no others', async () => {
    for (const [request, unloaded] of [
      [{ model: 'B:1', from: 'a:1' }, ['b:1 withheld']],
      [{ name: 'b:1', from: 'a:1' }, ['b:1 withheld']],
      [{ model: 'b:1', from: 'b:1', quantize: 'q4_0' }, ['b:1 withheld']],
      [{ model: 'b:1', from: 'b:1', system: 'x' }, []],
      [{ model: 'b:1', from: 'c:1' }, []],
      [{ model: 'new', from: 'a:1' }, []],
    ] as const) {
      const { operations, memory, unloads, withheld, box } = two([modelInfo('a:1'), modelInfo('b:1')], []);
      memory.add('w-a:1').add('w-b:1');
      const from = request.from === 'c:1' ? modelInfo('c:1', { weights: 'w-b:1' }) : null;
      const w = from ? two([modelInfo('a:1'), modelInfo('b:1'), from], []) : null;
      if (w) w.memory.add('w-b:1');
      await (w?.operations ?? operations).create(request, () => {}, NEVER);
      expect(w?.unloads ?? unloads).toEqual(unloaded);
      expect(withheld.has(box.id, 'b:1')).toBe(false);
    }
  });

  it('has the backends looked at also when it fails, as part of it may be done', async () => {
    const { operations, refreshed, box } = two([modelInfo('a:1')], []);
    box.failure = refused(400, 'no');
    await expect(operations.create({ model: 'b', from: 'a:1' }, () => {}, NEVER)).rejects.toThrow(
      InvalidInputError,
    );
    expect(refreshed).toEqual([box.id]);
  });
});

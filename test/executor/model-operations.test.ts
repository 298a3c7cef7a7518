import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import {
  BackendError,
  BackendUnavailableError,
  InvalidInputError,
  ModelNotFoundError,
} from '../../src/domain/errors.ts';
import type { BackendId } from '../../src/domain/ids.ts';
import { attachedCapabilities } from '../support/capabilities.ts';
import { eventually } from '../support/eventually.ts';
import { layer } from '../support/library-fixture.ts';
import { modelInfo } from '../support/system-fixture.ts';
import { world } from './support/library-world.ts';

type Operations = ReturnType<typeof world>['operations'];

describe('a library of which somebody else decides what it has', () => {
  const none = { canPull: false, canCopy: false, canDelete: false };

  it.each([
    [
      'pull',
      (model: string, id: BackendId | null, on: Operations) => on.pull(model, id),
      'cannot fetch models',
    ],
    [
      'copy',
      (model: string, id: BackendId | null, on: Operations) => on.copy(model, 'b:1', id),
      'cannot give models another name',
    ],
    [
      'delete',
      (model: string, id: BackendId | null, on: Operations) => on.delete(model, id),
      'cannot delete models',
    ],
  ])('is asked for no %s, and the caller is told', async (_name, change, words) => {
    const { operations, box, inventories } = world();
    box.capabilities = attachedCapabilities(none);
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1')];
    for (const id of [null, box.id]) {
      await expect(change('a:1', id, operations)).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        issues: [{ path: ['backendId'], message: expect.stringContaining(`box ${words}`) }],
      });
    }
    expect(box.pulls).toEqual([]);
    expect(inventory?.infos.map(({ name }) => name)).toEqual(['a:1']);
  });

  it('leaves the work to the next backend that can do it', async () => {
    const { operations, box, other, inventories } = world(['box', 'other']);
    box.capabilities = attachedCapabilities(none);
    for (const inventory of inventories) inventory.infos = [modelInfo('a:1')];
    expect((await operations.pull('b:1', null)).backendId).toBe(other.id);
    await operations.copy('a:1', 'c:1', null);
    await operations.delete('a:1', null);
    expect(inventories.map(({ infos }) => infos.map(({ name }) => name))).toEqual([['a:1'], ['c:1']]);
  });
});

describe('a pull', () => {
  it('is answered at once, told as it gets on, and ends with the models read again', async () => {
    const { operations, box, told, refreshed, clock } = world();
    const pull = await operations.pull('qwen3:8b', null);
    expect(pull).toMatchObject({ status: 'RUNNING', completedBytes: 0, totalBytes: null, finishedAt: null });
    box.lastPull.report(layer('a', 40, 100));
    clock.advance(1_000);
    expect(operations.findPull(pull.id)).toMatchObject({ completedBytes: 40, totalBytes: 100 });
    box.lastPull.report({ step: 'success', layer: null });
    box.lastPull.succeed();
    await nextTurn();
    expect(refreshed).toEqual([box.id]);
    expect(told.at(-1)).toMatchObject({ status: 'SUCCEEDED', completedBytes: 100, error: null });
    expect(told.at(-1)?.finishedAt).toBe(clock.now());
    expect(operations.findPull(pull.id)).toEqual(told.at(-1));
  });

  it('joins one of the same model and backend that is under way, by any spelling, and none that has ended', async () => {
    const { operations, box } = world();
    const first = await operations.pull('Qwen3', null);
    expect((await operations.pull(' qwen3:latest ', box.id)).id).toBe(first.id);
    expect((await operations.pull('qwen3:8b', null)).id).not.toBe(first.id);
    expect(box.pulls.map(({ modelName }) => modelName)).toEqual(['Qwen3', 'qwen3:8b']);
    box.pulls[0]?.fail(new BackendError('BACKEND_ERROR', 'retry', 'It broke.'));
    await nextTurn();
    expect(operations.findPull(first.id)).toMatchObject({ status: 'FAILED', error: 'It broke.' });
    expect((await operations.pull('qwen3', null)).id).not.toBe(first.id);
  });

  it('is told at most five times a second, and its last state always', async () => {
    const { operations, box, told, clock } = world();
    await operations.pull('a:1', null);
    for (let i = 1; i <= 1_000; i += 1) {
      box.lastPull.report(layer('a', i, 1_000));
      clock.advance(1);
    }
    expect(told.length).toBeGreaterThan(4);
    expect(told.length).toBeLessThanOrEqual(7);
    box.lastPull.fail(new Error('No.'));
    await nextTurn();
    expect(told.at(-1)).toMatchObject({ status: 'FAILED', completedBytes: 1_000 });
    const count = told.length;
    clock.advance(60_000);
    expect(told).toHaveLength(count);
    expect(clock.nextDue()).toBeUndefined();
  });

  it('goes to the backend that was named, or to the first that answers', async () => {
    const { operations, box, other, down } = world(['box', 'other']);
    expect((await operations.pull('a:1', other.id)).backendId).toBe(other.id);
    expect((await operations.pull('a:1', null)).backendId).toBe(box.id);
    down.add(box.id);
    expect((await operations.pull('b:1', null)).backendId).toBe(other.id);
    await expect(operations.pull('a:1', box.id)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      backendId: box.id,
    });
    down.add(other.id);
    await expect(operations.pull('a:1', null)).rejects.toThrow(BackendUnavailableError);
    await expect(operations.pull('a:1', 'bkd_none' as BackendId)).rejects.toThrow(InvalidInputError);
  });

  it.each([
    '',
    ' ',
    'two words',
    '../../etc/passwd',
    'a:b:c',
    'x'.repeat(500),
    'gpt-oss:120b-cloud',
    'kimi:cloud',
  ])('is refused for the name "%s"', async (name) => {
    const { operations, box } = world();
    await expect(operations.pull(name, null)).rejects.toThrow(InvalidInputError);
    expect(box.pulls).toEqual([]);
  });

  it('is forgotten an hour after its end, and earlier when a hundred came after it', async () => {
    const { operations, box, clock } = world();
    const first = await operations.pull('a:0', null);
    const running = await operations.pull('running:1', null);
    box.pulls[0]?.succeed();
    await nextTurn();
    clock.advance(3_600_000);
    expect(operations.findPull(first.id)).not.toBeNull();
    clock.advance(1);
    expect(operations.findPull(first.id)).toBeNull();
    for (let i = 1; i <= 150; i += 1) {
      await operations.pull(`a:${i}`, null);
      box.lastPull.fail(new Error('No.'));
      await nextTurn();
    }
    const names = operations.pulls().map(({ modelName }) => modelName);
    expect(names).toHaveLength(101);
    expect(names[0]).toBe('a:150');
    expect(names.at(-1)).toBe('running:1');
    expect(operations.findPull(running.id)).not.toBeNull();
  });

  it('is ended by the end of the server, which waits for it and takes no new one', async () => {
    const { operations, box, told } = world();
    await operations.pull('a:1', null);
    await operations.stop();
    expect(box.lastPull.broken()).toBeInstanceOf(Error);
    expect(told.at(-1)).toMatchObject({ status: 'FAILED', error: expect.stringContaining('stopped') });
    await expect(operations.pull('b:1', null)).rejects.toThrow(BackendUnavailableError);
    await operations.stop();
  });
});

describe('a copy', () => {
  it('is made on the first backend that has the source, which then is read again', async () => {
    const { operations, inventories, refreshed, other } = world(['box', 'other']);
    const [, second] = inventories;
    if (second) second.infos = [modelInfo('a:1')];
    await operations.copy('A:1', 'mine', null);
    expect(second?.infos.map(({ name }) => name)).toEqual(['a:1', 'mine:latest']);
    expect(refreshed).toEqual([other.id]);
  });

  it('needs a source that is there, names that are names, and a destination that is no other model', async () => {
    const { operations, inventories, box } = world();
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1'), modelInfo('b:1')];
    await expect(operations.copy('nothing:1', 'mine', null)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      suggestions: ['close:1'],
    });
    await expect(operations.copy('a:1', 'not a name', null)).rejects.toMatchObject({
      issues: [{ path: ['destination'] }],
    });
    await expect(operations.copy('', 'mine', null)).rejects.toMatchObject({ issues: [{ path: ['source'] }] });
    await expect(operations.copy('a:1', 'B:1', null)).rejects.toMatchObject({
      issues: [{ path: ['destination'] }],
    });
    box.failure = new BackendError('BACKEND_UNREACHABLE', 'wait', 'Gone.');
    await expect(operations.copy('a:1', 'mine', null)).rejects.toThrow(BackendUnavailableError);
    await operations.copy('a:1', 'a:1', null);
    expect(inventory?.infos).toHaveLength(2);
  });
});

describe('a deletion', () => {
  it('unloads first, and withholds the model until everyone knows that it is gone', async () => {
    const { operations, inventories, unloads, memory, withheld, box, refreshed } = world();
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1'), modelInfo('b:1')];
    memory.add('w-a:1');
    await operations.delete('a:1', null);
    expect(unloads).toEqual(['a:1 withheld']);
    expect(inventory?.infos.map(({ name }) => name)).toEqual(['b:1']);
    expect(refreshed).toEqual([box.id]);
    expect(withheld.has(box.id, 'a:1')).toBe(false);
  });

  it('waits for a load that is under way, and unloads what it loaded', async () => {
    const { operations, inventories, unloads, memory, clock, unloading } = world();
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1')];
    memory.add('w-a:1');
    unloading(async (model) => {
      if (unloads.length === 3) memory.delete(`w-${model}`);
    });
    const deleted = operations.delete('a:1', null);
    await nextTurn();
    await eventually(
      () => unloads.length,
      (count) => count === 3,
      {
        step() {
          expect(inventory?.infos).toHaveLength(1);
          clock.advance(250);
        },
      },
    );
    await deleted;
    expect(inventory?.infos).toEqual([]);
  });

  it('leaves an instance alone that another name can still use', async () => {
    const { operations, inventories, unloads, memory } = world();
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1'), modelInfo('alias:1', { weights: 'w-a:1' })];
    memory.add('w-a:1');
    await operations.delete('a:1', null);
    expect(unloads).toEqual([]);
    expect(inventory?.infos.map(({ name }) => name)).toEqual(['alias:1']);
  });

  it('keeps the model when it could not be unloaded, and gives it free again', async () => {
    const { operations, inventories, memory, withheld, box, unloading } = world();
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1')];
    memory.add('w-a:1');
    unloading(async () => {
      throw new BackendUnavailableError('Gone.', box.id);
    });
    await expect(operations.delete('a:1', null)).rejects.toThrow(BackendUnavailableError);
    expect(inventory?.infos).toHaveLength(1);
    expect(withheld.has(box.id, 'a:1')).toBe(false);
  });

  it('needs the backend named where several have the model, and one that has it', async () => {
    const { operations, inventories, other, down, box } = world(['box', 'other']);
    for (const inventory of inventories) inventory.infos = [modelInfo('a:1')];
    await expect(operations.delete('a:1', null)).rejects.toMatchObject({
      issues: [{ path: ['backendId'], message: expect.stringContaining('other') }],
    });
    await operations.delete('a:1', other.id);
    expect(inventories.map(({ infos }) => infos.length)).toEqual([1, 0]);
    await expect(operations.delete('a:1', other.id)).rejects.toThrow(ModelNotFoundError);
    down.add(box.id);
    await expect(operations.delete('a:1', box.id)).rejects.toThrow(BackendUnavailableError);
  });

  it('ends the download of the model, if that is all there is of it', async () => {
    const { operations, told } = world();
    const pull = await operations.pull('a:1', null);
    await operations.delete('a:1', null);
    expect(told.at(-1)).toMatchObject({
      id: pull.id,
      status: 'FAILED',
      error: expect.stringContaining('deleted'),
    });
    await expect(operations.delete('a:1', null)).rejects.toThrow(ModelNotFoundError);
  });

  it('is given up when the server ends while jobs still run on the model, which stays', async () => {
    const { operations, inventories, memory, unloading } = world();
    const [inventory] = inventories;
    if (inventory) inventory.infos = [modelInfo('a:1')];
    memory.add('w-a:1');
    unloading(() => new Promise<void>(() => {}));
    const deleted = operations.delete('a:1', null);
    deleted.catch(() => {});
    await nextTurn();
    await operations.stop();
    await expect(deleted).rejects.toThrow(BackendUnavailableError);
    expect(inventory?.infos).toHaveLength(1);
  });
});

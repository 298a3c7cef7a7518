import { describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import { newId, type ServerId } from '../../src/domain/ids.ts';
import { TaskNotFoundError } from '../../src/domain/task.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { TaskSelection } from '../../src/tasks/selection.ts';
import { TASKS } from '../support/graphql-api.ts';

const clock = new VirtualClock(0);
const newStore = () =>
  createMemoryStore({ clock, serverId: newId('srv', clock, seededRandom(1)) as ServerId });

function selection(
  store = newStore(),
  tasks = TASKS,
  isListed: (name: string) => boolean = () => false,
): { readonly selection: TaskSelection; readonly warnings: string[] } {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message) };
  return { selection: new TaskSelection({ tasks, store, isListed, logger }), warnings };
}

describe('what a name means', () => {
  test.each([
    ['task:write', 'qwen3:8b'],
    ['  task:write ', 'qwen3:8b'],
    ['qwen3:8b', null],
    ['Task:write', null],
    ['mytask:write', null],
  ])('%j', (name, model) => {
    expect(selection().selection.choose(name)?.option.model ?? null).toBe(model);
  });

  test.each(['task:', 'task:Write', 'task:__proto__'])('%j is a task that is not there', (name) => {
    expect(() => selection().selection.choose(name)).toThrow(TaskNotFoundError);
  });

  test('a model that is called so is that model, unless a task is called so too', () => {
    const { selection: one } = selection(newStore(), TASKS, () => true);
    expect(one.choose('task:latest')).toBeNull();
    expect(one.choose('task:write')?.option.model).toBe('qwen3:8b');
  });
});

describe('what was selected', () => {
  test('holds after a restart, and not where the option is configured no more', async () => {
    const store = newStore();
    await store.start();
    const before = selection(store).selection;
    await before.select('write', 'huge');
    const after = selection(store).selection;
    await after.start();
    expect(after.choose('task:write')?.option.name).toBe('huge');

    const fewer = TASKS.map((task) => ({ ...task, options: task.options.slice(0, 1) }));
    const { selection: later, warnings } = selection(store, fewer);
    await later.start();
    expect(later.choose('task:write')?.option.name).toBe('usual');
    expect(warnings).toEqual([expect.stringContaining('huge')]);
    await store.stop();
  });

  test.each([
    ['its option', TASKS.map((task) => ({ ...task, options: task.options.slice(0, 1) }))],
    ['its task', []],
  ])('is forgotten with %s, also where that is configured again', async (_what, fewer) => {
    const store = newStore();
    await store.start();
    await selection(store).selection.select('write', 'huge');
    await selection(store, fewer).selection.start();
    const { selection: again, warnings } = selection(store);
    await again.start();
    expect(again.choose('task:write')?.option.name).toBe('usual');
    expect(warnings).toEqual([]);
    await store.stop();
  });
});

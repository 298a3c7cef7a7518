import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Task, TaskChoice, TaskOption } from '../../src/domain/task.ts';
import { GiB } from '../../src/domain/units.ts';
import { taskBudget } from '../../src/tasks/task-budget.ts';
import { SystemFixture } from '../support/system-fixture.ts';

/** Of options that are all yet to be pulled, by what they are said to take; the first is selected. */
function choice(name: string, sizes: readonly number[]): TaskChoice {
  const options = sizes.map(
    (bytes, i): TaskOption => ({
      name: `o${i}`,
      model: `${name}-${i}:1b`,
      backend: null,
      vramBytes: bytes,
      quantization: null,
      speed: null,
      description: null,
      fps: null,
      provider: null,
    }),
  );
  const task: Task = { name, description: null, options, selected: 'o0', warmup: false };
  const [option] = options;
  if (!option) throw new Error('A task has an option.');
  return { task, option };
}

const system = new SystemFixture();
const { capacityBytes } = taskBudget(system, []);
/** Two cards of one size. */
const card = capacityBytes / 2;

describe('the budget of tasks', () => {
  test('needs no change where all fit', () => {
    expect(taskBudget(system, [choice('a', [card]), choice('b', [card, 1])])).toMatchObject({
      fits: true,
      changes: [],
    });
  });

  test('asks for as few changes as will do, and keeps as much as it can', () => {
    const tasks = [choice('a', [card, GiB]), choice('b', [card, GiB, card / 4]), choice('c', [card / 2])];
    const { fits, changes, explanation } = taskBudget(system, tasks);
    expect(fits).toBe(false);
    expect(changes.map(({ task, from, to }) => [task, from.name, to.name])).toEqual([['b', 'o0', 'o2']]);
    expect(explanation.at(-1)).toBe('task b: o2 (b-2:1b) in place of o0 (b-0:1b).');
  });

  test('changes several tasks where one is not enough', () => {
    const tasks = [choice('a', [3 * card, GiB]), choice('b', [3 * card, GiB])];
    expect(taskBudget(system, tasks).changes).toHaveLength(2);
  });

  test('says so where no choice fits', () => {
    const { changes, explanation } = taskBudget(system, [choice('a', [3 * card, 4 * card])]);
    expect(changes).toEqual([]);
    expect(explanation.at(-1)).toMatch(/No choice of options fits together/);
  });

  test('of many tasks ends, and what it asks for fits', () => {
    const sizes = fc.array(fc.integer({ min: GiB, max: 2 * card }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 5 }), (all) => {
        const tasks = all.map((each, i) => choice(`t${i}`, each));
        const { fits, changes } = taskBudget(system, tasks);
        if (fits || changes.length === 0) return;
        const changed = tasks.map((each) => {
          const change = changes.find(({ task }) => task === each.task.name);
          return change ? { ...each, option: change.to } : each;
        });
        expect(taskBudget(system, changed).fits).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

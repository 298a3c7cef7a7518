/** Whether the selected models of all tasks fit into memory together, and where they do not, which other options would. */
import type { BackendId } from '../domain/ids.ts';
import type { SystemView } from '../domain/system.ts';
import type { TaskChoice, TaskOption } from '../domain/task.ts';
import { answerOf, type BudgetAnswer, budgetModel } from '../view/budget-answer.ts';
import { backendsOf } from '../view/lookup.ts';
import type { BudgetModel } from '../view/memory-budget.ts';

/** Another option for a task, with which, and with the other changes, all models fit. */
export interface TaskChange {
  readonly task: string;
  readonly from: TaskOption;
  readonly to: TaskOption;
}

export interface TaskBudget extends BudgetAnswer {
  /** As few as there can be; empty when nothing need change, and when nothing would do. */
  readonly changes: readonly TaskChange[];
}

/** Each is a bin packing of its own. */
const MOST_TRIES = 500;

export function taskBudget(system: SystemView, choices: readonly TaskChoice[]): TaskBudget {
  const answer = answerFor(system, choices);
  if (answer.fits) return { ...answer, changes: [] };
  const { changes, tried, all } = fewestChanges(system, choices);
  return {
    ...answer,
    changes,
    explanation: [...answer.explanation, ...advice(changes, all, tried)],
  };
}

function answerFor(system: SystemView, choices: readonly TaskChoice[]): BudgetAnswer {
  return answerOf(
    system,
    choices.map(({ option }) => optionModel(system, option)),
  );
}

/** What is not there yet counts by what the configuration says of it. */
function optionModel(system: SystemView, { model: name, backend, vramBytes }: TaskOption): BudgetModel {
  const backends = backendsOf(system).filter((each) => backend === null || each.name === backend);
  const isMeant = (id: BackendId) => backends.some((each) => each.id === id);
  const model = system.model(name);
  const backendIds = model?.backendIds.filter(isMeant) ?? [];
  if (model && backendIds.length > 0) {
    const known = budgetModel(system, { ...model, backendIds });
    return { ...known, footprintBytes: known.footprintBytes ?? vramBytes };
  }
  return {
    modelName: name,
    weights: `unknown ${name}`,
    footprintBytes: vramBytes,
    measured: false,
    backendIds: backends.map(({ id }) => id),
    fixed: null,
  };
}

interface Found {
  readonly changes: readonly TaskChange[];
  readonly tried: number;
  /** Whether every choice was tried. */
  readonly all: boolean;
}

/** Of as few changes the one that keeps most bytes of models. */
function fewestChanges(system: SystemView, choices: readonly TaskChoice[]): Found {
  let tried = 0;
  for (let count = 1; count <= choices.length; count += 1) {
    let best: { readonly changes: readonly TaskChange[]; readonly bytes: number } | null = null;
    for (const changes of changesOf(choices, count)) {
      if (tried >= MOST_TRIES) return { changes: best?.changes ?? [], tried, all: false };
      tried += 1;
      const { fits, requiredBytes: bytes } = answerFor(system, changed(choices, changes));
      if (fits && bytes > (best?.bytes ?? -1)) best = { changes, bytes };
    }
    if (best) return { changes: best.changes, tried, all: true };
  }
  return { changes: [], tried, all: true };
}

/** Every way to give so many of the tasks another option. */
function* changesOf(
  choices: readonly TaskChoice[],
  count: number,
  from = 0,
): Generator<readonly TaskChange[], void, void> {
  if (count === 0) return yield [];
  for (let i = from; i <= choices.length - count; i += 1) {
    const choice = choices[i];
    if (!choice) return;
    for (const to of choice.task.options) {
      if (to === choice.option) continue;
      const change = { task: choice.task.name, from: choice.option, to };
      for (const rest of changesOf(choices, count - 1, i + 1)) yield [change, ...rest];
    }
  }
}

function changed(choices: readonly TaskChoice[], changes: readonly TaskChange[]): readonly TaskChoice[] {
  return choices.map((choice) => {
    const change = changes.find(({ task }) => task === choice.task.name);
    return change ? { ...choice, option: change.to } : choice;
  });
}

function advice(changes: readonly TaskChange[], all: boolean, tried: number): readonly string[] {
  if (changes.length > 0)
    return [
      'They fit with:',
      ...changes.map(
        ({ task, from, to }) =>
          `task ${task}: ${to.name} (${to.model}) in place of ${from.name} (${from.model}).`,
      ),
    ];
  return [
    all
      ? 'No choice of options fits together. Add an option with a smaller model, or let a task share the model of another one.'
      : `Of ${tried} other choices of options none fits; there are too many to try all. Select smaller models.`,
  ];
}

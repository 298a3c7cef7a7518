/** Which option each task has now: as configured, or as somebody has selected since, which a restart keeps. */
import { messageOf } from '../domain/errors.ts';
import type { Store } from '../domain/store.ts';
import {
  type Task,
  type TaskChoice,
  type TaskChooser,
  TaskNotFoundError,
  type TaskOption,
  TaskOptionNotFoundError,
  taskNamed,
} from '../domain/task.ts';

const SPACE = 'tasks';

export interface SelectionDependencies {
  readonly tasks: readonly Task[];
  readonly store: Pick<Store, 'remember' | 'recall'>;
  /** Whether a backend lists a model of exactly this name, which then is meant. */
  readonly isListed: (modelName: string) => boolean;
  readonly logger: { warn(message: string): void };
}

export class TaskSelection implements TaskChooser {
  readonly #deps: SelectionDependencies;
  readonly #tasks: ReadonlyMap<string, Task>;
  /** By task, where it is not the configured one. */
  readonly #selected = new Map<string, TaskOption>();

  constructor(deps: SelectionDependencies) {
    this.#deps = deps;
    this.#tasks = new Map(deps.tasks.map((task) => [task.name, task]));
  }

  /** Recalls what was selected. To be called before anything is submitted. */
  async start(): Promise<void> {
    for (const [name, optionName] of await this.#deps.store.recall(SPACE)) {
      const task = this.#tasks.get(name);
      if (optionName === null) continue;
      const option = task?.options.find((each) => each.name === optionName);
      if (option) this.#selected.set(name, option);
      else this.#forget(name);
      if (task && !option)
        this.#deps.logger.warn(
          `The option ${String(optionName)} was selected for the task ${name}, and is not configured any more. It is ${task.selected} again.`,
        );
    }
  }

  /** So that an option of the same name that is configured some day is not selected without anybody's doing. The start does not wait for the disk. */
  #forget(name: string): void {
    const { logger, store } = this.#deps;
    store.remember(SPACE, name, null).catch((error: unknown) => {
      logger.warn(`That nothing is selected for the task ${name} could not be stored: ${messageOf(error)}`);
    });
  }

  all(): readonly TaskChoice[] {
    return this.#deps.tasks.map((task) => ({ task, option: this.#optionOf(task) }));
  }

  /** @throws TaskNotFoundError */
  of(name: string): TaskChoice {
    const task = this.#tasks.get(name);
    if (!task) throw new TaskNotFoundError(name, [...this.#tasks.keys()]);
    return { task, option: this.#optionOf(task) };
  }

  choose(modelName: string): TaskChoice | null {
    const name = taskNamed(modelName);
    if (name === null) return null;
    // A model may be called so. A task goes before it, as its owner has named it for this server.
    return !this.#tasks.has(name) && this.#deps.isListed(modelName.trim()) ? null : this.of(name);
  }

  /** For jobs that come later; resolves when that is stored. @throws TaskNotFoundError, TaskOptionNotFoundError */
  async select(name: string, optionName: string): Promise<{ readonly before: TaskOption }> {
    const { task } = this.of(name);
    const option = task.options.find((each) => each.name === optionName);
    if (!option) {
      const names = task.options.map((each) => each.name);
      throw new TaskOptionNotFoundError(name, optionName, names);
    }
    await this.#deps.store.remember(SPACE, name, optionName);
    const before = this.#optionOf(task);
    this.#selected.set(name, option);
    return { before };
  }

  #optionOf(task: Task): TaskOption {
    const option = this.#selected.get(task.name) ?? task.options.find(({ name }) => name === task.selected);
    if (!option) throw new Error(`The task ${task.name} has no option ${task.selected}.`);
    return option;
  }
}

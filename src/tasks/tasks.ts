/** The tasks of this server: what each means now, how that is changed, and what its models take. */
import { messageOf } from '../domain/errors.ts';
import type { BackendId } from '../domain/ids.ts';
import type { MemoryOperations } from '../domain/memory-operations.ts';
import type { JobChange, Store } from '../domain/store.ts';
import type { InstanceState, ModelState, SystemView } from '../domain/system.ts';
import { type Task, type TaskChoice, type TaskOption, taskNamed } from '../domain/task.ts';
import { backendByName, backendsOf } from '../view/lookup.ts';
import { needOf } from './needs.ts';
import { RetiredModels, type Retirement } from './retired-models.ts';
import { TaskSelection } from './selection.ts';
import { type TaskBudget, taskBudget } from './task-budget.ts';

export interface TasksDependencies {
  readonly tasks: readonly Task[];
  /** Names of models that the configuration keeps in memory. */
  readonly keptWarm: readonly string[];
  readonly store: Pick<Store, 'remember' | 'recall' | 'countJobs'>;
  readonly system: SystemView;
  readonly memory: Pick<MemoryOperations, 'loadModel' | 'unloadModel'>;
  readonly logger: { info(message: string): void; warn(message: string): void };
}

export interface Selected extends TaskChoice {
  readonly before: TaskOption;
  /** What becomes of the model that was selected before. */
  readonly retirement: Retirement;
}

/** What became of a task whose model was to be loaded. */
export interface WarmedTask extends TaskChoice {
  /** Null where it is not in memory. */
  readonly instance: InstanceState | null;
  /** Why not; null where it is. */
  readonly problem: string | null;
}

export class Tasks {
  readonly chooser: TaskSelection;
  readonly #deps: TasksDependencies;
  readonly #retired: RetiredModels;

  constructor(deps: TasksDependencies) {
    const { tasks, store, system, memory, keptWarm, logger } = deps;
    this.#deps = deps;
    const isListed = (name: string) => system.model(name)?.info.name === name;
    this.chooser = new TaskSelection({ tasks, store, isListed, logger });
    this.#retired = new RetiredModels({
      system,
      memory,
      needOf: (name) =>
        needOf(name, {
          system,
          keptWarm,
          tasks: () => this.all(),
          countJobs: (filter) => store.countJobs(filter),
        }),
      logger,
    });
  }

  start(): Promise<void> {
    return this.chooser.start();
  }

  stop(): Promise<void> {
    return this.#retired.stop();
  }

  jobsChanged(changes: readonly JobChange[]): void {
    this.#retired.jobsChanged(changes);
  }

  all(): readonly TaskChoice[] {
    return this.chooser.all();
  }

  /** @throws TaskNotFoundError */
  of(name: string): TaskChoice {
    return this.chooser.of(name);
  }

  /** Of `task:NAME` the model that is selected for it; any other name as it is, and that of a task that is not there. */
  modelNameOf(name: string): string {
    const task = this.all().find((choice) => choice.task.name === taskNamed(name));
    return task?.option.model ?? name;
  }

  /** Models of tasks that are to be in memory from the start, where there is room. */
  get warmAtStart(): readonly string[] {
    return this.all().flatMap(({ task, option }) => (task.warmup ? [option.model] : []));
  }

  budget(): TaskBudget {
    return taskBudget(this.#deps.system, this.all());
  }

  /** For jobs that are submitted from then on. @throws TaskNotFoundError, TaskOptionNotFoundError */
  async select(name: string, optionName: string): Promise<Selected> {
    const { before } = await this.chooser.select(name, optionName);
    const retirement: Retirement =
      before.name === optionName ? { kind: 'not-loaded' } : await this.#retired.retire(before.model);
    return { ...this.of(name), before, retirement };
  }

  /**
   * Loads the selected model of each, one after the other, as far as they fit together: none is to push out another.
   * @param names of the tasks; null for all
   * @throws TaskNotFoundError
   */
  async warmUp(names: readonly string[] | null): Promise<readonly WarmedTask[]> {
    const wanted = names === null ? this.all() : names.map((name) => this.of(name));
    const { lines } = taskBudget(this.#deps.system, wanted);
    const warmed: WarmedTask[] = [];
    for (const [i, choice] of wanted.entries()) {
      const hasRoom = lines[i]?.fits || !this.#hasGpus();
      warmed.push(
        hasRoom
          ? await this.#warmed(choice)
          : {
              ...choice,
              instance: null,
              problem: `${choice.option.model} has no room beside the models of the other tasks.`,
            },
      );
    }
    return warmed;
  }

  modelOf({ model }: TaskOption): ModelState | null {
    return this.#deps.system.model(model);
  }

  /** What of the option is in memory now. */
  instancesOf(option: TaskOption): readonly InstanceState[] {
    const weights = this.modelOf(option)?.info.weights;
    return backendsOf(this.#deps.system)
      .filter(({ name }) => option.backend === null || option.backend === name)
      .flatMap(({ instances }) => instances.filter(({ variant }) => variant.weights === weights));
  }

  async #warmed(choice: TaskChoice): Promise<WarmedTask> {
    const { model, backend } = choice.option;
    const { system, memory } = this.#deps;
    const backendId: BackendId | null = backendByName(system, backend)?.id ?? null;
    try {
      const instance = await memory.loadModel({ model, backendId, contextLength: null });
      return { ...choice, instance, problem: null };
    } catch (error) {
      return { ...choice, instance: null, problem: messageOf(error) };
    }
  }

  #hasGpus(): boolean {
    return backendsOf(this.#deps.system).some(({ gpus }) => gpus.length > 0);
  }
}

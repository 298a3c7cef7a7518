/** Tasks: named kinds of work, each with the models that can do it and the one that is selected for its jobs. */
import { VramkeeperError } from './errors.ts';

export const TASK_SPEEDS = ['fast', 'medium', 'slow'] as const;
export type TaskSpeed = (typeof TASK_SPEEDS)[number];

/** One way to do a task, as the configuration says. Null where it says nothing. */
export interface TaskOption {
  /** Unique among the options of its task. */
  readonly name: string;
  readonly model: string;
  /** Name of the backend whose model it is; null: any that has it. */
  readonly backend: string | null;
  /** What it is said to take; counts where nothing better is known. */
  readonly vramBytes: number | null;
  readonly quantization: string | null;
  readonly speed: TaskSpeed | null;
  readonly description: string | null;
  /** Frames of a video in a second that callers are to send it. */
  readonly fps: number | null;
  /** Who runs it, where that is nobody here, such as `anthropic`. */
  readonly provider: string | null;
}

export interface Task {
  readonly name: string;
  readonly description: string | null;
  /** At least one. */
  readonly options: readonly TaskOption[];
  /** Of the options, the one that is used until another is selected. */
  readonly selected: string;
  /** Its selected model is loaded at the start, where memory is free. */
  readonly warmup: boolean;
}

/** What a task means at this moment. */
export interface TaskChoice {
  readonly task: Task;
  readonly option: TaskOption;
}

export interface TaskChooser {
  /** Null for a name that is none of a task. @throws TaskNotFoundError for one that is, of a task that is not there */
  choose(modelName: string): TaskChoice | null;
}

/** Where there are none. */
export const NO_TASKS: TaskChooser = { choose: () => null };

const PREFIX = 'task:';

/** How a task is named where a model is asked for. */
export function taskModelName(task: string): string {
  return `${PREFIX}${task}`;
}

/** The task that is named in place of a model; null where none is. */
export function taskNamed(modelName: string): string | null {
  const written = modelName.trim();
  return written.startsWith(PREFIX) ? written.slice(PREFIX.length) : null;
}

/** There is no such task. */
export class TaskNotFoundError extends VramkeeperError {
  readonly code = 'TASK_NOT_FOUND';
  readonly taskName: string;
  /** Those that there are. */
  readonly tasks: readonly string[];

  constructor(taskName: string, tasks: readonly string[]) {
    const known =
      tasks.length === 0
        ? 'None are configured: add them under tasks in the settings file.'
        : `There are: ${tasks.join(', ')}.`;
    super(`There is no task "${taskName}". ${known}`);
    this.taskName = taskName;
    this.tasks = tasks;
  }
}

/** The task has no such option. */
export class TaskOptionNotFoundError extends VramkeeperError {
  readonly code = 'TASK_OPTION_NOT_FOUND';
  readonly taskName: string;
  readonly optionName: string;
  /** Those that it has. */
  readonly options: readonly string[];

  constructor(taskName: string, optionName: string, options: readonly string[]) {
    super(`The task "${taskName}" has no option "${optionName}". It has: ${options.join(', ')}.`);
    this.taskName = taskName;
    this.optionName = optionName;
    this.options = options;
  }
}

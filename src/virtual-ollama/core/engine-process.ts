import type { CatalogModel } from './catalog.ts';
import type { RunnerOptions } from './options.ts';

export interface EngineLaunch {
  readonly model: CatalogModel;
  /** With the batch and the cut context that it runs with. */
  readonly options: RunnerOptions;
  readonly parallel: number;
  /** Indices of the cards it may use. */
  readonly gpus: readonly number[];
  readonly contextShift: boolean;
}

/** The operating system's process behind an engine. */
export interface EngineProcess {
  readonly pid: number;
  /** Calls back when the process has said so: in the order of the calls, never while it is stopped or after its end. */
  echo(then: () => void): void;
  /** Called once it has ended, whoever ended it; at once when it has already. */
  onExit(callback: () => void): void;
  /** SIGKILL. */
  kill(): void;
}

export type EngineStarter = (launch: EngineLaunch) => EngineProcess;

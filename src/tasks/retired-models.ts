/** Models that no task has selected any more: each leaves the memory as soon as nothing else needs it. */
import { messageOf } from '../domain/errors.ts';
import { isTerminal } from '../domain/job.ts';
import type { MemoryOperations } from '../domain/memory-operations.ts';
import type { JobChange } from '../domain/store.ts';
import type { SystemView } from '../domain/system.ts';
import { backendsOf } from '../view/lookup.ts';

export interface RetirementDependencies {
  readonly system: SystemView;
  readonly memory: Pick<MemoryOperations, 'unloadModel'>;
  /** Why a model stays; null where nothing needs it. */
  readonly needOf: (modelName: string) => Promise<string | null>;
  readonly logger: { info(message: string): void; warn(message: string): void };
}

export type Retirement =
  /** Nothing of it is in memory that could be unloaded. */
  | { readonly kind: 'not-loaded' }
  | { readonly kind: 'leaves' }
  /** Until that is over. */
  | { readonly kind: 'needed'; readonly why: string };

export class RetiredModels {
  readonly #deps: RetirementDependencies;
  /** Of those that were still needed when they were looked at last. */
  readonly #waiting = new Set<string>();
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #stopped = false;

  constructor(deps: RetirementDependencies) {
    this.#deps = deps;
  }

  /** Answers what becomes of it; an unloading goes on by itself. */
  async retire(modelName: string): Promise<Retirement> {
    const { system, needOf } = this.#deps;
    const weights = system.model(modelName)?.info.weights;
    const couldLeave = backendsOf(system).some(
      ({ capabilities, instances }) =>
        !capabilities.alwaysResident && instances.some(({ variant }) => variant.weights === weights),
    );
    if (!couldLeave) return { kind: 'not-loaded' };
    const why = await needOf(modelName);
    if (why !== null) {
      this.#waiting.add(modelName);
      return { kind: 'needed', why };
    }
    this.#waiting.delete(modelName);
    this.#unload(modelName);
    return { kind: 'leaves' };
  }

  /** What kept one in memory may have ended with these. */
  jobsChanged(changes: readonly JobChange[]): void {
    if (this.#waiting.size > 0 && changes.some(({ job }) => isTerminal(job.status))) this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  /** One look at a time; what changes meanwhile is looked at afterwards. */
  #look(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = null;
    });
  }

  async #lookAtAll(): Promise<void> {
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false;
      for (const modelName of [...this.#waiting]) {
        try {
          if ((await this.#deps.needOf(modelName)) !== null || this.#stopped) continue;
          this.#waiting.delete(modelName);
          this.#unload(modelName);
        } catch (error) {
          this.#deps.logger.warn(`Whether ${modelName} is needed cannot be told: ${messageOf(error)}`);
        }
      }
    }
  }

  #unload(modelName: string): void {
    const { memory, logger } = this.#deps;
    logger.info(`${modelName} is unloaded: no task has it selected any more, and nothing else needs it.`);
    memory.unloadModel({ model: modelName, backendId: null }).catch((error: unknown) => {
      if (!this.#stopped) logger.warn(`${modelName} could not be unloaded: ${messageOf(error)}`);
    });
  }
}

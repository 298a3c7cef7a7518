/** Whether jobs are started, as somebody has decided: kept over a restart, which decides nothing. */
import type { Store } from '../domain/store.ts';
import type { SystemControl } from '../domain/system.ts';
import type { SchedulerLoop } from './loop.ts';

const SPACE = 'scheduler';
const KEY = 'paused';

export interface PauseSwitchDependencies {
  readonly loop: Pick<SchedulerLoop, 'handle'>;
  readonly store: Pick<Store, 'remember' | 'recall'>;
  readonly logger: { warn(message: string): void };
}

export class PauseSwitch implements SystemControl {
  readonly #deps: PauseSwitchDependencies;
  #wasPaused = false;

  constructor(deps: PauseSwitchDependencies) {
    this.#deps = deps;
  }

  /** Recalls how it stood. To be called before the loop decides anything. */
  async start(): Promise<void> {
    this.#wasPaused = (await this.#deps.store.recall(SPACE)).get(KEY) === true;
  }

  /** Sets what was recalled. To be called in the tick in which the loop starts, so that no job comes in between. */
  apply(): void {
    if (!this.#wasPaused) return;
    this.#deps.loop.handle({ type: 'pause' });
    this.#deps.logger.warn(
      'The scheduler is paused since before the restart. Call resumeScheduler to go on.',
    );
  }

  async pause(): Promise<void> {
    this.#deps.loop.handle({ type: 'pause' });
    await this.#deps.store.remember(SPACE, KEY, true);
  }

  async resume(): Promise<void> {
    this.#deps.loop.handle({ type: 'resume' });
    await this.#deps.store.remember(SPACE, KEY, false);
  }
}

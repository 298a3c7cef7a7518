/** Carries out what the loop decided. */
import type { Store } from '../../domain/store.ts';
import type { Executor } from '../../executor/executor.ts';
import { refuseJobs } from '../../executor/refuse-jobs.ts';
import type { WantedReadings } from '../../monitor/wanted-readings.ts';
import type { Effect } from '../../scheduler/events.ts';
import type { SchedulerState } from '../../scheduler/state.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { SwapCounter } from '../../view/swap-counter.ts';
import type { Learning } from './learning.ts';

export interface EffectRunnerParts {
  readonly state: () => SchedulerState;
  readonly executor: Pick<Executor, 'claim' | 'load' | 'adopt' | 'unload' | 'cancelLoad' | 'forget'>;
  readonly readings: Pick<WantedReadings, 'now' | 'soon'>;
  readonly learning: Pick<Learning, 'probed'>;
  readonly swaps: Pick<SwapCounter, 'evicting'>;
  readonly store: Store;
  readonly logger: Logger;
}

export class EffectRunner {
  readonly #parts: EffectRunnerParts;

  constructor(parts: EffectRunnerParts) {
    this.#parts = parts;
  }

  perform(effect: Exclude<Effect, { type: 'decided' }>): void {
    const { executor, readings, learning, store, logger, state } = this.#parts;
    switch (effect.type) {
      case 'claim':
        executor.claim(effect.claimNumber, effect.claim.instanceId, effect.backendName, effect.claim);
        return;
      case 'load':
        logger.info(`Loading ${effect.spec.variant.modelName}.`);
        executor.load(effect.instanceId, effect.backendId, effect.spec, effect.expectedMs);
        return;
      case 'adopt':
        executor.adopt(effect.instanceId, effect.backendId, effect.resident, effect.spec);
        return;
      case 'unload':
        this.#unload(effect);
        return;
      case 'cancel-load':
        executor.cancelLoad(effect.instanceId);
        return;
      case 'forget':
        executor.forget(effect.instanceId);
        return;
      case 'refuse':
        void refuseJobs({ store, logger }, effect.picks, effect.failure);
        return;
      case 'probed': {
        const instance = state().instances.get(effect.instanceId);
        if (instance) learning.probed(instance, effect);
        return;
      }
      case 'missing':
        logger.warn(
          `${effect.modelName} is to be resident (${effect.why}), and no backend has it. Pull it, or leave it out.`,
        );
        return;
      case 'poke':
        if (effect.when === 'soon') readings.soon(effect.backendId);
        else readings.now(effect.backendId, effect.since);
        return;
      default:
        effect satisfies never;
    }
  }

  #unload({ instanceId }: Extract<Effect, { type: 'unload' }>): void {
    const { executor, logger, state, swaps } = this.#parts;
    const { instances, backends } = state();
    logger.info(`Unloading ${instances.get(instanceId)?.variant.modelName ?? instanceId}.`);
    const planned = [...backends.values()].flatMap((backend) => backend.swaps);
    if (planned.some(({ victims }) => victims.includes(instanceId))) swaps.evicting(instanceId);
    executor.unload(instanceId);
  }
}

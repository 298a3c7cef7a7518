/** Carries out what the loop decided. */
import type { Store } from '../../domain/store.ts';
import type { Executor } from '../../executor/executor.ts';
import { refuseJobs } from '../../executor/refuse-jobs.ts';
import type { WantedReadings } from '../../monitor/wanted-readings.ts';
import type { Effects, TaskOf } from '../../scheduler/effects.ts';
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

export class EffectRunner implements Effects {
  readonly #parts: EffectRunnerParts;

  constructor(parts: EffectRunnerParts) {
    this.#parts = parts;
  }

  claim({ claimNumber, claim, backendName }: TaskOf<'claim'>): void {
    this.#parts.executor.claim(claimNumber, claim.instanceId, backendName, claim);
  }

  load({ instanceId, backendId, spec, expectedMs }: TaskOf<'load'>): void {
    const { executor, logger } = this.#parts;
    logger.info(`Loading ${spec.variant.modelName}.`);
    executor.load(instanceId, backendId, spec, expectedMs);
  }

  adopt({ instanceId, backendId, resident, spec }: TaskOf<'adopt'>): void {
    this.#parts.executor.adopt(instanceId, backendId, resident, spec);
  }

  unload({ instanceId }: TaskOf<'unload'>): void {
    const { executor, logger, state, swaps } = this.#parts;
    const { instances, backends } = state();
    logger.info(`Unloading ${instances.get(instanceId)?.variant.modelName ?? instanceId}.`);
    const planned = [...backends.values()].flatMap((backend) => backend.swaps);
    if (planned.some(({ victims }) => victims.includes(instanceId))) swaps.evicting(instanceId);
    executor.unload(instanceId);
  }

  cancelLoad({ instanceId }: TaskOf<'cancel-load'>): void {
    this.#parts.executor.cancelLoad(instanceId);
  }

  forget({ instanceId }: TaskOf<'forget'>): void {
    this.#parts.executor.forget(instanceId);
  }

  poke(task: TaskOf<'poke'>): void {
    const { readings } = this.#parts;
    if (task.when === 'soon') readings.soon(task.backendId);
    else readings.now(task.backendId, task.since);
  }

  probed(task: TaskOf<'probed'>): void {
    const { state, learning } = this.#parts;
    const instance = state().instances.get(task.instanceId);
    if (instance) learning.probed(instance, task);
  }

  refuse({ picks, failure }: TaskOf<'refuse'>): void {
    const { store, logger } = this.#parts;
    void refuseJobs({ store, logger }, picks, failure);
  }

  missing({ modelName, why }: TaskOf<'missing'>): void {
    this.#parts.logger.warn(
      `${modelName} is to be resident (${why}), and no backend has it. Pull it, or leave it out.`,
    );
  }
}

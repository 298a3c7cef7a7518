/** What became of the effects: the executor's reports, told to the loop, counted and learned from. */
import type { ClientAllowances } from '../../clients/allowances.ts';
import { BackendError, messageOf, SpilledError } from '../../domain/errors.ts';
import type { BackendId, InstanceId, JobId } from '../../domain/ids.ts';
import { footprintBytes } from '../../domain/instance.ts';
import type { Job, JobResult } from '../../domain/job.ts';
import type { Variant } from '../../domain/model.ts';
import type { ExecutorReports } from '../../executor/dependencies.ts';
import type { OwnLoads } from '../../executor/own-loads.ts';
import { codeOf, remedyOf } from '../../executor/retry-policy.ts';
import type { ExecutionMetrics } from '../../metrics/execution-metrics.ts';
import type { ContextChoice } from '../../registry/context/context-choice.ts';
import type { SchedulerLoop } from '../../scheduler/loop.ts';
import type { JobStatistics } from '../../view/job-statistics.ts';
import type { SwapCounter } from '../../view/swap-counter.ts';
import type { Learning } from './learning.ts';

export interface OutcomesParts {
  readonly loop: Pick<SchedulerLoop, 'state' | 'handle' | 'note'>;
  readonly allowances: Pick<ClientAllowances, 'answered'>;
  readonly learning: Pick<Learning, 'measured'>;
  readonly contexts: Pick<ContextChoice, 'learn'>;
  readonly ownLoads: Pick<OwnLoads, 'loaded'>;
  readonly statistics: Pick<JobStatistics, 'notePromptCut' | 'noteUsage' | 'ended'>;
  readonly swaps: Pick<SwapCounter, 'loaded' | 'spilled' | 'unloaded'>;
  /** Null where nothing is measured for others. */
  readonly metrics: Pick<ExecutionMetrics, 'answerBegan' | 'footprintMeasured' | 'loadFailed'> | null;
  /** Whether others use the backend too. */
  readonly isShared: (id: BackendId) => boolean;
}

export class Outcomes implements ExecutorReports {
  readonly #parts: OutcomesParts;

  constructor(parts: OutcomesParts) {
    this.#parts = parts;
  }

  claimed(claimNumber: number, jobs: readonly JobId[]): void {
    this.#parts.loop.note({ type: 'claimed', claimNumber, jobs });
  }

  left(report: Parameters<ExecutorReports['left']>[0]): void {
    this.#parts.loop.note({ type: 'left', ...report });
  }

  answered({ job, request }: Parameters<ExecutorReports['answered']>[0], result: JobResult): void {
    this.#parts.contexts.learn(job, request, result);
    this.#parts.statistics.ended.used(job.id, result.usage);
    this.#parts.statistics.noteUsage(result.usage);
    this.#parts.allowances.answered(job.client, result.usage);
    if (result.prompt?.truncated) this.#parts.statistics.notePromptCut();
  }

  answerBegan(job: Job, at: number): void {
    this.#parts.metrics?.answerBegan(job, at);
  }

  loaded(
    instanceId: InstanceId,
    variant: Variant,
    measured: { readonly sizeBytes: number; readonly vramBytes: number } | null,
    loadMs: number,
  ): void {
    const { loop, swaps, ownLoads, learning, isShared, metrics } = this.#parts;
    const predicted = loop.state.instances.get(instanceId);
    loop.handle({ type: 'loaded', instanceId, variant, measured });
    const instance = loop.state.instances.get(instanceId);
    swaps.loaded(loadMs, instance?.spilled ?? false);
    if (instance && isShared(instance.backendId)) ownLoads.loaded(instance.backendId, variant);
    if (!instance || !measured) return;
    learning.measured(instance, variant, { ...measured, loadMs });
    if (predicted && predicted.footprint.length > 0)
      metrics?.footprintMeasured(footprintBytes(predicted) - predicted.driverBytes, measured.vramBytes);
  }

  loadFailed(instanceId: InstanceId, error: unknown, loadMs: number): void {
    const { loop, swaps, learning, metrics } = this.#parts;
    const instance = loop.state.instances.get(instanceId);
    const backend = instance && loop.state.backends.get(instance.backendId);
    if (backend && !instance.unwanted) metrics?.loadFailed(backend.settings.name, codeOf(error));
    const spilled = error instanceof SpilledError;
    if (spilled && instance) {
      // First, so that the loop decides with what was measured.
      const { sizeBytes, vramBytes } = error;
      learning.measured(instance, instance.variant, { sizeBytes, vramBytes, loadMs });
      swaps.spilled();
    }
    loop.handle({
      type: 'load-failed',
      instanceId,
      code: codeOf(error),
      remedy: remedyOf(error),
      // What helps against a lack of memory is said by who knows the cards and the model.
      message:
        error instanceof BackendError && error.remedy === 'free-memory' ? error.finding : messageOf(error),
      spilled,
    });
  }

  unloaded(instanceId: InstanceId): void {
    this.#parts.swaps.unloaded(instanceId);
    this.#parts.loop.handle({ type: 'unloaded', instanceId });
  }
}

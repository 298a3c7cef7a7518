/** A model server as the scheduling loop has it carried out: the seam between the real loop and what stands in for a server. */
import type { LoadSpec } from '../../domain/backend.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import type { Placement } from '../../scheduler/decide/plan.ts';
import type { BackendSettings } from '../../scheduler/state.ts';
import type { SimulatedJob } from '../workload/workload.ts';

export interface Measured {
  readonly sizeBytes: number;
  readonly vramBytes: number;
}

/** What is told of each is told later than it was asked, and once. */
export interface ModelServer {
  readonly backend: BackendSettings;
  load(
    instanceId: InstanceId,
    spec: LoadSpec,
    placement: Placement,
    report: { loaded(measured: Measured): void; failed(message: string): void },
  ): void;
  /** It was there already. */
  adopt(instanceId: InstanceId, modelName: string): void;
  /** It went by itself. */
  forget(instanceId: InstanceId): void;
  /** What is still loading ends, too. */
  unload(instanceId: InstanceId, gone: () => void): void;
  run(instanceId: InstanceId, job: SimulatedJob, report: { done(): void; failed(): void }): void;
  /** What a monitor would tell now. */
  observation(): BackendObservation;
}

/** A process for each model: it goes where it is put, and nothing of a server's own is in the way. */
import { managedOllama } from '../../backend/managed/capabilities.ts';
import type { Clock } from '../../clock.ts';
import type { LoadSpec } from '../../domain/backend.ts';
import { type InstanceId, stableId } from '../../domain/ids.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import type { Placement } from '../../scheduler/decide/plan.ts';
import type { BackendSettings } from '../../scheduler/state.ts';
import type { Machine } from '../machine/machine.ts';
import type { SimulatedJob, SimulatedModel } from '../workload/workload.ts';
import type { ModelServer } from './model-server.ts';
import { gpuKey, type Held, READING_INTERVAL_MS, readMachine } from './readings.ts';

const NAME = 'managed';
/** As many as a managed backend does unless it is told otherwise. */
export const LOADS_AT_ONCE = 2;
/** A load that does not fit is known to have failed after so long. */
const OUT_OF_MEMORY_MS = 300;
const FIRST_PID = 1_001;

export class ManagedServer implements ModelServer {
  readonly backend: BackendSettings;
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #models: ReadonlyMap<string, SimulatedModel>;
  readonly #held = new Map<InstanceId, Held>();
  #nextPid = FIRST_PID;

  constructor(clock: Clock, machine: Machine, models: readonly SimulatedModel[]) {
    this.#clock = clock;
    this.#machine = machine;
    this.#models = new Map(models.map((model) => [model.name, model]));
    this.backend = {
      id: stableId('bkd', NAME),
      name: NAME,
      mode: 'MANAGED',
      url: 'managed:ollama',
      capabilities: managedOllama({ loadChannels: LOADS_AT_ONCE, hostBytesPerInstance: 0 }),
      maxLoadedModels: null,
      headroomBytes: 0,
      parallel: machine.settings.slots,
      hasProbe: true,
      probeIntervalMs: READING_INTERVAL_MS,
    };
  }

  load(
    instanceId: InstanceId,
    { variant }: LoadSpec,
    placement: Placement,
    report: Parameters<ModelServer['load']>[3],
  ): void {
    const model = this.#models.get(variant.modelName);
    if (!model) throw new Error(`The workload has no ${variant.modelName}.`);
    const indexOf = (gpuId: string) =>
      this.#machine.settings.gpuBytes.findIndex((_, index) => stableId('gpu', NAME, gpuKey(index)) === gpuId);
    const shares = placement.map(({ gpuId, bytes }) => ({ gpu: indexOf(gpuId), bytes }));
    const loaded = this.#machine.load(model, shares, () =>
      report.loaded({ sizeBytes: model.bytes, vramBytes: model.bytes }),
    );
    if (loaded) this.#held.set(instanceId, { loaded, pid: this.#nextPid++ });
    else this.#clock.after(OUT_OF_MEMORY_MS, () => report.failed('out of memory'));
  }

  /** Nobody else loads there, and nothing goes by itself. */
  adopt(): void {}
  forget(): void {}

  unload(instanceId: InstanceId, gone: () => void): void {
    const held = this.#held.get(instanceId);
    const end = () => {
      this.#held.delete(instanceId);
      gone();
    };
    if (held) this.#machine.unload(held.loaded, end);
    else this.#clock.after(0, end);
  }

  run(instanceId: InstanceId, job: SimulatedJob, report: Parameters<ModelServer['run']>[2]): void {
    const held = this.#held.get(instanceId);
    if (held?.loaded.status === 'ready') this.#machine.run(held.loaded, job, () => report.done());
    else this.#clock.after(0, () => report.failed());
  }

  observation(): BackendObservation {
    return readMachine(this.backend.id, this.#machine, [...this.#held.values()], this.#clock.now(), true);
  }
}

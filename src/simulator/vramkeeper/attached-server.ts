/** One Ollama that somebody else runs: it takes loads, unloads and jobs as requests, and its own rules go on beside ours. */
import { ATTACHED_OLLAMA } from '../../backend/ollama/capabilities.ts';
import type { Clock } from '../../clock.ts';
import type { LoadSpec } from '../../domain/backend.ts';
import { type InstanceId, stableId } from '../../domain/ids.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import type { Placement } from '../../scheduler/decide/plan.ts';
import type { BackendSettings } from '../../scheduler/state.ts';
import type { Machine } from '../machine/machine.ts';
import type { RequestServer } from '../server/request-server.ts';
import type { SimulatedJob, SimulatedModel } from '../workload/workload.ts';
import type { ModelServer } from './model-server.ts';
import { READING_INTERVAL_MS, readMachine } from './readings.ts';

const NAME = 'attached';
/** What an answer over HTTP takes. */
const REQUEST_MS = 5;
/** How often it is asked whether a model is still listed. */
const UNLOAD_POLL_MS = 50;

export class AttachedServer implements ModelServer {
  readonly backend: BackendSettings;
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #server: RequestServer;
  readonly #models: ReadonlyMap<string, SimulatedModel>;
  readonly #modelOf = new Map<InstanceId, SimulatedModel>();

  /** @param mostLoaded its OLLAMA_MAX_LOADED_MODELS */
  constructor(parts: {
    readonly clock: Clock;
    readonly machine: Machine;
    readonly server: RequestServer;
    readonly models: readonly SimulatedModel[];
    readonly mostLoaded: number;
  }) {
    this.#clock = parts.clock;
    this.#machine = parts.machine;
    this.#server = parts.server;
    this.#models = new Map(parts.models.map((model) => [model.name, model]));
    this.backend = {
      id: stableId('bkd', NAME),
      name: NAME,
      mode: 'ATTACHED',
      url: 'http://127.0.0.1:11434',
      capabilities: ATTACHED_OLLAMA,
      maxLoadedModels: parts.mostLoaded,
      headroomBytes: 0,
      parallel: parts.machine.settings.slots,
      hasProbe: true,
      probeIntervalMs: READING_INTERVAL_MS,
    };
  }

  load(
    instanceId: InstanceId,
    { variant }: LoadSpec,
    _placement: Placement,
    report: Parameters<ModelServer['load']>[3],
  ): void {
    const model = this.#meant(variant.modelName);
    this.#modelOf.set(instanceId, model);
    this.#server.request({
      model,
      job: null,
      keepAliveMs: Number.POSITIVE_INFINITY,
      started: () => {},
      done: () =>
        this.#clock.after(REQUEST_MS, () =>
          report.loaded({ sizeBytes: model.bytes, vramBytes: model.bytes }),
        ),
      failed: () => report.failed('out of memory'),
    });
  }

  adopt(instanceId: InstanceId, modelName: string): void {
    this.#modelOf.set(instanceId, this.#meant(modelName));
  }

  forget(instanceId: InstanceId): void {
    this.#modelOf.delete(instanceId);
  }

  unload(instanceId: InstanceId, gone: () => void): void {
    const model = this.#modelOf.get(instanceId);
    this.#modelOf.delete(instanceId);
    const end = () => this.#clock.after(UNLOAD_POLL_MS, gone);
    if (model) this.#server.unload(model, end);
    else end();
  }

  run(instanceId: InstanceId, job: SimulatedJob, report: Parameters<ModelServer['run']>[2]): void {
    const model = this.#modelOf.get(instanceId);
    if (!model) {
      this.#clock.after(0, () => report.failed());
      return;
    }
    this.#server.request({
      model,
      job,
      started: () => {},
      done: () => report.done(),
      failed: () => report.failed(),
    });
  }

  observation(): BackendObservation {
    const held = this.#machine.loaded.map((loaded, place) => ({ loaded, pid: place + 1_001 }));
    return readMachine(this.backend.id, this.#machine, held, this.#clock.now(), false);
  }

  #meant(modelName: string): SimulatedModel {
    const model = this.#models.get(modelName);
    if (!model) throw new Error(`The workload has no ${modelName}.`);
    return model;
  }
}

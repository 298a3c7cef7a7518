/** What the monitor read, brought to everyone who goes by it, in the order that they need. */
import type { Resident } from '../../domain/backend.ts';
import type { BacklogView } from '../../domain/backlog.ts';
import type { BackendId } from '../../domain/ids.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import { parseQueueKey, queueKey } from '../../domain/queue-key.ts';
import type { Executor } from '../../executor/executor.ts';
import type { OwnLoads } from '../../executor/own-loads.ts';
import type { Registry } from '../../registry/registry.ts';
import { roomOf } from '../../registry/room.ts';
import type { SchedulerLoop } from '../../scheduler/loop.ts';
import { weightsOf } from '../../scheduler/observe/residents.ts';
import type { BuiltBackend } from '../backends.ts';

export interface ObservationsParts {
  readonly backends: ReadonlyMap<BackendId, Pick<BuiltBackend, 'backend' | 'probe' | 'settings'>>;
  readonly backlog: Pick<BacklogView, 'queues'>;
  readonly registry: Pick<Registry, 'observe' | 'observeRoom' | 'resolve'>;
  readonly loop: Pick<SchedulerLoop, 'state' | 'handle'>;
  readonly executor: Pick<Executor, 'memoryMoved'>;
  readonly ownLoads: Pick<OwnLoads, 'marked'>;
  /** Whether others may load there too. */
  readonly isShared: (id: BackendId) => boolean;
}

export class Observations {
  readonly #parts: ObservationsParts;
  /** Backends that were looked at. */
  readonly #read = new Set<BackendId>();

  constructor(parts: ObservationsParts) {
    this.#parts = parts;
  }

  observed(observation: BackendObservation): void {
    const { backends, backlog, registry, loop } = this.#parts;
    const { backendId, models, version, gpus, health } = observation;
    this.#read.add(backendId);
    const built = backends.get(backendId);
    const waited = backlog.queues().map(({ queue }) => parseQueueKey(queue).model);
    built?.backend.library.prefer?.(new Set(waited));
    this.#noteMoves(observation);
    // Models first: residents are told apart by them.
    if (models) registry.observe(backendId, models, version);
    if (gpus?.length) registry.observeRoom(backendId, roomOf(gpus, built?.settings.headroomBytes ?? 0));
    loop.handle({ type: 'observed', observation: this.#withOwn(observation) });
    // What cannot be used needs nothing that stands ready.
    const usable = built?.probe === null ? [] : gpus;
    if (usable && health !== 'UNREACHABLE')
      built?.backend.standReady?.(usable.map(({ key, index }) => ({ key, index })));
  }

  /** Whether it is worth asking: it answered lately, or nobody knows yet, as right after the start. */
  mayAnswer(backendId: BackendId): boolean {
    if (!this.#read.has(backendId)) return true;
    return this.#parts.loop.state.backends.get(backendId)?.health !== 'UNREACHABLE';
  }

  /** With the residents marked that an earlier run of ours loaded. */
  #withOwn(observation: BackendObservation): BackendObservation {
    const { registry, ownLoads, isShared } = this.#parts;
    const { backendId, residents, startedAt } = observation;
    if (!residents || !isShared(backendId)) return observation;
    const weights = (resident: Resident) => {
      const queue = queueKey({ model: resident.modelName, contextLength: null });
      return weightsOf(resident, registry.resolve(queue, backendId));
    };
    return { ...observation, residents: ownLoads.marked(backendId, residents, startedAt, weights) };
  }

  /** Where the server places what it loads, the memory of its cards is all that is seen of a load. */
  #noteMoves({ backendId, gpus }: BackendObservation): void {
    const { loop, executor, isShared } = this.#parts;
    if (!gpus || !isShared(backendId)) return;
    const before = loop.state.backends.get(backendId);
    const used = new Map(before?.gpus?.map(({ reading }) => [reading.key, reading.usedBytes]));
    if (gpus.some(({ key, usedBytes }) => used.get(key) !== usedBytes)) executor.memoryMoved(backendId);
  }
}

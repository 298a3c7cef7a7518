/** Loop, executor, monitor and registry, wired: what one tells becomes what another hears. */

import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Resident } from '../domain/backend.ts';
import { BackendError, messageOf, SpilledError } from '../domain/errors.ts';
import type { EndWriter, OutputWriter } from '../domain/events.ts';
import type { BackendId } from '../domain/ids.ts';
import type { Variant } from '../domain/model.ts';
import type { BackendObservation } from '../domain/observation.ts';
import { parseQueueKey, queueKey } from '../domain/queue-key.ts';
import type { Store } from '../domain/store.ts';
import type { ExecutorReports } from '../executor/dependencies.ts';
import { Executor } from '../executor/executor.ts';
import { OwnLoads } from '../executor/own-loads.ts';
import { refuseJobs } from '../executor/refuse-jobs.ts';
import { codeOf, remedyOf } from '../executor/retry-policy.ts';
import { WithheldModels, withholding } from '../executor/withheld-models.ts';
import { unmetBy } from '../kinds/capabilities.ts';
import { createMonitor } from '../monitor/monitor.ts';
import { WantedReadings } from '../monitor/wanted-readings.ts';
import { createRegistry, type LoadMeasurement, type Registry } from '../registry/registry.ts';
import { roomOf } from '../registry/room.ts';
import type { Effect } from '../scheduler/events.ts';
import { cellDecision } from '../scheduler/explain/cell-decisions.ts';
import { gpusOf } from '../scheduler/ledger/cards.ts';
import { SchedulerLoop } from '../scheduler/loop.ts';
import { weightsOf } from '../scheduler/observe/observe.ts';
import { PauseSwitch } from '../scheduler/pause-switch.ts';
import { ReservationReports } from '../scheduler/reservations/reports.ts';
import type { InstanceRecord } from '../scheduler/state.ts';
import { WishIntake } from '../scheduler/wishes/intake.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobStatistics } from '../view/job-statistics.ts';
import { SwapCounter } from '../view/swap-counter.ts';
import type { BuiltBackend } from './backends.ts';

export interface SchedulingParts {
  readonly config: Config;
  readonly backends: readonly BuiltBackend[];
  readonly store: Store;
  readonly outputs: OutputWriter;
  readonly ends: EndWriter;
  readonly statistics: JobStatistics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  changed(): void;
}

export interface Scheduling {
  readonly registry: Registry;
  readonly loop: SchedulerLoop;
  readonly executor: Executor;
  readonly swaps: SwapCounter;
  readonly wishes: WishIntake;
  readonly pauseSwitch: PauseSwitch;
  /** Models that nobody may load or give jobs, because they are about to leave. */
  readonly withheld: WithheldModels;
  /** Reads what the backend has; resolves when everyone knows. */
  modelsChanged(backendId: BackendId): Promise<void>;
  start(): Promise<void>;
  /** Jobs must have been ended before. */
  stop(): Promise<void>;
}

export function createScheduling(parts: SchedulingParts): Scheduling {
  const { config, backends, store, outputs, ends, statistics, clock, random, logger } = parts;
  const byId = new Map(backends.map((each) => [each.backend.id, each]));
  const swaps = new SwapCounter();
  const readings = new WantedReadings(clock, () => monitor);
  /** What ends each listening to a backend. */
  const following: ((() => void) | undefined)[] = [];
  const withheld = new WithheldModels();
  const log = logger.child('SCHEDULER');

  const registry = createRegistry({
    config: config.models,
    defaults: {
      keepAliveMs: config.keepAliveMs,
      rules: (id) => {
        const backend = byId.get(id);
        if (!backend) throw new Error(`There is no backend ${id}.`);
        return backend.rules;
      },
    },
    store,
    clock,
  });

  const loop: SchedulerLoop = new SchedulerLoop({
    backends: backends.map(({ settings }) => settings),
    backlog: store.backlog,
    resolver: withholding(registry, withheld),
    clock,
    random,
    perform: (effect) => perform(effect),
    changed: () => {
      parts.changed();
      wishes.stateChanged();
      reservations.stateChanged(loop.state);
    },
  });

  const reservations = new ReservationReports(log);
  const wishes = new WishIntake({
    loop,
    resolver: registry,
    suggest: (name) => registry.suggest(name),
    store,
    clock,
    random,
  });

  const pauseSwitch = new PauseSwitch({ loop, store, logger: log });

  const ownLoads = new OwnLoads({ store, clock, logger: log });

  const notLearned = (error: unknown) =>
    logger.child('REGISTRY').warn(`What was learned could not be stored: ${messageOf(error)}`);

  function learn(
    { backendId, config: setup, footprint, freeBeforeLoad }: InstanceRecord,
    variant: Variant,
    measured: LoadMeasurement,
  ): void {
    const backend = loop.state.backends.get(backendId);
    const headroom = backend?.settings.headroomBytes ?? 0;
    const rooms = footprint.map(({ gpuId }) => Math.max(0, (freeBeforeLoad.get(gpuId) ?? 0) - headroom));
    const roomBytes = rooms.reduce((sum, bytes) => sum + bytes, 0);
    registry
      .learnFootprint(variant, setup, backend?.version ?? null, backendId, {
        ...measured,
        ...(rooms.length > 0 && { roomBytes, cards: rooms.length }),
      })
      .catch(notLearned);
  }

  const reports: ExecutorReports = {
    claimed: (claimNumber, jobs) => loop.handle({ type: 'claimed', claimNumber, jobs }),
    left: (report) => loop.handle({ type: 'left', ...report }),
    promptCut: () => statistics.notePromptCut(),
    loaded(instanceId, variant, measured, loadMs) {
      loop.handle({ type: 'loaded', instanceId, variant, measured });
      const instance = loop.state.instances.get(instanceId);
      swaps.loaded(loadMs, instance?.spilled ?? false);
      if (instance && isShared(instance.backendId)) ownLoads.loaded(instance.backendId, variant);
      if (!instance || !measured) return;
      learn(instance, variant, { ...measured, loadMs });
    },
    loadFailed(instanceId, error, loadMs) {
      const instance = loop.state.instances.get(instanceId);
      const spilled = error instanceof SpilledError;
      if (spilled && instance) {
        // First, so that the loop decides with what was measured.
        learn(instance, instance.variant, {
          sizeBytes: error.sizeBytes,
          vramBytes: error.vramBytes,
          loadMs,
        });
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
    },
    unloaded(instanceId) {
      swaps.unloaded(evicted.delete(instanceId));
      loop.handle({ type: 'unloaded', instanceId });
    },
  };
  /** Instances that leave to make room. */
  const evicted = new Set<string>();

  const executor = new Executor({
    store,
    backends: new Map(backends.map(({ backend }) => [backend.id, backend])),
    unmetBy: (backendId, modelName, request) => unmetBy(registry.installed(backendId), modelName, request),
    outputs,
    ends,
    clock,
    random,
    logger: logger.child('ENGINE'),
    reports,
  });

  const monitor = createMonitor({
    backends: backends.map(({ backend, probe }) => ({ backend, probe })),
    clock,
    intervalMs: config.pollIntervalMs,
    onReading: (_backendId, observation) => observed(observation),
    logger: logger.child('MONITOR'),
  });

  function observed(observation: BackendObservation): void {
    const waited = store.backlog.queues().map(({ queue }) => parseQueueKey(queue).model);
    byId.get(observation.backendId)?.backend.library.prefer?.(new Set(waited));
    noteMoves(observation);
    // Models first: residents are told apart by them.
    if (observation.models) registry.observe(observation.backendId, observation.models, observation.version);
    if (observation.gpus?.length) {
      const headroomBytes = byId.get(observation.backendId)?.settings.headroomBytes ?? 0;
      registry.observeRoom(observation.backendId, roomOf(observation.gpus, headroomBytes));
    }
    loop.handle({ type: 'observed', observation: withOwn(observation) });
    const built = byId.get(observation.backendId);
    const gpus = built?.probe === null ? [] : observation.gpus;
    // What cannot be used needs nothing that stands ready.
    if (gpus && observation.health !== 'UNREACHABLE')
      built?.backend.standReady?.(gpus.map(({ key, index }) => ({ key, index })));
  }

  function withOwn(observation: BackendObservation): BackendObservation {
    const { backendId, residents, startedAt } = observation;
    if (!residents || !isShared(backendId)) return observation;
    const weights = (resident: Resident) => {
      const queue = queueKey({ model: resident.modelName, contextLength: null });
      return weightsOf(resident, registry.resolve(queue, backendId));
    };
    return { ...observation, residents: ownLoads.marked(backendId, residents, startedAt, weights) };
  }

  /** Others may load there too, and what is loaded outlives us. */
  function isShared(backendId: BackendId): boolean {
    return byId.get(backendId)?.settings.capabilities.shared === true;
  }

  /** Where the server places what it loads, the memory of its cards is all that is seen of a load. */
  function noteMoves({ backendId, gpus }: BackendObservation): void {
    if (!gpus || !isShared(backendId)) return;
    const before = loop.state.backends.get(backendId);
    const used = new Map(before?.gpus?.map(({ reading }) => [reading.key, reading.usedBytes]));
    if (gpus.some(({ key, usedBytes }) => used.get(key) !== usedBytes)) executor.memoryMoved(backendId);
  }

  function perform(effect: Exclude<Effect, { type: 'decided' }>): void {
    switch (effect.type) {
      case 'claim':
        executor.claim(effect.claimNumber, effect.claim.instanceId, effect.backendName, effect.claim);
        return;
      case 'load':
        log.info(`Loading ${effect.spec.variant.modelName}.`);
        executor.load(effect.instanceId, effect.backendId, effect.spec, effect.expectedMs);
        return;
      case 'adopt':
        executor.adopt(effect.instanceId, effect.backendId, effect.resident, effect.spec);
        return;
      case 'unload': {
        const instance = loop.state.instances.get(effect.instanceId);
        log.info(`Unloading ${instance?.variant.modelName ?? effect.instanceId}.`);
        const planned = [...loop.state.backends.values()].flatMap((backend) => backend.swaps);
        if (planned.some((swap) => swap.victims.includes(effect.instanceId))) evicted.add(effect.instanceId);
        executor.unload(effect.instanceId);
        return;
      }
      case 'cancel-load':
        executor.cancelLoad(effect.instanceId);
        return;
      case 'forget':
        executor.forget(effect.instanceId);
        return;
      case 'refuse':
        void refuseJobs({ store, logger: log }, effect.picks, effect.failure);
        return;
      case 'probed': {
        const instance = loop.state.instances.get(effect.instanceId);
        if (!instance) return;
        const { variant, config: setup, backendId } = instance;
        const { probedBytes, cards } = effect;
        registry.learnProbed(variant, setup, backendId, { probedBytes, cards }).catch(notLearned);
        return;
      }
      case 'missing':
        log.warn(
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

  /** What becomes of server processes is told, and read at once. */
  function followCells(): void {
    for (const { backend } of backends) {
      const { id } = backend;
      following.push(
        backend.onCell?.((event) => {
          const record = loop.state.backends.get(id);
          loop.decisions.add(cellDecision(event, id, record ? gpusOf(loop.state, record) : []));
        }),
        backend.onChange?.((what) => {
          parts.changed();
          if (what === 'service') readings.soon(id);
        }),
      );
    }
  }

  return {
    registry,
    loop,
    executor,
    swaps,
    wishes,
    pauseSwitch,
    withheld,
    modelsChanged: (backendId) => monitor.poke(backendId, { models: true }),
    async start() {
      // Before they start: what an earlier server left is found there.
      followCells();
      for (const { backend } of backends) await backend.start();
      await pauseSwitch.start();
      await ownLoads.start();
      loop.start();
      pauseSwitch.apply();
      await wishes.start();
      for (const model of config.warmup) wishes.keepWarm(model, false);
      for (const model of config.keepWarm) wishes.keepWarm(model, true);
      await monitor.start();
    },
    async stop() {
      loop.stop();
      wishes.stop();
      for (const unfollow of following.splice(0)) unfollow?.();
      await executor.stop(0);
      readings.stop();
      await monitor.stop();
      await Promise.all(backends.map(({ backend }) => backend.stop()));
    },
  };
}

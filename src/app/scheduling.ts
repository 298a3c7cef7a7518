/** Loop, executor, monitor and registry, wired: what one tells becomes what another hears. */
import type { Clock, Random, Timer } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { messageOf } from '../domain/errors.ts';
import type { OutputWriter } from '../domain/events.ts';
import type { BackendId } from '../domain/ids.ts';
import type { BackendObservation } from '../domain/observation.ts';
import type { Store } from '../domain/store.ts';
import type { ExecutorReports } from '../executor/dependencies.ts';
import { Executor } from '../executor/executor.ts';
import { remedyOf } from '../executor/retry-policy.ts';
import { WithheldModels, withholding } from '../executor/withheld-models.ts';
import { createMonitor } from '../monitor/monitor.ts';
import { createRegistry, type Registry } from '../registry/registry.ts';
import type { Effect } from '../scheduler/events.ts';
import { SchedulerLoop } from '../scheduler/loop.ts';
import { Steering } from '../scheduler/steering.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BuiltBackend } from './backends.ts';
import { DriverShare } from './driver-share.ts';
import { SwapCounter } from './swap-counter.ts';

export interface SchedulingParts {
  readonly config: Config;
  readonly backends: readonly BuiltBackend[];
  readonly store: Store;
  readonly outputs: OutputWriter;
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
  readonly steering: Steering;
  /** Models that nobody may load or give jobs, because they are about to leave. */
  readonly withheld: WithheldModels;
  /** Reads what the backend has; resolves when everyone knows. */
  modelsChanged(backendId: BackendId): Promise<void>;
  start(): Promise<void>;
  /** Jobs must have been ended before. */
  stop(): Promise<void>;
}

/** A reading that is wanted soon is taken after so long, so that several wishes are one and a changing GPU gets time to change. */
const POKE_DELAY_MS = 100;

export function createScheduling(parts: SchedulingParts): Scheduling {
  const { config, backends, store, outputs, clock, random, logger } = parts;
  const byId = new Map(backends.map((each) => [each.backend.id, each]));
  const swaps = new SwapCounter();
  const pokes = new Map<BackendId, Timer>();
  const withheld = new WithheldModels();
  const log = logger.child('SCHEDULER');

  const registry = createRegistry({
    config: config.models,
    defaults: {
      contextLength: config.contextLength,
      keepAliveMs: config.keepAliveMs,
      parallel: (id) => byId.get(id)?.settings.parallel ?? 1,
      namesBatch: (id) => byId.get(id)?.settings.mode === 'MANAGED',
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
      steering.stateChanged();
    },
  });

  const steering = new Steering({
    loop,
    resolver: registry,
    suggest: (name) => registry.suggest(name),
    configured: config.reservations,
    store,
    clock,
    random,
  });

  const notStored = (error: unknown) =>
    logger.child('REGISTRY').warn(`What was learned could not be stored: ${messageOf(error)}`);
  const drivers = new DriverShare(({ backendId, variant, config: setup }, bytes) => {
    registry.learnDriverShare(variant, setup, backendId, bytes).catch(notStored);
  });

  const reports: ExecutorReports = {
    claimed: (claimNumber, jobs) => loop.handle({ type: 'claimed', claimNumber, jobs }),
    left: (report) => loop.handle({ type: 'left', ...report }),
    loaded(instanceId, variant, measured, loadMs) {
      loop.handle({ type: 'loaded', instanceId, variant, measured });
      const instance = loop.state.instances.get(instanceId);
      swaps.loaded(loadMs, instance?.spilled ?? false);
      if (!instance || !measured) return;
      const { backendId, config: setup } = instance;
      const backend = loop.state.backends.get(backendId);
      const cards = (backend?.gpus ?? []).filter(({ id }) =>
        instance.footprint.some((part) => part.gpuId === id),
      );
      const cardBytes = cards.reduce((sum, { reading }) => sum + reading.totalBytes, 0);
      registry
        .learnFootprint(variant, setup, backend?.version ?? null, backendId, {
          ...measured,
          loadMs,
          cardBytes,
        })
        .catch(notStored);
      drivers.loaded(instanceId, { backendId, variant, config: setup }, measured, clock.now());
    },
    loadFailed: (instanceId, error) =>
      loop.handle({ type: 'load-failed', instanceId, remedy: remedyOf(error), message: messageOf(error) }),
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
    outputs,
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
    // Models first: residents are told apart by them.
    if (observation.models) registry.observe(observation.backendId, observation.models, observation.version);
    loop.handle({ type: 'observed', observation });
    drivers.observed(observation, (id) => loop.state.instances.has(id));
    const built = byId.get(observation.backendId);
    const gpus = built?.probe === null ? [] : observation.gpus;
    if (gpus) built?.backend.standReady?.(gpus.map(({ key, index }) => ({ key, index })));
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
        const intents = [...loop.state.backends.values()].flatMap((backend) => backend.intents);
        if (intents.some((intent) => intent.victims.includes(effect.instanceId)))
          evicted.add(effect.instanceId);
        executor.unload(effect.instanceId);
        return;
      }
      case 'forget':
        executor.forget(effect.instanceId);
        return;
      case 'poke':
        poke(effect.backendId, effect.when);
        return;
      default:
        effect satisfies never;
    }
  }

  function poke(backendId: BackendId, when: 'now' | 'soon'): void {
    if (when === 'now') {
      pokes.get(backendId)?.cancel();
      pokes.delete(backendId);
      void monitor.poke(backendId);
      return;
    }
    if (pokes.has(backendId)) return;
    const timer = clock.after(POKE_DELAY_MS, () => {
      pokes.delete(backendId);
      void monitor.poke(backendId);
    });
    pokes.set(backendId, timer);
  }

  return {
    registry,
    loop,
    executor,
    swaps,
    steering,
    withheld,
    modelsChanged: (backendId) => monitor.poke(backendId, { models: true }),
    async start() {
      for (const { backend } of backends) await backend.start();
      loop.start();
      await steering.start();
      for (const model of config.warmup) steering.keepWarm(model, false);
      for (const model of config.keepWarm) steering.keepWarm(model, true);
      await monitor.start();
    },
    async stop() {
      loop.stop();
      await executor.stop(0);
      for (const timer of pokes.values()) timer.cancel();
      pokes.clear();
      await monitor.stop();
      await Promise.all(backends.map(({ backend }) => backend.stop()));
    },
  };
}

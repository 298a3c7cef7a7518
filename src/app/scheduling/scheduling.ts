/** Loop, executor, monitor and registry, connected: what one tells becomes what another hears. */
import { type Clock, type Random, sleep } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { ClientTable } from '../../domain/client-limits.ts';
import type { EndWriter, OutputWriter } from '../../domain/events.ts';
import type { BackendId } from '../../domain/ids.ts';
import type { JobChange, Store } from '../../domain/store.ts';
import type { CourseKeeper } from '../../executor/dependencies.ts';
import { Executor } from '../../executor/executor.ts';
import { OwnLoads } from '../../executor/own-loads.ts';
import { WithheldModels, withholding } from '../../executor/withheld-models.ts';
import { unmetBy } from '../../kinds/capabilities.ts';
import type { ServerMetrics } from '../../metrics/server-metrics.ts';
import { createMonitor, type Monitor } from '../../monitor/monitor.ts';
import { WantedReadings } from '../../monitor/wanted-readings.ts';
import { ContextChoice } from '../../registry/context/context-choice.ts';
import { createRegistry, type Registry } from '../../registry/registry.ts';
import { cellDecision } from '../../scheduler/explain/cell-decisions.ts';
import { gpusOf } from '../../scheduler/ledger/cards.ts';
import { tooLarge } from '../../scheduler/loads/too-large.ts';
import { SchedulerLoop } from '../../scheduler/loop.ts';
import { PauseSwitch } from '../../scheduler/pause-switch.ts';
import { ReservationReports } from '../../scheduler/reservations/reports.ts';
import { WishIntake } from '../../scheduler/wishes/intake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { JobStatistics } from '../../view/job-statistics.ts';
import { SwapCounter } from '../../view/swap-counter.ts';
import { type BuiltBackend, nameRules } from '../backends.ts';
import type { Configuration } from '../configuration.ts';
import { EffectRunner } from './effect-runner.ts';
import { Fallbacks } from './fallbacks.ts';
import { LearnedWork } from './learned-work.ts';
import { Learning } from './learning.ts';
import { Observations } from './observations.ts';
import { Outcomes } from './outcomes.ts';

/** A backend that answers does so in a tenth of that; for others nobody waits longer with the start. */
const FIRST_LOOK_MS = 2_000;

export interface SchedulingParts {
  readonly config: Config;
  readonly clients: Pick<Configuration, 'allowances' | 'limits'>;
  readonly backends: readonly BuiltBackend[];
  readonly store: Store;
  readonly outputs: OutputWriter;
  readonly ends: EndWriter;
  readonly statistics: JobStatistics;
  readonly courses: CourseKeeper;
  /** Null where nothing is measured for others. */
  readonly metrics: Pick<ServerMetrics, 'execution' | 'turned'> | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Something of the system is not as it was. */
  readonly changed: () => void;
}

export class Scheduling {
  readonly registry: Registry;
  readonly loop: SchedulerLoop;
  readonly fallbacks: Fallbacks;
  readonly contexts: ContextChoice;
  readonly limits: ClientTable;
  readonly executor: Executor;
  readonly swaps: SwapCounter;
  readonly wishes: WishIntake;
  readonly pauseSwitch: PauseSwitch;
  /** Models that nobody may load or give jobs, because they are about to leave. */
  readonly withheld = new WithheldModels();
  readonly #parts: SchedulingParts;
  readonly #monitor: Monitor;
  readonly #observations: Observations;
  readonly #readings: WantedReadings;
  readonly #ownLoads: OwnLoads;
  readonly #learnedWork: LearnedWork;
  readonly #effects: EffectRunner;
  /** What ends each listening to a backend. */
  readonly #following: ((() => void) | undefined)[] = [];

  constructor(parts: SchedulingParts) {
    const { config, backends, store, outputs, ends, statistics, courses, clock, random, logger } = parts;
    const log = logger.child('SCHEDULER');
    const byId = new Map(backends.map((each) => [each.backend.id, each]));
    const isShared = (id: BackendId) => byId.get(id)?.settings.capabilities.shared === true;
    this.#parts = parts;
    this.swaps = new SwapCounter(clock);
    this.limits = parts.clients.limits;
    this.registry = createRegistry({
      config: config.models,
      defaults: { keepAliveMs: config.keepAliveMs, rules: (id) => rulesOf(byId, id) },
      nameRules: nameRules(backends),
      store,
      clock,
    });
    const { registry, swaps, withheld } = this;
    const reservations = new ReservationReports(log);
    this.loop = new SchedulerLoop({
      backends: backends.map(({ settings }) => settings),
      backlog: store.backlog,
      clients: parts.clients.limits,
      resolver: withholding(registry, withheld),
      clock,
      random,
      turned: (ms) => parts.metrics?.turned(ms),
      leaving: (cause) => parts.metrics?.execution.leaving(cause),
      changed: () => {
        parts.changed();
        this.wishes.stateChanged();
        reservations.stateChanged(this.loop.state);
        this.#learnedWork.stateChanged(this.loop.state);
      },
    });
    const { loop } = this;
    this.fallbacks = new Fallbacks({ store, loop, clock, logger: log });
    const state = () => loop.state;
    this.wishes = new WishIntake({ loop, resolver: registry, names: registry.names, store, clock, random });
    this.pauseSwitch = new PauseSwitch({ loop, store, logger: log });
    this.#ownLoads = new OwnLoads({ store, clock, logger: log });
    this.#learnedWork = new LearnedWork({ loop, store, clock, logger: log });
    const ownLoads = this.#ownLoads;
    this.contexts = new ContextChoice({
      contextRange: (model) => registry.contextRange(model),
      isTooLarge: (queue) => tooLarge(queue, loop, registry, clock.now()) !== null,
    });
    const { contexts } = this;
    const learning = new Learning({ registry, state, logger: logger.child('REGISTRY') });
    this.executor = new Executor({
      store,
      backends: new Map(backends.map(({ backend }) => [backend.id, backend])),
      unmetBy: (backendId, modelName, request) => unmetBy(registry.modelOn(backendId, modelName), request),
      outputs,
      ends,
      courses,
      clock,
      random,
      logger: logger.child('ENGINE'),
      contexts,
      reports: new Outcomes({
        allowances: parts.clients.allowances,
        loop,
        learning,
        contexts,
        ownLoads,
        statistics,
        swaps,
        metrics: parts.metrics?.execution ?? null,
        isShared,
      }),
    });
    const { executor } = this;
    const { backlog } = store;
    this.#observations = new Observations({
      backends: byId,
      backlog,
      registry,
      loop,
      executor,
      ownLoads,
      isShared,
    });
    this.#monitor = createMonitor({
      backends: backends.map(({ backend, probe }) => ({ backend, probe })),
      clock,
      intervalMs: config.pollIntervalMs,
      onReading: (_backendId, observation) => this.#observations.observed(observation),
      logger: logger.child('MONITOR'),
    });
    this.#readings = new WantedReadings(clock, this.#monitor);
    const readings = this.#readings;
    this.#effects = new EffectRunner({ state, executor, readings, learning, swaps, store, logger: log });
  }

  /** What the store has committed. */
  jobsChanged(changes: readonly JobChange[]): void {
    this.executor.jobsChanged(changes);
    this.fallbacks.jobsChanged(changes);
  }

  /** Whether a backend is worth asking. */
  mayAnswer(backendId: BackendId): boolean {
    return this.#observations.mayAnswer(backendId);
  }

  /** Reads what the backend has; resolves when everyone knows. */
  modelsChanged(backendId: BackendId): Promise<void> {
    return this.#monitor.poke(backendId, { models: true });
  }

  async start(): Promise<void> {
    const { backends, config } = this.#parts;
    // Before they start: what an earlier server left is found there.
    this.#followCells();
    for (const { backend } of backends) await backend.start();
    await this.pauseSwitch.start();
    await this.#ownLoads.start();
    await this.#learnedWork.start();
    this.loop.start(this.#effects);
    this.#learnedWork.apply();
    this.pauseSwitch.apply();
    await this.wishes.start();
    for (const model of config.warmup) this.wishes.keepWarm(model, false);
    for (const model of config.keepWarm) this.wishes.keepWarm(model, true);
    const since = this.#parts.clock.now();
    await this.#monitor.start();
    await this.#firstLook(since);
    await this.fallbacks.start();
  }

  /** Whoever asks right after the start is not to hear of a backend that it does not answer, only because nobody has looked yet. */
  async #firstLook(since: number): Promise<void> {
    const { backends, clock } = this.#parts;
    const over = new AbortController();
    const looks = backends.map(({ backend }) => this.#monitor.poke(backend.id, { models: true, since }));
    await Promise.race([Promise.all(looks), sleep(clock, FIRST_LOOK_MS, over.signal).catch(() => {})]);
    over.abort();
  }

  /** Jobs must have been ended before. */
  async stop(): Promise<void> {
    this.loop.stop();
    this.wishes.stop();
    await this.fallbacks.stop();
    for (const unfollow of this.#following.splice(0)) unfollow?.();
    await this.executor.stop(0);
    await this.#learnedWork.stop();
    this.#readings.stop();
    await this.#monitor.stop();
    await Promise.all(this.#parts.backends.map(({ backend }) => backend.stop()));
  }

  /** What becomes of server processes is told, and read at once. */
  #followCells(): void {
    const { backends, changed } = this.#parts;
    for (const { backend } of backends) {
      const { id } = backend;
      this.#following.push(
        backend.onCell?.((event) => {
          const { state, decisions } = this.loop;
          const record = state.backends.get(id);
          decisions.add(cellDecision(event, id, record ? gpusOf(state, record) : []));
        }),
        backend.onChange?.((what) => {
          changed();
          if (what === 'service') this.#readings.soon(id);
        }),
      );
    }
  }
}

function rulesOf(backends: ReadonlyMap<BackendId, BuiltBackend>, id: BackendId): BuiltBackend['rules'] {
  const backend = backends.get(id);
  if (!backend) throw new Error(`There is no backend ${id}.`);
  return backend.rules;
}

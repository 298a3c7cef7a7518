/** The composition root: builds every part from a configuration, starts them in order, and stops them in the opposite one. */
import { BatchChanges } from './accept/batch-changes.ts';
import { ImageService } from './accept/image-service.ts';
import { LiveJobs } from './accept/live-jobs.ts';
import { buildAccept } from './app/accepting.ts';
import { buildBackends } from './app/backends.ts';
import { buildBatches } from './app/batches.ts';
import { Configuration } from './app/configuration.ts';
import { buildCourses } from './app/courses.ts';
import type { App, AppOverrides } from './app/interface.ts';
import { Listeners } from './app/listeners.ts';
import { buildLive } from './app/live.ts';
import { buildModelDirectory } from './app/model-directory.ts';
import { Past } from './app/past.ts';
import { recoverJobs } from './app/recover.ts';
import { Scheduling } from './app/scheduling/scheduling.ts';
import { serverClock } from './app/server-clock.ts';
import { buildStore } from './app/store.ts';
import { storeLogger } from './app/store-logger.ts';
import { buildTasks } from './app/tasks.ts';
import { termsOf } from './app/terms.ts';
import { version } from './app/version.ts';
import { buildViews } from './app/views.ts';
import { StoredFacts } from './backend/ollama/known-facts.ts';
import { ChatService } from './chats/chat-service.ts';
import { systemClock, systemRandom } from './clock.ts';
import type { Config } from './config/config.ts';
import type { VramkeeperError } from './domain/errors.ts';
import { newId } from './domain/ids.ts';
import { EventLog } from './events/event-log.ts';
import { historyOf } from './events/history.ts';
import { JobEnds } from './events/job-ends.ts';
import { OutputHub } from './events/output-hub.ts';
import { Publisher } from './events/publisher.ts';
import { Housekeeper } from './executor/housekeeper.ts';
import { LibraryOperations } from './executor/model-operations.ts';
import { ASKING_SERVER } from './gateway/shared/ollama-guard.ts';
import { ownReads } from './graphql/own-reads.ts';
import { schema } from './graphql/schema.ts';
import { GRAPHQL_PATH, GraphQLServer } from './graphql/server/graphql-server.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { JobLog } from './telemetry/job-log.ts';
import { createLogger } from './telemetry/logger.ts';
import { JobStatistics } from './view/job-statistics.ts';
import { createMemoryOperations } from './view/memory-operations.ts';
import { OwnJobs } from './view/own-jobs.ts';
import { StartPromises } from './view/start-promises.ts';

export type { App, AppOverrides } from './app/interface.ts';

const GRACE_MS = 10_000;

export function createApp(config: Config, overrides: AppOverrides = {}): App {
  const wallClock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom;
  const logger = overrides.logger ?? createLogger(config.log, wallClock);
  const clock = serverClock(wallClock, logger);
  const startedAt = clock.now();

  const failure = Promise.withResolvers<VramkeeperError>();
  let ready = false;
  const serverId = newId('srv', clock, random);
  const store = buildStore(config, {
    serverId,
    clock,
    logger: storeLogger(logger.child('QUEUE')),
    onDeath: (error) => {
      ready = false;
      failure.resolve(error);
    },
  });
  const configuration = new Configuration(config, {
    read: overrides.readSettings ?? null,
    store: () => store,
    changed: () => loop.committed(),
    clock,
    logger: logger.child('API'),
  });
  const events = new EventLog({ random });
  const outputs = new OutputHub((jobId, error) =>
    logger.child('API').error(`What ${jobId} says cannot be passed on any more.`, { error }),
  );
  const ends = new JobEnds(store);
  const statistics = new JobStatistics();
  const promises = new StartPromises();
  const jobLog = new JobLog(store, logger.child('QUEUE'));
  const modelFacts = new StoredFacts(store, logger.child('REGISTRY'));
  const backends = buildBackends(config, clock, logger, modelFacts, { [ASKING_SERVER]: serverId });
  const publisher = new Publisher(events, clock);
  const courses = buildCourses({
    store,
    scheduling: () => scheduling,
    explain: (job) => system.explain(job),
    clock,
  });
  const metrics = config.metrics === 'off' ? null : new ServerMetrics();
  const scheduling = new Scheduling({
    config,
    clients: configuration,
    backends,
    store,
    outputs,
    ends,
    statistics,
    courses,
    clock,
    random,
    logger,
    metrics,
    changed: () => {
      publisher.systemChanged();
      past.stateChanged();
      courses.changed();
    },
  });
  const { registry, loop, executor } = scheduling;
  const past = new Past({
    store,
    loop,
    statistics,
    swaps: scheduling.swaps,
    clock,
    logger: logger.child('QUEUE'),
  });
  const housekeeper = new Housekeeper({
    store,
    clock,
    logger: logger.child('QUEUE'),
    retentionMs: config.retentionMs,
    courses,
  });
  const { system, stray } = buildViews(config, {
    backends,
    scheduling,
    store,
    statistics,
    promises,
    past,
    courses,
    events,
    metrics,
    startedAt,
    clock,
    logger,
    changed: () => publisher.systemChanged(),
  });
  const memory = createMemoryOperations(scheduling.wishes, system);
  const tasks = buildTasks(config, { store, system, memory, logger });
  const models = buildModelDirectory(registry, loop, tasks.chooser);
  const accept = buildAccept(config, {
    clients: configuration,
    store,
    models,
    registry,
    loop,
    statistics,
    scheduling,
    clock,
    random,
    logger,
  });
  const images = new ImageService({ store, quota: config.imageQuota });
  const chats = new ChatService({ store, accept, queueLimit: config.queueLimit, clock, random });
  const liveJobs = new LiveJobs({
    accept,
    outputs,
    ends,
    store,
    clock,
    logger: logger.child('API'),
    onClientGone: config.onClientGone,
  });
  const modelOperations = new LibraryOperations({
    backends: backends.map(({ backend }) => backend),
    answers: (id) => scheduling.mayAnswer(id),
    names: registry.names,
    modelsChanged: (id) => scheduling.modelsChanged(id),
    installed: (id) => registry.installed(id),
    inMemory: (weights, id) =>
      [...loop.state.instances.values()].some(
        (one) => one.backendId === id && one.variant.weights === weights,
      ),
    unload: (model, backendId) => memory.unloadModel({ model, backendId }),
    withheld: scheduling.withheld,
    events,
    clock,
    random,
    logger: logger.child('ENGINE'),
  });
  const batchChanges = new BatchChanges({ store, accept, requestsCancelled: (id) => batches.cancelled(id) });
  const batches = buildBatches(config, { store, accept, models, clock, random, logger: logger.child('API') });
  const readsOf = ownReads(store);
  const terms = termsOf(config, configuration.callers);
  const live = buildLive({ log: events, backlog: store.backlog, loop, clock });
  const graphql = new GraphQLServer({
    schema,
    buildContext: ({ principal, signal, answer }) => ({
      principal,
      scope: { caller: principal.client, signal },
      answer,
      accept: accept.ofOneRequest(),
      images,
      batches: batchChanges,
      chats,
      chatNews: store.chats.onNews,
      ...readsOf(principal),
      system,
      control: scheduling.pauseSwitch,
      configuration,
      memory,
      tasks,
      modelOperations,
      events,
      outputs,
      live,
      history: store.history,
      terms,
      clock,
    }),
    logger: logger.child('API'),
    clock,
    random,
    needsKey: terms.needsKey,
  });
  const listeners = new Listeners({
    config,
    clients: configuration,
    serverId,
    portFallback: overrides.portFallback ?? false,
    graphql,
    gateway: {
      accept,
      liveJobs,
      jobs: new OwnJobs(store),
      models,
      memory,
      modelOperations,
      system,
      clock,
      random,
      logger: logger.child('API'),
    },
    batches,
    images,
    metrics,
    notReady: () => (ready ? store.writeProblem && 'Nothing can be stored.' : 'The server starts or stops.'),
    clock,
  });

  /** What undoes each step of the start, in order. */
  const started: (() => void | Promise<void>)[] = [];
  let stopping: Promise<void> | null = null;

  async function start(): Promise<void> {
    if (overrides.backendsLine) logger.info(overrides.backendsLine);
    await store.start();
    started.push(() => store.stop());
    await configuration.start();
    started.push(() => configuration.stop());
    started.push(() => metrics?.stop());
    events.follow(await historyOf(store, random));
    await recoverJobs(store, logger.child('QUEUE'));
    await past.start();
    started.push(() => past.stop());
    started.push(() => courses.stop());
    started.push(
      store.onCommit((changes) => {
        statistics.record(changes);
        promises.record(changes);
        metrics?.jobs.jobsChanged(changes);
        jobLog.record(changes);
        publisher.jobsChanged(changes);
        scheduling.jobsChanged(changes);
        ends.jobsChanged(changes);
        batches.jobsChanged(changes);
        tasks.jobsChanged(changes);
        past.jobsChanged(changes);
        courses.jobsChanged(changes);
        housekeeper.jobsChanged(changes);
        loop.committed();
      }),
    );
    started.push(store.requestBatches.onEnded((id) => publisher.requestsEnded(id)));
    started.push(store.onArrival(loop));
    await registry.start();
    await modelFacts.start();
    await tasks.start();
    started.push(() => tasks.stop());
    started.push(() => publisher.stop());
    housekeeper.start();
    started.push(() => housekeeper.stop());
    started.push(() => scheduling.stop());
    await scheduling.start();
    for (const model of tasks.warmAtStart) scheduling.wishes.keepWarm(model, false);
    stray.start();
    started.push(() => stray.stop());
    await batches.start();
    started.push(() => batches.stop());
    await listeners.start();
    ready = true;
    logger.info(`vramkeeper ${version} serves ${listeners.urls.join(' and ')}.`, {
      dataDir: config.dataDir,
      ...(config.store && { store: config.store.shown }),
    });
  }

  async function endWork(graceMs: number): Promise<void> {
    loop.stop();
    scheduling.wishes.stop();
    await liveJobs.stop(Promise.all([modelOperations.stop(), executor.stop(graceMs)]));
    ends.stop();
    await graphql.told();
  }

  async function stop(graceMs: number): Promise<void> {
    ready = false;
    await listeners.stop(() => endWork(graceMs));
    for (const undo of started.splice(0).reverse()) await undo();
    logger.info('vramkeeper has stopped.');
    if (!overrides.logger) logger.close();
  }

  return {
    async start() {
      try {
        await start();
      } catch (error) {
        await this.stop({ graceMs: 0 });
        throw error;
      }
    },
    stop({ graceMs = GRACE_MS } = {}) {
      if (stopping && graceMs <= 0) void executor.stop(0);
      stopping ??= stop(graceMs);
      return stopping;
    },
    reload: () => configuration.reload(),
    failed: failure.promise,
    get url() {
      return listeners.url;
    },
    get ollamaUrl() {
      return listeners.ollamaUrl;
    },
    get graphqlUrl() {
      return `${listeners.url}${GRAPHQL_PATH}`;
    },
  };
}

/** The state of the whole, put together from the parts that own it. */
import type { Backend } from '../domain/backend.ts';
import type { BacklogView } from '../domain/backlog.ts';
import type { ClientTable } from '../domain/client-limits.ts';
import type { Gpu, VramUsage } from '../domain/gpu.ts';
import type { BackendId, CellId, GpuId } from '../domain/ids.ts';
import { footprintBytes } from '../domain/instance.ts';
import type { Job, JobPriority } from '../domain/job.ts';
import type { JobCourse } from '../domain/job-course.ts';
import { least } from '../domain/long-lists.ts';
import { parseQueueKey, type QueueKey } from '../domain/queue-key.ts';
import type { LifetimeCounts } from '../domain/sample.ts';
import type {
  BackendCell,
  BackendState,
  InstanceState,
  ModelState,
  QueueState,
  StrayServer,
  SwapStats,
  SystemView,
} from '../domain/system.ts';
import { serves } from '../scheduler/decide/snapshot.ts';
import { gpusOf } from '../scheduler/ledger/cards.ts';
import { estimateMs, workError } from '../scheduler/runs/work-estimate.ts';
import {
  type BackendRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
} from '../scheduler/state.ts';
import { previewBatch } from './batch-preview.ts';
import { clientStatistics } from './client-statistics.ts';
import { type ExplainSources, explainJob, faultsOf, optionsOf } from './explain-job.ts';
import { Explanations } from './explanations.ts';
import type { JobStatistics } from './job-statistics.ts';
import { modelSpeed } from './model-speed.ts';

export interface SystemViewSources extends ExplainSources {
  readonly startedAt: number;
  readonly version: string;
  readonly backends: readonly Backend[];
  readonly statistics: JobStatistics;
  /** What single clients may take. */
  readonly limits: ClientTable;
  readonly swaps: () => SwapStats;
  readonly lifetime: () => LifetimeCounts;
  readonly strayServer: () => StrayServer | null;
  readonly storeProblem: () => string | null;
  /** As `SystemView.course`. */
  readonly courseOf: (job: Job) => JobCourse | null;
}

export function createSystemView(sources: SystemViewSources): SystemView {
  const { loop, registry, backlog, statistics, clock } = sources;
  const explanations = new Explanations();
  const explain = (job: Job) =>
    explanations.of(job, loop.plan ?? loop.state, clock.now(), () => explainJob(sources, job));
  return {
    startedAt: sources.startedAt,
    version: sources.version,
    get paused() {
      return loop.state.paused;
    },
    get truncatedPrompts() {
      return statistics.truncatedPrompts;
    },
    get storeProblem() {
      return sources.storeProblem();
    },
    get strayServer() {
      return sources.strayServer();
    },
    lastingFaults: () => faultsOf(sources),
    backends: () =>
      [...loop.state.backends.values()].map((backend) => backendState(sources, loop.state, backend)),
    models: () => registry.models(),
    modelName: (name) => registry.names.resolve(name),
    model: (name) => registry.model(name),
    vramEstimate: (model: ModelState, contextLength) => registry.vramEstimate(model, contextLength),
    usage: () =>
      sum([...loop.state.backends.values()].map((backend) => backendUsage(loop.state, backend, clock.now()))),
    gpu: (id: GpuId) => findGpu(loop.state, id),
    queues: () => waitingQueues(backlog).map((queue) => queueState(sources, queue)),
    queue: (key) => queueState(sources, key),
    swaps: sources.swaps,
    lifetime: sources.lifetime,
    latency: (priority, windowMs) => statistics.latency(priority, windowMs, clock.now()),
    clients: (windowMs, only) =>
      clientStatistics({
        jobs: statistics.ended,
        backlog,
        limits: sources.limits,
        windowMs,
        only,
        now: clock.now(),
      }),
    speed: ({ info }, windowMs) => modelSpeed(statistics.ended.within(windowMs, clock.now()), info.name),
    lastUsedAt: ({ info }) => statistics.ended.usedAt(info.name),
    expectedLoadMs: (model) => registry.expectedLoadMs(model),
    workEstimates: () => workError(loop.state.work),
    startEstimates: () => sources.promises.estimates,
    decisions: () => loop.decisions.all(),
    cellLog: (id, lines) => cellLog(sources.backends, id, lines),
    explain,
    course: sources.courseOf,
    preview: (client, jobs) => previewBatch(sources, client, jobs),
    expectationOf: (job) => {
      const waiting = explain(job);
      return waiting
        ? { start: waiting.expectedStart, end: waiting.expectedEnd }
        : { start: null, end: endOfRun(sources, job) };
    },
  };
}

function backendState(
  sources: SystemViewSources,
  state: SchedulerState,
  backend: BackendRecord,
): BackendState {
  const { id, name, mode, url, capabilities } = backend.settings;
  const instances = instancesOf(state, id);
  return {
    id,
    name,
    mode,
    capabilities,
    url,
    health: backend.health,
    problem: backend.problem,
    version: backend.version,
    lastSeenAt: backend.lastSeenAt,
    gpus: gpusOf(state, backend),
    instances: instances.map((instance) => instanceState(sources, instance)),
    cells: cellsOf(sources.backends, id),
    usage: backendUsage(state, backend, sources.clock.now()),
  };
}

function instanceState(sources: SystemViewSources, instance: InstanceRecord): InstanceState {
  const wanted = sources.backlog
    .queues()
    .some(({ queue }) => optionsOf(sources, queue).some((option) => serves(instance, option)));
  const isKept = isAlwaysResident(sources, instance);
  const stays = instance.pinned || isKept;
  return {
    ...instance,
    // Whatever the settings say, its server keeps it.
    keepAliveMs: isKept ? null : instance.keepAliveMs,
    expiresAt: stays ? null : expiresAt(instance),
    evictable: instance.status === 'READY' && instance.activeJobs === 0 && !stays && !wanted,
    memory: memoryOf(sources, instance),
    measured: instance.reportedBytes !== null,
    expectedReadyAt: expectedReadyAt(instance, sources.clock.now()),
    activeJobIds: sources.executor.jobsOf(instance.id),
    cellId: sources.executor.cellOf(instance.id),
  };
}

/** Of several with the same name only the one of that context is meant. */
function memoryOf({ loop }: SystemViewSources, instance: InstanceRecord): InstanceState['memory'] {
  const { modelName, contextLength } = instance.variant;
  const told = loop.state.backends
    .get(instance.backendId)
    ?.residents.find(
      (resident) => resident.modelName === modelName && resident.contextLength === contextLength,
    );
  if (told) return { sizeBytes: told.sizeBytes, vramBytes: told.vramBytes };
  const vramBytes = instance.reportedBytes ?? footprintBytes(instance);
  return { sizeBytes: Math.max(vramBytes, footprintBytes(instance)), vramBytes };
}

function isAlwaysResident({ loop }: SystemViewSources, { backendId }: InstanceRecord): boolean {
  return loop.state.backends.get(backendId)?.settings.capabilities.alwaysResident ?? false;
}

function cellsOf(backends: readonly Backend[], backendId: BackendId): readonly BackendCell[] {
  const backend = backends.find(({ id }) => id === backendId);
  return (backend?.cells?.() ?? []).map((cell) => ({ ...cell, backendId }));
}

async function cellLog(
  backends: readonly Backend[],
  id: CellId,
  lines: number,
): Promise<readonly string[] | null> {
  for (const backend of backends) {
    const log = await backend.cellLog?.(id, lines);
    if (log) return log;
  }
  return null;
}

function expectedReadyAt(
  { status, loadStartedAt, expectedLoadMs }: InstanceRecord,
  now: number,
): number | null {
  const at = loadStartedAt + expectedLoadMs;
  return status === 'LOADING' && at > now ? at : null;
}

function expiresAt({ status, activeJobs, lastUsedAt, keepAliveMs }: InstanceRecord): number | null {
  if (status !== 'READY' || activeJobs > 0 || keepAliveMs === null) return null;
  return lastUsedAt + keepAliveMs;
}

function backendUsage(state: SchedulerState, backend: BackendRecord, now: number): VramUsage {
  const gpus = gpusOf(state, backend);
  if (gpus.length > 0) return sum(gpus.map((gpu) => gpu.usage));
  const held = instancesOf(state, backend.settings.id).reduce(
    (bytes, instance) => bytes + footprintBytes(instance),
    0,
  );
  return { ...EMPTY, usedBytes: held, instanceBytes: held, sampledAt: backend.lastSeenAt ?? now };
}

const EMPTY: VramUsage = {
  totalBytes: 0,
  usedBytes: 0,
  headroomBytes: 0,
  reservedBytes: 0,
  foreignBytes: 0,
  instanceBytes: 0,
  freeBytes: 0,
  deficitBytes: 0,
  source: 'OLLAMA',
  sampledAt: 0,
};

/** As old as its oldest part. */
function sum(parts: readonly VramUsage[]): VramUsage {
  const [first] = parts;
  if (!first) return EMPTY;
  return parts.slice(1).reduce(
    (total, part) => ({
      totalBytes: total.totalBytes + part.totalBytes,
      usedBytes: total.usedBytes + part.usedBytes,
      headroomBytes: total.headroomBytes + part.headroomBytes,
      reservedBytes: total.reservedBytes + part.reservedBytes,
      foreignBytes: total.foreignBytes + part.foreignBytes,
      instanceBytes: total.instanceBytes + part.instanceBytes,
      freeBytes: total.freeBytes + part.freeBytes,
      deficitBytes: total.deficitBytes + part.deficitBytes,
      source: total.source,
      sampledAt: Math.min(total.sampledAt, part.sampledAt),
    }),
    first,
  );
}

function findGpu(state: SchedulerState, id: GpuId): Gpu | null {
  for (const backend of state.backends.values()) {
    const gpu = gpusOf(state, backend).find((each) => each.id === id);
    if (gpu) return gpu;
  }
  return null;
}

/** With those in which only clients wait who may run no more. */
function waitingQueues(backlog: BacklogView): readonly QueueKey[] {
  return [...new Set([...backlog.queues().map(({ queue }) => queue), ...backlog.held.byQueue.keys()])];
}

function queueState(sources: SystemViewSources, queue: QueueKey): QueueState {
  const backlog = sources.backlog.queue(queue);
  const { loop, clock } = sources;
  const clearAt = backlog ? loop.forecasts.present.clearOf(queue) : null;
  const held = sources.backlog.held.byQueue.get(queue) ?? [];
  const pending = (priority: JobPriority) =>
    held.reduce(
      (sum, bucket) => sum + (bucket.priority === priority ? bucket.count : 0),
      backlog?.byPriority[priority].count ?? 0,
    );
  const oldestAt = least([
    backlog?.oldestCreatedAt ?? Number.POSITIVE_INFINITY,
    ...held.flatMap(({ oldestCreatedAt }) => oldestCreatedAt ?? []),
  ]);
  return {
    queue,
    modelName: parseQueueKey(queue).model,
    pending: {
      HIGH: pending('HIGH'),
      NORMAL: pending('NORMAL'),
      LOW: pending('LOW'),
    },
    oldestAgeMs: Number.isFinite(oldestAt) ? Math.max(0, clock.now() - oldestAt) : null,
    expectedClearMs: clearAt === null ? null : Math.round(Math.max(0, clearAt - clock.now())),
  };
}

/** Null where it has run for longer than it should: then nobody knows. */
function endOfRun(sources: SystemViewSources, job: Job): number | null {
  if (job.status !== 'RUNNING' || job.startedAt === null) return null;
  const weights = optionsOf(sources, job.queue)[0]?.variant.weights;
  const { client, kind } = job;
  const runMs =
    weights === undefined ? null : estimateMs(sources.loop.state.work, { weights, client, kind, size: null });
  const end = runMs === null ? null : Math.round(job.startedAt + runMs);
  return end !== null && end > sources.clock.now() ? end : null;
}

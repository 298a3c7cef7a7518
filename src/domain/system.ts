/** The state of the whole as outsiders see it: read by the API, never a way to change it. */
import type { BackendCapabilities, BackendMode } from './backend.ts';
import type { BatchPreview, OutlinedJob } from './batch-preview.ts';
import type { CardOverhead } from './card-overhead.ts';
import type { CellState, CellStatistics } from './cell.ts';
import type { Decision, JobWaiting } from './decision.ts';
import type { Gpu, VramUsage } from './gpu.ts';
import type { BackendId, CellId, GpuId, InstanceId, JobId, ModelId } from './ids.ts';
import type { Instance } from './instance.ts';
import type { Job, JobPriority } from './job.ts';
import type { JobCourse } from './job-course.ts';
import type { ModelInfo } from './model.ts';
import type { QueueKey } from './queue-key.ts';
import type { LifetimeCounts } from './sample.ts';
import type { ClientStats, LatencyStats, ModelSpeed } from './usage-figures.ts';

export type { LatencyStats } from './usage-figures.ts';

import type { EstimateError } from './work.ts';

export type BackendHealth = 'HEALTHY' | 'DEGRADED' | 'UNREACHABLE';

export interface BackendState {
  readonly id: BackendId;
  readonly name: string;
  readonly mode: BackendMode;
  readonly capabilities: BackendCapabilities;
  readonly url: string;
  readonly health: BackendHealth;
  /** What is wrong and what to do, when it is not HEALTHY. */
  readonly problem: string | null;
  /** Null when it has never answered. */
  readonly version: string | null;
  readonly lastSeenAt: number | null;
  readonly gpus: readonly Gpu[];
  readonly instances: readonly InstanceState[];
  /** Of a managed one: those that live, oldest first, and those that ended last. */
  readonly cells: readonly BackendCell[];
  /** Sum over its GPUs; of a host without any, what the server says it has loaded. */
  readonly usage: VramUsage;
}

export interface BackendCell extends CellState {
  readonly backendId: BackendId;
}

export interface InstanceState extends Instance {
  readonly evictable: boolean;
  /** Kept whatever happens: no victim, and no keep-alive runs out. */
  readonly pinned: boolean;
  /** Epoch milliseconds at which it is unloaded if nobody uses it before; null while it works, and where nothing but a wish for its memory ends it. */
  readonly expiresAt: number | null;
  /** How long it stays when nobody uses it, in milliseconds; null for as long as nobody wants its memory. */
  readonly keepAliveMs: number | null;
  /** As its server tells it, like `ollama ps`: all of it, and the part on GPUs; as far as that is known yet, else predicted. */
  readonly memory: { readonly sizeBytes: number; readonly vramBytes: number };
  /** Whether its memory on GPUs was measured; else it is a prediction. */
  readonly measured: boolean;
  /** When its load should be done, epoch milliseconds; null when it does not load, and when it takes longer than it should. */
  readonly expectedReadyAt: number | null;
  readonly activeJobIds: readonly JobId[];
  /** The server process that holds it; null while it loads, and on an attached backend. */
  readonly cellId: CellId | null;
}

/** A model server on this machine that belongs to no backend. */
export interface StrayServer {
  readonly url: string;
  /** Null where it does not tell. */
  readonly version: string | null;
  /** What it means for us and what to do. */
  readonly problem: string;
}

/** Something that has failed again and again, and is still tried. */
export interface Trouble {
  readonly kind: 'CLAIM' | 'RESULT' | 'UNLOAD';
  /** Of its first failure in a row, epoch milliseconds. */
  readonly since: number;
  /** What went wrong the last time. */
  readonly message: string;
  /** Null where it is not about one. */
  readonly instanceId: InstanceId | null;
}

/** A fault that has lasted long enough for a person to look at it. */
export interface LastingFault {
  readonly kind:
    | 'CLAIMS_FAIL'
    | 'LOADS_FAIL'
    | 'LOAD_SLOW'
    | 'NO_ROOM_FOR_MODELS'
    | 'RESULTS_NOT_STORED'
    | 'UNLOAD_STUCK';
  /** For people: what is wrong and what to do. */
  readonly message: string;
  /** Null where it is about none. */
  readonly backendId: BackendId | null;
  /** Of the model that it is about; null where it is about none. */
  readonly weights: string | null;
}

export interface ModelState {
  readonly id: ModelId;
  /** The same name on several backends is one model; facts are those of the first that has it. */
  readonly info: ModelInfo;
  readonly backendIds: readonly BackendId[];
}

export interface QueueState {
  readonly queue: QueueKey;
  readonly modelName: string;
  readonly pending: Readonly<Record<JobPriority, number>>;
  readonly oldestAgeMs: number | null;
  readonly expectedClearMs: number | null;
}

export interface SwapStats extends CellStatistics {
  readonly loads: number;
  readonly unloads: number;
  readonly evictions: number;
  readonly spills: number;
  readonly loadTimeMs: number;
}

/** How far off the starts were that somebody was told. */
export interface StartEstimates {
  /** How many starts that is. */
  readonly sampleCount: number;
  /** Median of |promised − real|; null without any. */
  readonly medianErrorMs: number | null;
}

/** When an unfinished job should start and be done, epoch milliseconds; null where nobody can know, or where it has happened. */
export interface JobExpectation {
  readonly start: number | null;
  readonly end: number | null;
}

/** What one instance would take. */
export interface VramEstimate {
  /** On one GPU. */
  readonly bytes: number;
  /** What of it is on every GPU where it lies on several. */
  readonly overhead: CardOverhead;
  readonly measured: boolean;
}

export interface SystemView {
  readonly startedAt: number;
  readonly version: string;
  readonly paused: boolean;
  /** Jobs since the start whose prompt was cut. */
  readonly truncatedPrompts: number;
  /** An Ollama beside managed ones; null when there is none, or nobody looks. */
  readonly strayServer: StrayServer | null;
  /** Why the store can't write, and what to do; null while it can. */
  readonly storeProblem: string | null;
  /** Faults that last, the worst first. */
  lastingFaults(): readonly LastingFault[];
  backends(): readonly BackendState[];
  models(): readonly ModelState[];
  /** The name under which the jobs of a model wait, of any spelling of it. */
  modelName(name: string): string;
  /** By any spelling of its name. */
  model(name: string): ModelState | null;
  /** Of one instance at `contextLength` tokens (default: its default). Null when too little is known. */
  vramEstimate(model: ModelState, contextLength: number | null): VramEstimate | null;
  usage(): VramUsage;
  gpu(id: GpuId): Gpu | null;
  queues(): readonly QueueState[];
  queue(key: QueueKey): QueueState;
  swaps(): SwapStats;
  /** What has ever been counted in this data directory. */
  lifetime(): LifetimeCounts;
  latency(priority: JobPriority | null, windowMs: number): LatencyStats;
  /** Of clients that were seen within the window, that wait or that run, the busiest first; at most 100. `only`: of that one alone. */
  clients(windowMs: number, only: string | null): readonly ClientStats[];
  /** From jobs that were completed within the window; null without any. */
  speed(model: ModelState, windowMs: number): ModelSpeed | null;
  /** When a job of the model last started or ended, epoch milliseconds; null when nobody remembers. */
  lastUsedAt(model: ModelState): number | null;
  /** What a load of it should take, in milliseconds; null where none was measured yet. */
  expectedLoadMs(model: ModelState): number | null;
  /** Of the work of jobs, lately. */
  workEstimates(): EstimateError;
  startEstimates(): StartEstimates;
  /** The newest last; bounded, so old ones are gone. */
  decisions(): readonly Decision[];
  /** The last lines that a cell wrote, oldest first; null when there is no such cell. */
  cellLog(id: CellId, lines: number): Promise<readonly string[] | null>;
  /** Why a waiting job waits; null once it has started. */
  explain(job: Job): JobWaiting | null;
  /** Of a job that has not ended, or whose course is not in the store yet; null of others. */
  course(job: Job): JobCourse | null;
  expectationOf(job: Job): JobExpectation;
  /** Of jobs of a client that might be queued together now; at least one. */
  preview(client: string, jobs: readonly OutlinedJob[]): BatchPreview;
}

export interface SystemControl {
  /** Stop starting jobs; running ones finish. Holds at once and over a restart; resolves when that is stored. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

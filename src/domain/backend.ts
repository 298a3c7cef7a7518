/** The seam to model servers. Jobs run on the handle of an instance, never by model name. */
import type { CellEvent, CellState, CellStatistics } from './cell.ts';
import type { PromptTooLongError } from './context-errors.ts';
import type { BackendId, CellId } from './ids.ts';
import type { JobResult } from './job.ts';
import type { JsonObject } from './json.ts';
import type { InstanceConfig, ModelInfo, Variant } from './model.ts';
import type { ModelNameRule } from './model-names.ts';
import type { PullProgress, RecordSink } from './model-operations.ts';
import type { BlobHash, JobRequest } from './request.ts';

/**
 * What can be done on a backend, and what it does by itself. Whoever treats two backends differently asks one of these, never what kind or
 * mode a backend is: another kind then needs no change but its own answers.
 */
export interface BackendCapabilities {
  /** Its server processes are started and ended by the backend itself: it has cells, and knows their ends, their logs and their memory. */
  readonly startsProcesses: boolean;
  /**
   * What it serves is in its memory as long as it runs, and nobody here can change that: nothing is loaded, unloaded or evicted there, and
   * what it does not list cannot run.
   */
  readonly alwaysResident: boolean;
  /** Other clients may use it too: they load and unload there, and what was loaded outlives this server. */
  readonly shared: boolean;
  /** Loads that may be under way at once; an attached Ollama bears one. */
  readonly loadChannels: number;
  /** The server judges by itself what fits, and evicts by that, so that its belief has to be satisfied too. */
  readonly admitsByItself: boolean;
  /** Who chooses the GPU of an instance. */
  readonly placement: 'server' | 'caller';
  /** One instance for each set of weights, so that a larger context replaces the smaller one. */
  readonly oneInstancePerWeights: boolean;
  /** Holds only so many models, however little memory they take. */
  readonly limitsModelsByCount: boolean;
  /** Models can be fetched to it. */
  readonly canPull: boolean;
  /** Models can be made on it, and pushed from it. */
  readonly canCreate: boolean;
  /** A model can be given a second name. */
  readonly canCopy: boolean;
  /** Models can be deleted from it. */
  readonly canDelete: boolean;
  /** Host memory that an instance may come to take beside its GPU memory; 0 where the host is not ours to watch. */
  readonly hostBytesPerInstance: number;
}

/** What the server says is in its memory now. */
export interface Resident {
  /** Canonical model name under which it was loaded. */
  readonly modelName: string;
  readonly digest: string;
  readonly contextLength: number | null;
  /** What of is loaded, where the backend knows the manifest: its name may mean other weights by now. Absent: it does not. */
  readonly weights?: string;
  /** Bytes in all, and on GPUs; equal when nothing spilled. */
  readonly sizeBytes: number;
  readonly vramBytes: number;
  /** Epoch milliseconds; null for never. */
  readonly expiresAt: number | null;
  /** Slots, where the backend set them itself; null where it cannot tell. */
  readonly parallel: number | null;
  /** Whether its context moves on, as its load named it; null where that named nothing. Absent: the backend cannot tell. */
  readonly shift?: boolean | null;
  /** Keys of the GPUs it lies on, where the backend placed it itself; null where it cannot tell. */
  readonly gpuKeys: readonly string[] | null;
  /** We loaded it, before a restart of ours or of the connection. Absent: as far as is known, somebody else did. */
  readonly ours?: boolean;
  /** Of the processes that hold it, where the backend started them itself. Absent: it cannot tell. */
  readonly pids?: readonly number[];
}

export interface RunRequest {
  /** As the job named it: an alias has a template of its own although the weights are shared. */
  readonly modelName: string;
  readonly request: JobRequest;
  /** The bytes behind the request's hashes. */
  readonly blobs: ReadonlyMap<BlobHash, Uint8Array>;
  /** Asked when the prompt proves too long for the context: whether it may be cut there. Absent: never. */
  readonly mayCut?: (refused: PromptTooLongError) => boolean;
}

/** One record of an answer as it grows. */
export interface OutputRecord {
  /** What it adds to each channel, thinking first; both empty in one that carries a tool call alone, or ends the answer. */
  readonly thinking: string;
  readonly text: string;
  /** The record exactly as the backend gave it, with all that is in it: tool calls, log probabilities, counts. */
  readonly raw: JsonObject;
}

/** Called in the tick in which the record came, with every record of the answer, in order. */
export type OutputSink = (record: OutputRecord) => void;

/** One instance, ready. All of its failures are BackendErrors. */
export interface InstanceHandle {
  /** The variant as it was really loaded (an adopted one may lack options that we would have set). */
  readonly variant: Variant;
  /** Bytes in all and on GPUs as the server measured them after the load; null where it does not tell. */
  readonly measured: { readonly sizeBytes: number; readonly vramBytes: number } | null;
  /** The server process that holds it, on a managed backend. */
  readonly cellId?: CellId;
  /** Runs one request; what comes in one piece, as vectors do, is in the result alone. Aborting ends it with the signal's reason. @throws BackendError */
  run(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult>;
  /** Tells the server to let go and resolves when it says that the instance is gone; at once where all is always resident. @throws BackendError */
  unload(signal: AbortSignal): Promise<void>;
}

export interface LoadSpec {
  readonly variant: Variant;
  readonly config: InstanceConfig;
  /** Where it is to go, for a backend that can be told; empty on a host without GPUs, or when the server chooses. */
  readonly gpus: readonly { readonly key: string; readonly index: number }[];
}

export interface BackendReading {
  readonly version: string;
  readonly residents: readonly Resident[];
  /** Null where the host is not ours to watch, or does not tell. */
  readonly host: HostReading | null;
  /** Of every process that the backend started, with their children. Absent: it starts none. */
  readonly ownPids?: readonly number[];
}

/** Memory of the host that a managed backend's processes run on. */
export interface HostReading {
  readonly totalBytes: number;
  /** Could be taken now without swapping, the limits of containers and services included. */
  readonly availableBytes: number;
  /** What the processes of its instances hold and could not be made to drop. */
  readonly heldBytes: number;
}

/**
 * The models of one backend. Requests and answers that are `JsonObject` are those of its HTTP API, untouched. Every BackendError of a server that
 * has answered holds that `answer`.
 */
export interface ModelLibrary {
  /** Every model with its facts; those unchanged since the last call cost nothing. A slow server's may be `pending` yet. @throws BackendError */
  list(signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /** Whose facts are to be asked for before those of others, by canonical name. */
  prefer?(modelNames: ReadonlySet<string>): void;
  /** The entries of the server's own list. @throws BackendError */
  tags(signal: AbortSignal): Promise<readonly JsonObject[]>;
  /** @param request `{ model, verbose?, system?, options? }` @throws BackendError */
  show(request: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /**
   * Fetches a model; resolves only after the backend said that it succeeded.
   * @param insecure its registry may be without TLS
   * @throws BackendError
   */
  pull(
    modelName: string,
    onProgress: (progress: PullProgress, record: JsonObject) => void,
    signal: AbortSignal,
    insecure?: boolean,
  ): Promise<void>;
  /** @param request `{ model, insecure?, stream? }`; without `stream` there is one record, the last. @throws BackendError */
  push(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void>;
  /** @param request as `/api/create` takes it; without `stream` there is one record, the last. @throws BackendError */
  create(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void>;
  /** @param digest `sha256:` and 64 hex digits @throws BackendError */
  hasBlob(digest: string, signal: AbortSignal): Promise<boolean>;
  /** Streams a file; resolves with whether it was new. There is no limit of time but the caller's. @throws BackendError */
  putBlob(digest: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean>;
  /** @throws BackendError */
  copy(source: string, destination: string, signal: AbortSignal): Promise<void>;
  /** @throws BackendError */
  delete(modelName: string, signal: AbortSignal): Promise<void>;
}

/** Of `cells`: only what that tells. Of its service: also what `inspect` tells, and nobody asked for it; a reading should be taken. */
export type BackendChange = 'cells' | 'service';

export type BackendMode = 'ATTACHED' | 'MANAGED';

export interface Backend {
  readonly id: BackendId;
  readonly name: string;
  /** For people: who runs its server. What follows from it is said by the capabilities. */
  readonly mode: BackendMode;
  /** Where it is, for people. */
  readonly url: string;
  readonly capabilities: BackendCapabilities;
  readonly names: ModelNameRule;
  readonly library: ModelLibrary;
  start(): Promise<void>;
  /** Ends what is under way and gives an attached server its own keep-alive back. Safe to call twice. */
  stop(): Promise<void>;
  /** @throws BackendError */
  inspect(signal: AbortSignal): Promise<BackendReading>;
  /**
   * Loads and resolves when it is ready. A load is never cancelled by a client of ours: `signal` is for shutdown and watchdogs. `progress`
   * is called at each sign that it gets on, where there is any to see. @throws BackendError
   */
  load(spec: LoadSpec, signal: AbortSignal, progress?: () => void): Promise<InstanceHandle>;
  /** How long a load that should take `expectedMs` may go without a sign of progress, in milliseconds. */
  loadPatienceMs(expectedMs: number): number;
  /** Calls back when something about it has changed. Returns a function that ends it. */
  onChange?(listener: (what: BackendChange) => void): () => void;
  /**
   * Tells which GPUs it may use, none on a host without; again and again, with every reading. A backend that starts processes has some
   * stand ready there.
   */
  standReady?(gpus: LoadSpec['gpus']): void;
  /** The server processes of a managed backend: the living, oldest first, then those that ended last, newest first. */
  cells?(): readonly CellState[];
  /** Calls back at each start and each end of a server process, from `start` on. Returns a function that ends it. */
  onCell?(listener: (event: CellEvent) => void): () => void;
  /** Since the start. */
  readonly cellStatistics?: CellStatistics;
  /** The last lines that a cell wrote, oldest first; null when there is no such cell. */
  cellLog?(id: CellId, lines: number): Promise<readonly string[] | null>;
  /** A handle on what somebody else loaded, whose requests will not make the server reload it. */
  adopt(resident: Resident, spec: LoadSpec): InstanceHandle;
}

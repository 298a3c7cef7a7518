/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Whether a backend can be worked with. */
export type BackendHealth =
  /** It serves, but something about it could not be read or it answers too slowly to be trusted. */
  | 'DEGRADED'
  /** It answers, and so do the probes of its GPUs. */
  | 'HEALTHY'
  /** It does not answer. Jobs for it wait. */
  | 'UNREACHABLE';

/** Who runs the model server. */
export type BackendMode =
  /** Someone else does. */
  | 'ATTACHED'
  /** vramkeeper starts and ends its processes, one for each instance. */
  | 'MANAGED';

/** Which decisions to take: those that meet every condition given. */
export type DecisionFilter = {
  /** About this job. */
  jobId?: string | null | undefined;
  kinds?: Array<DecisionKind> | null | undefined;
  /** About this model, by name, with or without the tag `:latest`. */
  model?: string | null | undefined;
};

/** What was decided, or happened. */
export type DecisionKind =
  /** A model cannot be loaded, even with everything else unloaded. */
  | 'ADMISSION_REFUSED'
  /** A server process of a managed backend, or the engine in it, ended without having been told to. */
  | 'CELL_DEATH'
  /** A server process of a managed backend was told to end, and has. */
  | 'CELL_END'
  /** A server process of a managed backend was started, or one of an earlier server taken over. */
  | 'CELL_START'
  /** Jobs were given to an instance. */
  | 'DISPATCH'
  /** An instance gets no new jobs, because its memory is wanted. */
  | 'DRAIN'
  /** A model is brought into memory. */
  | 'LOAD'
  /** An instance is told to go. */
  | 'UNLOAD'
  /** Nothing is done for a queue yet. */
  | 'WAIT';

/** What needs attention, for programs. */
export type HealthProblemCode =
  /** Something about a backend could not be read, or it answers too slowly. */
  | 'BACKEND_DEGRADED'
  /** A backend does not answer. */
  | 'BACKEND_UNREACHABLE'
  /** No job can be taken from the queue. */
  | 'CLAIMS_FAIL'
  /** A model could not be loaded several times in a row, or once in a way that no further try can mend. */
  | 'LOADS_FAIL'
  /** A load takes much longer than it should. */
  | 'LOAD_SLOW'
  /** An instance is partly on the CPU. */
  | 'MODEL_SPILLED'
  /** No backend is configured. */
  | 'NO_BACKEND'
  /** Headroom and reservations of the configuration leave nothing of a GPU. */
  | 'NO_ROOM_FOR_MODELS'
  /** Results cannot be stored. */
  | 'RESULTS_NOT_STORED'
  /** The scheduler is paused. */
  | 'SCHEDULER_PAUSED'
  /** Nothing can be stored: no job is accepted, and no result recorded. */
  | 'STORE_UNWRITABLE'
  /** An Ollama that is no backend answers beside managed ones, and may take their memory. */
  | 'STRAY_OLLAMA'
  /** A model was told to leave and does not. */
  | 'UNLOAD_STUCK'
  /** More GPU memory is claimed than there is. */
  | 'VRAM_OVERDRAWN';

/** Whether jobs run as they should. */
export type HealthStatus =
  /** They run, but something needs attention. */
  | 'DEGRADED'
  /** They do. */
  | 'HEALTHY'
  /** None can be started now. They are accepted all the same, and wait. */
  | 'STALLED';

/** What an instance is doing. */
export type InstanceStatus =
  /** Finishes the jobs that it has and gets no new ones. */
  | 'DRAINING'
  /** Could not be loaded, or broke. Its bytes count until it is confirmed gone. */
  | 'FAILED'
  /** On its way into memory. */
  | 'LOADING'
  /** Takes jobs. */
  | 'READY'
  /** Was told to go. Its bytes count until it is confirmed gone. */
  | 'UNLOADING';

/** What a job asks of its model. */
export type JobKind =
  /** The next message of a conversation. */
  | 'CHAT'
  /** Vectors for texts. */
  | 'EMBED'
  /** The text that follows a prompt. */
  | 'GENERATE';

/** How urgent a job is. A more urgent one goes first and may have its model swapped in sooner; no priority starves another. */
export type JobPriority =
  /** Somebody is waiting for it. */
  | 'HIGH'
  /** Whenever there is room, such as an overnight batch. */
  | 'LOW'
  /** The default. */
  | 'NORMAL';

/** What has become of a job. */
export type JobStatus =
  /** Ended because someone cancelled it. */
  | 'CANCELLED'
  /** Ended with a result. */
  | 'COMPLETE'
  /** Ended without a result; `failure` says why. */
  | 'FAILED'
  /** In the queue; no instance has been chosen. */
  | 'PENDING'
  /** Given to an instance that is still loading. */
  | 'QUEUED'
  /** At work on an instance. */
  | 'RUNNING';

/** Which model to load, and how. */
export type LoadModelInput = {
  /** By default the one that the scheduler chooses. */
  backendId?: string | null | undefined;
  /** Tokens that one request can use; by default what its jobs get. */
  contextLength?: number | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** Which model to keep, and for how long. */
export type PinModelInput = {
  /** By default the one that the scheduler chooses. */
  backendId?: string | null | undefined;
  /** When it ends by itself, from now on. Without it, the model is kept until it is unpinned. */
  lease?: number | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** Where a reservation comes from. */
export type ReservationKind =
  /** From the configuration; only that can end it. */
  | 'CONFIGURED'
  /** From `reserveVram`; `releaseVram` ends it. */
  | 'LEASE';

/** Which model to unload. */
export type UnloadModelInput = {
  /** By default all that have it loaded. */
  backendId?: string | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** Which model not to keep any longer. */
export type UnpinModelInput = {
  /** By default all on which it is pinned. */
  backendId?: string | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** What went wrong, for programs. */
export type UserErrorCode =
  /** The backend does not answer. */
  | 'BACKEND_UNAVAILABLE'
  /** The prompt is longer than every context that the model can have. */
  | 'CONTEXT_LENGTH_EXCEEDED'
  /** The idempotency key was used before with other input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** As many bytes of images are kept as may be. */
  | 'IMAGE_QUOTA_EXCEEDED'
  /** There will never be enough GPU memory for it. */
  | 'INSUFFICIENT_VRAM'
  /** Something in the input cannot be used as it is. */
  | 'INVALID_INPUT'
  /** The job has ended. */
  | 'JOB_NOT_CANCELLABLE'
  /** There is no such job. */
  | 'JOB_NOT_FOUND'
  /** The job does not wait any more. */
  | 'JOB_NOT_QUEUED'
  /** The job has neither failed nor been cancelled. */
  | 'JOB_NOT_RETRYABLE'
  /** No backend has the model. */
  | 'MODEL_NOT_FOUND'
  /** The queue holds as many waiting jobs as it may. */
  | 'QUEUE_FULL'
  /** The server cannot write to its disk. */
  | 'STORE_UNWRITABLE';

/** Where the figures of GPU memory come from. */
export type VramSource =
  /** Read from the driver. */
  | 'DRIVER'
  /** Fixed in the configuration. */
  | 'FIXED'
  /** Summed from what the backend says it has loaded. */
  | 'OLLAMA'
  /** Read from a metrics endpoint. */
  | 'PROMETHEUS'
  /** Read from a virtual GPU. */
  | 'VIRTUAL';

/** Why a job waits. */
export type WaitReason =
  /** Every backend that has the model is unreachable, or is still to be heard of it. */
  | 'BACKEND_DOWN'
  /** Its model is being loaded. */
  | 'LOADING'
  /** No backend has the model. */
  | 'MODEL_UNAVAILABLE'
  /** Jobs ahead of it in the queue come first. */
  | 'QUEUE_ORDER'
  /** A failed attempt is backing off. */
  | 'RETRY_DELAY'
  /** The scheduler is paused; `resumeScheduler` ends that. */
  | 'SCHEDULER_PAUSED'
  /** Swapping its model in would cost the waiting work more than it would gain. */
  | 'SWAP_NOT_WORTH'
  /** Not enough memory until an instance drains, a reservation ends or a foreign program lets go. */
  | 'VRAM';

export type PinModelMutationVariables = Exact<{
  input: PinModelInput;
}>;


export type PinModelMutation = { pinModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'PinModelPayload' }
   };

export type UnpinModelMutationVariables = Exact<{
  input: UnpinModelInput;
}>;


export type UnpinModelMutation = { unpinModel:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'UnpinModelPayload' }
   };

export type LoadModelMutationVariables = Exact<{
  input: LoadModelInput;
}>;


export type LoadModelMutation = { loadModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'LoadModelPayload' }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
   };

export type UnloadModelMutationVariables = Exact<{
  input: UnloadModelInput;
}>;


export type UnloadModelMutation = { unloadModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'UnloadModelPayload' }
   };

export type WhoQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoQuery = { viewer: { admin: boolean, choosesName: boolean, client: string, maxPriority: JobPriority, limits: { batchJobs: number, bodyBytes: number, images: number, retention: number } } };

export type MapGpuFragment = { id: string, index: number, name: string, vram: { deficitBytes: number, foreignBytes: number, freeBytes: number, headroomBytes: number, instanceBytes: number, reservedBytes: number, totalBytes: number, usedBytes: number, source: VramSource }, foreignProcesses: Array<{ bytes: number, name: string | null, pid: number }>, reservations: Array<{ id: string, bytes: number, owner: string, ready: boolean, expiresAt: string | null, kind: ReservationKind }> };

export type MapInstanceFragment = { id: string, adopted: boolean, contextLength: number, expiresAt: string | null, modelName: string, parallel: number, pinned: boolean, spilled: boolean, status: InstanceStatus, vramBytes: number, activeJobs: Array<{ id: string }>, gpus: Array<{ id: string }> };

export type MemorySubscriptionVariables = Exact<{ [key: string]: never; }>;


export type MemorySubscription = { vramChanged: { at: string, backends: Array<{ id: string, name: string, mode: BackendMode, health: BackendHealth, problem: string | null, gpus: Array<{ id: string, index: number, name: string, vram: { deficitBytes: number, foreignBytes: number, freeBytes: number, headroomBytes: number, instanceBytes: number, reservedBytes: number, totalBytes: number, usedBytes: number, source: VramSource }, foreignProcesses: Array<{ bytes: number, name: string | null, pid: number }>, reservations: Array<{ id: string, bytes: number, owner: string, ready: boolean, expiresAt: string | null, kind: ReservationKind }> }>, instances: Array<{ id: string, adopted: boolean, contextLength: number, expiresAt: string | null, modelName: string, parallel: number, pinned: boolean, spilled: boolean, status: InstanceStatus, vramBytes: number, activeJobs: Array<{ id: string }>, gpus: Array<{ id: string }> }> }> } };

export type SituationSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type SituationSubscription = { statsChanged: { at: string, health: { status: HealthStatus, problems: Array<{ code: HealthProblemCode, message: string }> }, stats: { paused: boolean, startedAt: string, version: string, counts: { pending: number, queued: number, running: number, complete: number, failed: number, cancelled: number }, latency: { queueP50: number | null, queueP95: number | null, runP50: number | null, runP95: number | null, sampleCount: number }, swaps: { loads: number, evictions: number, loadTime: number }, instances: Array<{ id: string }>, queues: Array<{ oldestAge: number | null }>, vram: { totalBytes: number, usedBytes: number, freeBytes: number, deficitBytes: number } } } };

export type NewestDecisionsQueryVariables = Exact<{
  first: number;
  filter?: DecisionFilter | null | undefined;
}>;


export type NewestDecisionsQuery = { decisions: { nodes: Array<{ id: string, at: string, kind: DecisionKind, modelName: string | null, explanation: string, job: { id: string } | null }> } };

export type DecisionLineFragment = { id: string, at: string, kind: DecisionKind, modelName: string | null, explanation: string, job: { id: string } | null };

export type ModelNamesQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelNamesQuery = { models: { nodes: Array<{ id: string, name: string }> } };

export type QueueRowFragment = { id: string, client: string, createdAt: string, kind: JobKind, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, waiting: { expectedStart: string | null, explanation: string, reason: WaitReason } | null };

export type WaitingHeadQueryVariables = Exact<{
  first: number;
}>;


export type WaitingHeadQuery = { jobs: { totalCount: number, nodes: Array<{ id: string, client: string, createdAt: string, kind: JobKind, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, waiting: { expectedStart: string | null, explanation: string, reason: WaitReason } | null }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const MapGpuFragmentDoc = new TypedDocumentString(`
    fragment MapGpu on Gpu {
  id
  index
  name
  vram {
    deficitBytes
    foreignBytes
    freeBytes
    headroomBytes
    instanceBytes
    reservedBytes
    totalBytes
    usedBytes
    source
  }
  foreignProcesses {
    bytes
    name
    pid
  }
  reservations {
    id
    bytes
    owner
    ready
    expiresAt
    kind
  }
}
    `, {"fragmentName":"MapGpu"}) as unknown as TypedDocumentString<MapGpuFragment, unknown>;
export const MapInstanceFragmentDoc = new TypedDocumentString(`
    fragment MapInstance on Instance {
  id
  activeJobs {
    id
  }
  adopted
  contextLength
  expiresAt
  gpus {
    id
  }
  modelName
  parallel
  pinned
  spilled
  status
  vramBytes
}
    `, {"fragmentName":"MapInstance"}) as unknown as TypedDocumentString<MapInstanceFragment, unknown>;
export const DecisionLineFragmentDoc = new TypedDocumentString(`
    fragment DecisionLine on Decision {
  id
  at
  kind
  modelName
  explanation
  job {
    id
  }
}
    `, {"fragmentName":"DecisionLine"}) as unknown as TypedDocumentString<DecisionLineFragment, unknown>;
export const QueueRowFragmentDoc = new TypedDocumentString(`
    fragment QueueRow on Job {
  id
  client
  createdAt
  kind
  modelName
  priority
  queuePosition
  startedAt
  status
  waiting {
    expectedStart
    explanation
    reason
  }
}
    `, {"fragmentName":"QueueRow"}) as unknown as TypedDocumentString<QueueRowFragment, unknown>;
export const PinModelDocument = new TypedDocumentString(`
    mutation PinModel($input: PinModelInput!) {
  pinModel(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PinModelMutation, PinModelMutationVariables>;
export const UnpinModelDocument = new TypedDocumentString(`
    mutation UnpinModel($input: UnpinModelInput!) {
  unpinModel(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UnpinModelMutation, UnpinModelMutationVariables>;
export const LoadModelDocument = new TypedDocumentString(`
    mutation LoadModel($input: LoadModelInput!) {
  loadModel(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<LoadModelMutation, LoadModelMutationVariables>;
export const UnloadModelDocument = new TypedDocumentString(`
    mutation UnloadModel($input: UnloadModelInput!) {
  unloadModel(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UnloadModelMutation, UnloadModelMutationVariables>;
export const WhoDocument = new TypedDocumentString(`
    query Who {
  viewer {
    admin
    choosesName
    client
    maxPriority
    limits {
      batchJobs
      bodyBytes
      images
      retention
    }
  }
}
    `) as unknown as TypedDocumentString<WhoQuery, WhoQueryVariables>;
export const MemoryDocument = new TypedDocumentString(`
    subscription Memory {
  vramChanged {
    at
    backends {
      id
      name
      mode
      health
      problem
      gpus {
        ...MapGpu
      }
      instances {
        ...MapInstance
      }
    }
  }
}
    fragment MapGpu on Gpu {
  id
  index
  name
  vram {
    deficitBytes
    foreignBytes
    freeBytes
    headroomBytes
    instanceBytes
    reservedBytes
    totalBytes
    usedBytes
    source
  }
  foreignProcesses {
    bytes
    name
    pid
  }
  reservations {
    id
    bytes
    owner
    ready
    expiresAt
    kind
  }
}
fragment MapInstance on Instance {
  id
  activeJobs {
    id
  }
  adopted
  contextLength
  expiresAt
  gpus {
    id
  }
  modelName
  parallel
  pinned
  spilled
  status
  vramBytes
}`) as unknown as TypedDocumentString<MemorySubscription, MemorySubscriptionVariables>;
export const SituationDocument = new TypedDocumentString(`
    subscription Situation {
  statsChanged {
    at
    health {
      status
      problems {
        code
        message
      }
    }
    stats {
      paused
      startedAt
      version
      counts {
        pending
        queued
        running
        complete
        failed
        cancelled
      }
      latency {
        queueP50
        queueP95
        runP50
        runP95
        sampleCount
      }
      swaps {
        loads
        evictions
        loadTime
      }
      instances {
        id
      }
      queues {
        oldestAge
      }
      vram {
        totalBytes
        usedBytes
        freeBytes
        deficitBytes
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SituationSubscription, SituationSubscriptionVariables>;
export const NewestDecisionsDocument = new TypedDocumentString(`
    query NewestDecisions($first: Int!, $filter: DecisionFilter) {
  decisions(first: $first, filter: $filter) {
    nodes {
      ...DecisionLine
    }
  }
}
    fragment DecisionLine on Decision {
  id
  at
  kind
  modelName
  explanation
  job {
    id
  }
}`) as unknown as TypedDocumentString<NewestDecisionsQuery, NewestDecisionsQueryVariables>;
export const ModelNamesDocument = new TypedDocumentString(`
    query ModelNames {
  models(first: 100) {
    nodes {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<ModelNamesQuery, ModelNamesQueryVariables>;
export const WaitingHeadDocument = new TypedDocumentString(`
    query WaitingHead($first: Int!) {
  jobs(
    first: $first
    filter: { statuses: [PENDING, QUEUED] }
    orderBy: { field: PRIORITY, direction: DESC }
  ) {
    totalCount
    nodes {
      ...QueueRow
    }
  }
}
    fragment QueueRow on Job {
  id
  client
  createdAt
  kind
  modelName
  priority
  queuePosition
  startedAt
  status
  waiting {
    expectedStart
    explanation
    reason
  }
}`) as unknown as TypedDocumentString<WaitingHeadQuery, WaitingHeadQueryVariables>;
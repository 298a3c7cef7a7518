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

/** Which job to cancel. */
export type CancelJobInput = {
  id: string;
  /** For people; recorded with the cancellation. */
  reason?: string | null | undefined;
};

/** Which jobs to cancel. */
export type CancelJobsInput = {
  jobs: JobSelection;
  /** For people; recorded with each cancellation. */
  reason?: string | null | undefined;
};

/** What a server process is for. */
export type CellRole =
  /** Loads or holds a model. */
  | 'INSTANCE'
  /** Serves the model library: lists, pulls, copies and deletes models. It sees no GPU. */
  | 'LIBRARY'
  /** Stands ready without a model, so that the next load need not wait for a start. */
  | 'WARM';

/** What a server process is doing. */
export type CellStatus =
  /** Nothing of it is left. */
  | 'EXITED'
  /** Answers. */
  | 'READY'
  /** Runs, and does not answer yet. */
  | 'STARTING'
  /** Was told to end, or died; something of it is still there. */
  | 'STOPPING';

/** One message of a conversation. */
export type ChatMessageInput = {
  content: string;
  /** Images that `storeImage` answered, for models that see; they come after those of `images`, with which they are at most 64. */
  imageIds?: Array<string> | null | undefined;
  /** Base64, for models that see. */
  images?: Array<string> | null | undefined;
  role: ChatRole;
  /** In a message of the assistant: what it thought before. */
  thinking?: string | null | undefined;
  /** In a message of a tool: which call it answers. */
  toolCallId?: string | null | undefined;
  /** In a message of the assistant: the calls that it made, as `TextResult.toolCalls` gave them. */
  toolCalls?: unknown;
  /** In a message of a tool: which one answers. */
  toolName?: string | null | undefined;
};

/** Produce the next message of a conversation. */
export type ChatRequestInput = {
  /** The form of the answer: `"json"`, or a JSON Schema that it must meet. */
  format?: unknown;
  /** Have the server tell how likely each token was. It does so in each record of its answer, of which the last one is kept (`raw`). */
  logprobs?: boolean | null | undefined;
  /** Oldest first. */
  messages: Array<ChatMessageInput>;
  options?: ModelOptionsInput | null | undefined;
  /** Whether the context moves on when it is full; with `false` an answer ends there, and a prompt that is too long is refused. Where it differs from what the model does by itself (`true` for nearly all) it needs an instance of its own: leave it out where you can. */
  shift?: boolean | null | undefined;
  think?: ThinkLevel | null | undefined;
  /** Tool definitions, as Ollama takes them. */
  tools?: Array<unknown> | null | undefined;
  /** With `logprobs`: how many of the likeliest tokens to tell in each place, 0 to 20. */
  topLogprobs?: number | null | undefined;
  /** With `true` a prompt that is longer than the context is cut (of a chat, the oldest messages are left out), and `truncated` of the result says so. Otherwise such a job is refused, or fails, with `CONTEXT_LENGTH_EXCEEDED`. */
  truncate?: boolean | null | undefined;
};

/** Who speaks. */
export type ChatRole =
  /** The model. */
  | 'ASSISTANT'
  /** Whoever instructs the model. */
  | 'SYSTEM'
  /** A tool that the model called. */
  | 'TOOL'
  /** Whoever the model talks to. */
  | 'USER';

/** Which model to give a second name. */
export type CopyModelInput = {
  /** By default the first that has the source. */
  backendId?: string | null | undefined;
  /** The name to add. It must not be another model. */
  destination: string;
  /** By name, with or without its tag. */
  source: string;
};

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
  /** A job goes to another of the models that it names. */
  | 'FALLBACK'
  /** A model is brought into memory. */
  | 'LOAD'
  /** An instance is told to go. */
  | 'UNLOAD'
  /** Nothing is done for a queue yet. */
  | 'WAIT';

/** Which model to delete. */
export type DeleteModelInput = {
  /** Needed where several backends have the model. */
  backendId?: string | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** Why a text ended where it does. */
export type DoneReason =
  /** It reached `maxTokens` or the end of the context. */
  | 'LENGTH'
  /** The model was done. */
  | 'STOP';

/** Produce a vector for each text. */
export type EmbedRequestInput = {
  /** Shorten the vectors to this length, where the model can. */
  dimensions?: number | null | undefined;
  /** The texts. */
  input: Array<string>;
  options?: ModelOptionsInput | null | undefined;
  /** With `false` a job with a text that is longer than the context is refused, or fails, with `CONTEXT_LENGTH_EXCEEDED`. Otherwise the text is cut, and `truncated` of the result says so. */
  truncate?: boolean | null | undefined;
};

/** Models that may do a job in place of the one that it names. */
export type FallbackInput = {
  /** How long the job would wait, from its submission on: where a model should start it later by the forecast, the next one that should start it sooner does it. Without it only where the model before it is gone, or could not do it. */
  after?: number | null | undefined;
  /** The most liked first, at most 8; each as in `model`. */
  models: Array<string>;
};

/** Produce the text that follows a prompt. */
export type GenerateRequestInput = {
  /** Tokens of a conversation to go on with, as `context` of the `raw` result of its last answer. */
  context?: Array<number> | null | undefined;
  /** The form of the answer: `"json"`, or a JSON Schema that it must meet. */
  format?: unknown;
  /** Images that `storeImage` answered, for models that see; they come after those of `images`, with which they are at most 64. */
  imageIds?: Array<string> | null | undefined;
  /** Base64, for models that see. */
  images?: Array<string> | null | undefined;
  /** Have the server tell how likely each token was. It does so in each record of its answer, of which the last one is kept (`raw`). */
  logprobs?: boolean | null | undefined;
  options?: ModelOptionsInput | null | undefined;
  prompt: string;
  /** Give the prompt to the model as it is, without the model's template. */
  raw?: boolean | null | undefined;
  /** Whether the context moves on when it is full; with `false` an answer ends there, and a prompt that is too long is refused. Where it differs from what the model does by itself (`true` for nearly all) it needs an instance of its own: leave it out where you can. */
  shift?: boolean | null | undefined;
  /** What comes after the text to produce, for models that fill in. */
  suffix?: string | null | undefined;
  /** In place of the model's own system message. */
  system?: string | null | undefined;
  /** In place of the model's own template, in the form of Ollama's. */
  template?: string | null | undefined;
  think?: ThinkLevel | null | undefined;
  /** With `logprobs`: how many of the likeliest tokens to tell in each place, 0 to 20. */
  topLogprobs?: number | null | undefined;
  /** With `true` a prompt that is longer than the context is cut (of a chat, the oldest messages are left out), and `truncated` of the result says so. Otherwise such a job is refused, or fails, with `CONTEXT_LENGTH_EXCEEDED`. */
  truncate?: boolean | null | undefined;
};

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

/** What an event tells of a job. */
export type JobEventType =
  /** The job is new, or something about it changed. */
  | 'CHANGED'
  /** The job as it was when the stream started. */
  | 'SNAPSHOT';

/** Why an attempt, or a job, failed. */
export type JobFailureCode =
  /** The backend failed at the request, or gave an answer that makes no sense. */
  | 'BACKEND_ERROR'
  /** The backend did not answer. */
  | 'BACKEND_UNREACHABLE'
  /** The prompt is longer than the context, which was asked for or is the largest there is, and must not be cut. */
  | 'CONTEXT_LENGTH_EXCEEDED'
  /** The job's `deadline` passed before it was finished. */
  | 'DEADLINE_EXCEEDED'
  /** The process that held the model died or hung while it worked at the request. */
  | 'ENGINE_DIED'
  /** No backend could ever hold the model in this shape, by what is predicted or by loads that ran out of memory. */
  | 'INSUFFICIENT_VRAM'
  /** The server stopped while it ran. It runs again, and no attempt is counted. */
  | 'INTERRUPTED'
  /** The model could not be loaded. */
  | 'LOAD_FAILED'
  /** The backend does not have the model any more. */
  | 'MODEL_NOT_FOUND'
  /** The memory was not enough for the model or the request. */
  | 'OUT_OF_MEMORY'
  /** The backend refused the request itself; trying again cannot help. */
  | 'REQUEST_REJECTED';

/** Which jobs to take: those that meet every condition given. */
export type JobFilter = {
  /** Jobs of this batch. */
  batchId?: string | null | undefined;
  /** Jobs of any of these clients. */
  clients?: Array<string> | null | undefined;
  /** Jobs accepted later than this. */
  createdAfter?: string | null | undefined;
  /** Jobs accepted earlier than this. */
  createdBefore?: string | null | undefined;
  /** Jobs that ended later than this. */
  finishedAfter?: string | null | undefined;
  kinds?: Array<JobKind> | null | undefined;
  /** Jobs that have all of these. */
  labels?: Array<LabelInput> | null | undefined;
  /** Jobs whose id begins so, or that have this text in a label, in the name of their model or in that of their client, in capitals or not. At most 100 characters; an empty text is no condition. There is no index for it: a search that takes more than ten seconds is ended. */
  matching?: string | null | undefined;
  /** By name, with or without the tag `:latest`. */
  models?: Array<string> | null | undefined;
  priorities?: Array<JobPriority> | null | undefined;
  statuses?: Array<JobStatus> | null | undefined;
};

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

/** What to run: exactly one of these. */
export type JobRequestInput =
  {   chat: ChatRequestInput; embed?: never; generate?: never; }
  |  { chat?: never;   embed: EmbedRequestInput; generate?: never; }
  |  { chat?: never; embed?: never;   generate: GenerateRequestInput; };

/** Which jobs are meant. Jobs of others are not among them. */
export type JobSelection =
  {   /** Those that meet every condition, of which there is at least one. */
  filter: JobFilter; ids?: never; }
  |  { filter?: never;   /** At most 1,000. */
  ids: Array<string>; };

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

/** A name and a value by which jobs can be found again. */
export type LabelInput = {
  key: string;
  value: string;
};

/** Which model to load, and how. */
export type LoadModelInput = {
  /** By default the one that the scheduler chooses. */
  backendId?: string | null | undefined;
  /** Tokens that one request can use; by default what its jobs get. */
  contextLength?: number | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** What a model can do. */
export type ModelCapability =
  /** Takes sound. */
  | 'AUDIO'
  /** Produces text. */
  | 'COMPLETION'
  /** Produces vectors. */
  | 'EMBEDDING'
  /** Produces images. */
  | 'IMAGE'
  /** Fills in between a prompt and a suffix. */
  | 'INSERT'
  /** Thinks before it answers. */
  | 'THINKING'
  /** Calls tools. */
  | 'TOOLS'
  /** Takes images. */
  | 'VISION';

/** How the model is run. */
export type ModelOptionsInput = {
  /** Tokens of context, rounded up to a power of two of at least 2,048. Each length needs an instance of its own: leave it out where you can, and the usual one is taken, or one that the prompt fits into. */
  contextLength?: number | null | undefined;
  /** An object with further options of Ollama's `options`, passed through. */
  extra?: unknown;
  /** The most tokens to produce, at least 1; -1, the default of most models, for as many as it likes. */
  maxTokens?: number | null | undefined;
  /** The same seed and request give the same answer. */
  seed?: number | null | undefined;
  /** 0 for the likeliest answer; more for variety. */
  temperature?: number | null | undefined;
};

/** What has become of a download. */
export type ModelPullStatus =
  /** It ended without the model; `error` says why. The next pull goes on with what arrived. */
  | 'FAILED'
  /** Under way. */
  | 'RUNNING'
  /** The model is there and can be used. */
  | 'SUCCEEDED';

/** Which part of the output a piece of text belongs to. */
export type OutputChannel =
  /** The answer. */
  | 'TEXT'
  /** What the model thought on its way to the answer. */
  | 'THINKING';

/** Which model to keep, and for how long. */
export type PinModelInput = {
  /** By default the one that the scheduler chooses. */
  backendId?: string | null | undefined;
  /** When it ends by itself, from now on. Without it, the model is kept until it is unpinned. */
  lease?: number | null | undefined;
  /** By name, with or without its tag. */
  model: string;
};

/** Which model to fetch, and where to. */
export type PullModelInput = {
  /** By default the first that answers. */
  backendId?: string | null | undefined;
  /** Such as `qwen3:8b` or `hf.co/owner/model:tag`. */
  model: string;
};

/** Which reservation to end. */
export type ReleaseVramInput = {
  id: string;
};

/** Where a reservation comes from. */
export type ReservationKind =
  /** From the configuration; only that can end it. */
  | 'CONFIGURED'
  /** From `reserveVram`; `releaseVram` ends it. */
  | 'LEASE';

/** How much GPU memory to keep for another program, and for how long. */
export type ReserveVramInput = {
  bytes: number;
  /** By default the GPU with the most room for it. */
  gpuId?: string | null | undefined;
  /** When it ends by itself, from now on. Without it, it is kept until it is released. */
  lease?: number | null | undefined;
  /** Who uses the memory, up to 100 characters; the client's name by default. Another name takes an administrator. */
  owner?: string | null | undefined;
};

/** Which job to queue again. */
export type RetryJobInput = {
  id: string;
};

/** Which jobs to queue again. */
export type RetryJobsInput = {
  jobs: JobSelection;
};

/** Which option a task is to have. */
export type SelectTaskModelInput = {
  /** By name. */
  option: string;
  /** By name. */
  task: string;
};

/** Jobs to be queued together. */
export type SubmitBatchInput = {
  /** Up to 128 characters. The same key with the same input within 24 hours returns what was queued first; with different input it is an `IdempotencyConflictError`. */
  idempotencyKey?: string | null | undefined;
  /** 1 to 1,000. */
  jobs: Array<SubmitJobInput>;
  /** Keep it and its jobs until `updateBatch` says otherwise. */
  keep?: boolean | null | undefined;
  /** Any JSON object of up to 64 Ki characters, kept with the batch. Its `kind`, where it is a text, is what `batches` finds it by. */
  metadata?: unknown;
  /** For people. */
  name?: string | null | undefined;
};

/** A job to be queued. */
export type SubmitJobInput = {
  /** Whether its answer may be that of a job that asked the same: of vectors, and of texts with a `temperature` of 0 and a `seed`, where the server has a cache. Without it as its settings have it. */
  cache?: boolean | null | undefined;
  /** Give up if it is not finished by then. */
  deadline?: string | null | undefined;
  /** Other models that will do. */
  fallback?: FallbackInput | null | undefined;
  /** Up to 128 characters. The same key with the same input within 24 hours returns what was queued first; with different input it is an `IdempotencyConflictError`. Not in a batch, which has a key of its own. */
  idempotencyKey?: string | null | undefined;
  /** To find it again by. */
  labels?: Array<LabelInput> | null | undefined;
  /** How many failed attempts it may have. A lost backend or a restart of the server is not one. */
  maxAttempts?: number | null | undefined;
  /** Any JSON object; stored and returned untouched. */
  metadata?: unknown;
  /** Without a tag it is `:latest`; `task:NAME` is that task. Exactly one of `model` and `task`. */
  model?: string | null | undefined;
  /** `NORMAL` unless given, or the most urgent one that the client may use. */
  priority?: JobPriority | null | undefined;
  request: JobRequestInput;
  /** The model that is selected for this task does it; see `tasks`. */
  task?: string | null | undefined;
};

/** A word of the configuration on how fast an option is. */
export type TaskSpeed =
  /** Faster than most of its task. */
  | 'FAST'
  /** Neither. */
  | 'MEDIUM'
  /** Slower than most of its task. */
  | 'SLOW';

/** How much a model that can think does so before it answers. Without it the model decides. */
export type ThinkLevel =
  /** Much, where the model knows levels. */
  | 'HIGH'
  /** A little, where the model knows levels. */
  | 'LOW'
  /** As much as it can, where the model knows levels. */
  | 'MAX'
  /** More, where the model knows levels. */
  | 'MEDIUM'
  /** Not at all. */
  | 'OFF'
  /** As much as the model does by itself. */
  | 'ON';

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

/** What to change of a batch. What is left out stays. */
export type UpdateBatchInput = {
  id: string;
  /** Whether it and its jobs are kept beyond the usual time. */
  keep?: boolean | null | undefined;
  /** Any JSON object of up to 64 Ki characters, kept with the batch. Its `kind`, where it is a text, is what `batches` finds it by. In place of what was there; null for none. */
  metadata?: unknown;
  /** For people; null for none. */
  name?: string | null | undefined;
};

/** Which jobs to move, and where to. */
export type UpdateJobPrioritiesInput = {
  jobs: JobSelection;
  priority: JobPriority;
};

/** Which job to move, and where to. */
export type UpdateJobPriorityInput = {
  id: string;
  priority: JobPriority;
};

/** What went wrong, for programs. */
export type UserErrorCode =
  /** The backend does not answer. */
  | 'BACKEND_UNAVAILABLE'
  /** There is no such batch. */
  | 'BATCH_NOT_FOUND'
  /** An answer of the chat is still being produced. */
  | 'CHAT_BUSY'
  /** There is no such chat. */
  | 'CHAT_NOT_FOUND'
  /** The client has used up what it may in a time. */
  | 'CLIENT_LIMIT_REACHED'
  /** Of one client as many jobs wait as may. */
  | 'CLIENT_QUEUE_FULL'
  /** The prompt is longer than every context that the model can have. */
  | 'CONTEXT_LENGTH_EXCEEDED'
  /** The job should end after its deadline. */
  | 'DEADLINE_HOPELESS'
  /** The idempotency key was used before with other input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** As many bytes of images are kept as may be. */
  | 'IMAGE_QUOTA_EXCEEDED'
  /** There will never be enough GPU memory for it. */
  | 'INSUFFICIENT_VRAM'
  /** Something in the input cannot be used as it is. */
  | 'INVALID_INPUT'
  /** The settings cannot be used as they are. */
  | 'INVALID_SETTING'
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
  /** The server cannot write to its disk, or its database cannot be reached. */
  | 'STORE_UNWRITABLE'
  /** There is no such task. */
  | 'TASK_NOT_FOUND'
  /** The task has no such option. */
  | 'TASK_OPTION_NOT_FOUND';

/** Why a job waits. */
export type WaitReason =
  /** Every backend that has the model is unreachable, or is still to be heard of it. */
  | 'BACKEND_DOWN'
  /** Its client runs as many jobs as it may. */
  | 'CLIENT_LIMIT'
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

/** The models of which tasks to load. */
export type WarmUpTasksInput = {
  /** By name; by default all. */
  tasks?: Array<string> | null | undefined;
};

/** What the workers of another program need. */
export type WorkerAllocationInput = {
  /** The GPU that they will share; the one with the most free memory by default. */
  gpuId?: string | null | undefined;
  /** No more than so many; by default as many as fit. */
  maxWorkers?: number | null | undefined;
  /** At most so many workers per free GiB. */
  maxWorkersPerGib?: number | null | undefined;
  /** What each of them needs at least. */
  minBytesPerWorker: number;
};

export type CellsQueryVariables = Exact<{ [key: string]: never; }>;


export type CellsQuery = { backends: Array<{ id: string, name: string, capabilities: { startsProcesses: boolean }, cells: Array<{ id: string, role: CellRole, modelName: string | null, pid: number, port: number | null, status: CellStatus, residentBytes: number | null, startedAt: string, endedAt: string | null, exitReason: string | null, gpus: Array<{ index: number }> }> }> };

export type CellLogQueryVariables = Exact<{
  id: string;
  lines: number;
}>;


export type CellLogQuery = { node:
    | { __typename: 'Backend' }
    | { __typename: 'Batch' }
    | { __typename: 'Cell', status: CellStatus, endedAt: string | null, exitReason: string | null, logTail: Array<string> }
    | { __typename: 'Chat' }
    | { __typename: 'ChatMessage' }
    | { __typename: 'Gpu' }
    | { __typename: 'Image' }
    | { __typename: 'Instance' }
    | { __typename: 'Job' }
    | { __typename: 'Model' }
    | { __typename: 'ModelPull' }
    | { __typename: 'Reservation' }
   | null };

export type SubmitJobMutationVariables = Exact<{
  input: SubmitJobInput;
}>;


export type SubmitJobMutation = { submitJob:
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'ContextLengthExceededError', code: UserErrorCode, message: string }
    | { __typename: 'HopelessDeadlineError', code: UserErrorCode, message: string }
    | { __typename: 'IdempotencyConflictError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'SubmitJobPayload', job: { id: string, kind: JobKind, modelName: string } }
    | { __typename: 'TaskNotFoundError', code: UserErrorCode, message: string }
   };

export type SubmitBatchMutationVariables = Exact<{
  input: SubmitBatchInput;
}>;


export type SubmitBatchMutation = { submitBatch:
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'ContextLengthExceededError', code: UserErrorCode, message: string }
    | { __typename: 'HopelessDeadlineError', code: UserErrorCode, message: string }
    | { __typename: 'IdempotencyConflictError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'SubmitBatchPayload', batch: { id: string } }
    | { __typename: 'TaskNotFoundError', code: UserErrorCode, message: string }
   };

export type BatchJobsQueryVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type BatchJobsQuery = { batch: { jobs: { nodes: Array<{ id: string, modelName: string, status: JobStatus }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type ExpectedEndsQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type ExpectedEndsQuery = { nodes: Array<
    | { __typename: 'Backend' }
    | { __typename: 'Batch' }
    | { __typename: 'Cell' }
    | { __typename: 'Chat' }
    | { __typename: 'ChatMessage' }
    | { __typename: 'Gpu' }
    | { __typename: 'Image' }
    | { __typename: 'Instance' }
    | { __typename: 'Job', status: JobStatus, finishedAt: string | null, expectedEndAt: string | null }
    | { __typename: 'Model' }
    | { __typename: 'ModelPull' }
    | { __typename: 'Reservation' }
   | null> };

export type JobStatesQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type JobStatesQuery = { nodes: Array<
    | { __typename: 'Backend' }
    | { __typename: 'Batch' }
    | { __typename: 'Cell' }
    | { __typename: 'Chat' }
    | { __typename: 'ChatMessage' }
    | { __typename: 'Gpu' }
    | { __typename: 'Image' }
    | { __typename: 'Instance' }
    | { __typename: 'Job', id: string, status: JobStatus }
    | { __typename: 'Model' }
    | { __typename: 'ModelPull' }
    | { __typename: 'Reservation' }
   | null> };

export type JobTimesQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type JobTimesQuery = { nodes: Array<
    | { __typename: 'Backend' }
    | { __typename: 'Batch' }
    | { __typename: 'Cell' }
    | { __typename: 'Chat' }
    | { __typename: 'ChatMessage' }
    | { __typename: 'Gpu' }
    | { __typename: 'Image' }
    | { __typename: 'Instance' }
    | { __typename: 'Job', kind: JobKind, modelName: string, status: JobStatus, createdAt: string, startedAt: string | null, finishedAt: string | null, result:
        | { __typename: 'EmbedResult', truncated: boolean | null }
        | { __typename: 'TextResult', truncated: boolean | null }
       | null }
    | { __typename: 'Model' }
    | { __typename: 'ModelPull' }
    | { __typename: 'Reservation' }
   | null> };

export type JobUpdatesSubscriptionVariables = Exact<{
  filter?: JobFilter | null | undefined;
}>;


export type JobUpdatesSubscription = { jobUpdated: { type: JobEventType, job: { id: string, status: JobStatus } } };

export type JobWaitsQueryVariables = Exact<{
  id: string;
}>;


export type JobWaitsQuery = { job: { status: JobStatus, queuePosition: number | null, waiting: { reason: WaitReason, explanation: string } | null } | null };

export type JobOutputSubscriptionVariables = Exact<{
  id: string;
  attempt?: number | null | undefined;
  fromOffset?: number | null | undefined;
}>;


export type JobOutputSubscription = { jobOutput: { attempt: number, channel: OutputChannel, offset: number, text: string } };

export type ListJobsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: JobFilter | null | undefined;
}>;


export type ListJobsQuery = { jobs: { totalCount: number, nodes: Array<{ id: string, status: JobStatus, priority: JobPriority, kind: JobKind, modelName: string, client: string, createdAt: string, startedAt: string | null, finishedAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ShowJobQueryVariables = Exact<{
  id: string;
}>;


export type ShowJobQuery = { job: { id: string, status: JobStatus, kind: JobKind, modelName: string, priority: JobPriority, client: string, queuePosition: number | null, createdAt: string, startedAt: string | null, finishedAt: string | null, deadline: string | null, maxAttempts: number, metadata: unknown, expectedStartAt: string | null, expectedEndAt: string | null, labels: Array<{ key: string, value: string }>, batch: { id: string, name: string | null } | null, backend: { name: string } | null, waiting: { reason: WaitReason, explanation: string } | null, failure: { code: JobFailureCode, message: string, retryable: boolean } | null, attempts: Array<{ number: number, backendName: string, startedAt: string, finishedAt: string | null, failure: { code: JobFailureCode, message: string } | null }>, result:
      | { __typename: 'EmbedResult', bytes: number, contextLength: number | null, count: number, dimensions: number, truncated: boolean | null, usage: { promptTokens: number, promptDuration: number | null, completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number } }
      | { __typename: 'TextResult', contextLength: number | null, doneReason: DoneReason, text: string, thinking: string | null, toolCalls: unknown, truncated: boolean | null, usage: { promptTokens: number, promptDuration: number | null, completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number } }
     | null } | null };

export type ReadEmbeddingsQueryVariables = Exact<{
  id: string;
  first: number;
  offset: number;
}>;


export type ReadEmbeddingsQuery = { job: { result:
      | { __typename: 'EmbedResult', embeddings: Array<readonly number[]> }
      | { __typename: 'TextResult' }
     | null } | null };

export type SituationQueryVariables = Exact<{ [key: string]: never; }>;


export type SituationQuery = { stats: { counts: { pending: number, queued: number, running: number }, swaps: { loads: number, unloads: number, evictions: number }, latency: { queueP50: number | null, queueP95: number | null, runP50: number | null } } };

export type VramUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type VramUpdatesSubscription = { vramChanged: { backends: Array<{ health: BackendHealth, problem: string | null, vram: { totalBytes: number, usedBytes: number }, instances: Array<{ modelName: string, status: InstanceStatus }> }> } };

export type ServerVersionQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerVersionQuery = { stats: { version: string } };

export type KindsOfIdsQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type KindsOfIdsQuery = { nodes: Array<
    | { __typename: 'Backend', id: string }
    | { __typename: 'Batch', id: string }
    | { __typename: 'Cell', id: string }
    | { __typename: 'Chat', id: string }
    | { __typename: 'ChatMessage', id: string }
    | { __typename: 'Gpu', id: string }
    | { __typename: 'Image', id: string }
    | { __typename: 'Instance', id: string }
    | { __typename: 'Job', id: string }
    | { __typename: 'Model', id: string }
    | { __typename: 'ModelPull', id: string }
    | { __typename: 'Reservation', id: string }
   | null> };

export type IdsWithPrefixQueryVariables = Exact<{
  prefix: string;
}>;


export type IdsWithPrefixQuery = { idsWithPrefix: Array<string> };

export type ShowBatchQueryVariables = Exact<{
  id: string;
}>;


export type ShowBatchQuery = { batch: { id: string, name: string | null, client: string, createdAt: string, finishedAt: string | null, expectedEnd: string | null, counts: { pending: number, queued: number, running: number, complete: number, failed: number, cancelled: number, total: number } } | null };

export type ListBatchesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  kind?: string | null | undefined;
  client?: string | null | undefined;
}>;


export type ListBatchesQuery = { batches: { totalCount: number, nodes: Array<{ id: string, name: string | null, client: string, createdAt: string, expectedEnd: string | null, finishedAt: string | null, kept: boolean, counts: { pending: number, queued: number, running: number, complete: number, failed: number, cancelled: number, total: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type KeepBatchMutationVariables = Exact<{
  input: UpdateBatchInput;
}>;


export type KeepBatchMutation = { updateBatch:
    | { __typename: 'BatchNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateBatchPayload', batch: { id: string, kept: boolean } }
   };

export type CheckBatchQueryVariables = Exact<{
  input: SubmitBatchInput;
}>;


export type CheckBatchQuery = { checkBatch: Array<{ path: Array<string>, message: string }> };

export type CancelJobMutationVariables = Exact<{
  input: CancelJobInput;
}>;


export type CancelJobMutation = { cancelJob:
    | { __typename: 'CancelJobPayload', job: { status: JobStatus } }
    | { __typename: 'JobNotCancellableError', code: UserErrorCode, message: string }
    | { __typename: 'JobNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type RetryJobMutationVariables = Exact<{
  input: RetryJobInput;
}>;


export type RetryJobMutation = { retryJob:
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'JobNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'JobNotRetryableError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'RetryJobPayload', job: { status: JobStatus } }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type UpdateJobPriorityMutationVariables = Exact<{
  input: UpdateJobPriorityInput;
}>;


export type UpdateJobPriorityMutation = { updateJobPriority:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'JobNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'JobNotQueuedError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateJobPriorityPayload', job: { status: JobStatus, priority: JobPriority } }
   };

export type CancelJobsMutationVariables = Exact<{
  input: CancelJobsInput;
}>;


export type CancelJobsMutation = { cancelJobs:
    | { __typename: 'CancelJobsPayload', changed: number, more: boolean }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type RetryJobsMutationVariables = Exact<{
  input: RetryJobsInput;
}>;


export type RetryJobsMutation = { retryJobs:
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'RetryJobsPayload', changed: number, more: boolean }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type UpdateJobPrioritiesMutationVariables = Exact<{
  input: UpdateJobPrioritiesInput;
}>;


export type UpdateJobPrioritiesMutation = { updateJobPriorities:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateJobPrioritiesPayload', changed: number, more: boolean }
   };

export type PauseSchedulerMutationVariables = Exact<{ [key: string]: never; }>;


export type PauseSchedulerMutation = { pauseScheduler: { stats: { paused: boolean, counts: { pending: number, queued: number, running: number } } } };

export type ResumeSchedulerMutationVariables = Exact<{ [key: string]: never; }>;


export type ResumeSchedulerMutation = { resumeScheduler: { stats: { paused: boolean, counts: { pending: number, queued: number, running: number } } } };

export type LoadModelMutationVariables = Exact<{
  input: LoadModelInput;
}>;


export type LoadModelMutation = { loadModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'LoadModelPayload', instance: { modelName: string, contextLength: number, vramBytes: number, spilled: boolean, pinned: boolean, backend: { name: string } | null, gpus: Array<{ index: number }> } }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
   };

export type PlacedInstanceFragment = { modelName: string, contextLength: number, vramBytes: number, spilled: boolean, pinned: boolean, backend: { name: string } | null, gpus: Array<{ index: number }> };

export type PinModelMutationVariables = Exact<{
  input: PinModelInput;
}>;


export type PinModelMutation = { pinModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'PinModelPayload', instance: { modelName: string, contextLength: number, vramBytes: number, spilled: boolean, pinned: boolean, backend: { name: string } | null, gpus: Array<{ index: number }> } }
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

export type UnpinModelMutationVariables = Exact<{
  input: UnpinModelInput;
}>;


export type UnpinModelMutation = { unpinModel:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'UnpinModelPayload' }
   };

export type GpusQueryVariables = Exact<{ [key: string]: never; }>;


export type GpusQuery = { backends: Array<{ id: string, name: string, gpus: Array<{ id: string, index: number, name: string }> }> };

export type ReserveVramMutationVariables = Exact<{
  input: ReserveVramInput;
}>;


export type ReserveVramMutation = { reserveVram:
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'ReserveVramPayload', reservation: { id: string, bytes: number, ready: boolean, expiresAt: string | null, gpu: { index: number, name: string } | null } }
   };

export type ReleaseVramMutationVariables = Exact<{
  input: ReleaseVramInput;
}>;


export type ReleaseVramMutation = { releaseVram:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'ReleaseVramPayload' }
   };

export type ReservationsQueryVariables = Exact<{ [key: string]: never; }>;


export type ReservationsQuery = { reservations: Array<{ id: string, owner: string, bytes: number, ready: boolean, kind: ReservationKind, expiresAt: string | null, gpu: { index: number, name: string } | null }> };

export type WorkerAllocationQueryVariables = Exact<{
  input: WorkerAllocationInput;
}>;


export type WorkerAllocationQuery = { workerAllocation: { workers: number, bytesPerWorker: number, freeBytes: number, explanation: string, gpu: { id: string, index: number, name: string } | null } };

export type MemoryBudgetQueryVariables = Exact<{
  models?: Array<string> | string | null | undefined;
}>;


export type MemoryBudgetQuery = { memoryBudget: { fits: boolean, exact: boolean, requiredBytes: number, capacityBytes: number, freeBytes: number, explanation: string, models: Array<{ modelName: string, footprintBytes: number | null, measured: boolean, gpus: Array<{ index: number, name: string }> }> } };

export type ModelTableQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ModelTableQuery = { models: { nodes: Array<{ name: string, digest: string, diskBytes: number, modifiedAt: string | null, parameterSize: string | null, quantization: string | null, contextLength: number | null, capabilities: Array<ModelCapability>, vramEstimate: { bytes: number, measured: boolean } | null, instances: Array<{ status: InstanceStatus, pinned: boolean, contextLength: number, backend: { name: string } | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ListModelsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ListModelsQuery = { models: { nodes: Array<{ name: string, capabilities: Array<ModelCapability> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ModelNameQueryVariables = Exact<{
  name: string;
}>;


export type ModelNameQuery = { model: { name: string } | null };

export type ModelFactsQueryVariables = Exact<{
  name: string;
}>;


export type ModelFactsQuery = { model: { name: string, capabilities: Array<ModelCapability>, contextLength: number | null, parameterSize: string | null, quantization: string | null } | null };

export type ShowModelQueryVariables = Exact<{
  name: string;
  verbose: boolean;
}>;


export type ShowModelQuery = { model: { name: string, digest: string, diskBytes: number, family: string | null, parameterSize: string | null, quantization: string | null, contextLength: number | null, capabilities: Array<ModelCapability>, details:
      | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
      | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
      | { __typename: 'ModelDetails', capabilities: Array<string>, license: string | null, modelInfo: unknown, modelfile: string | null, parameters: string | null, projectorInfo: unknown, system: string | null, template: string | null, tensors: unknown }
      | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    , vramEstimate: { bytes: number, measured: boolean } | null, backends: Array<{ name: string, url: string }>, instances: Array<{ status: InstanceStatus, pinned: boolean, contextLength: number, vramBytes: number, backend: { name: string } | null }> } | null };

export type BackendNamesQueryVariables = Exact<{ [key: string]: never; }>;


export type BackendNamesQuery = { backends: Array<{ id: string, name: string }> };

export type PullModelMutationVariables = Exact<{
  input: PullModelInput;
}>;


export type PullModelMutation = { pullModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'PullModelPayload', pull: { id: string } }
   };

export type PullUpdatesSubscriptionVariables = Exact<{
  id: string;
}>;


export type PullUpdatesSubscription = { pullUpdated: { id: string, modelName: string, status: ModelPullStatus, step: string, completedBytes: number, totalBytes: number | null, error: string | null, startedAt: string, backend: { name: string } | null } };

export type CopyModelMutationVariables = Exact<{
  input: CopyModelInput;
}>;


export type CopyModelMutation = { copyModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'CopyModelPayload', model: { name: string } }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
   };

export type DeleteModelMutationVariables = Exact<{
  input: DeleteModelInput;
}>;


export type DeleteModelMutation = { deleteModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'DeleteModelPayload', modelName: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
   };

export type BackendTroublesQueryVariables = Exact<{ [key: string]: never; }>;


export type BackendTroublesQuery = { backends: Array<{ name: string, url: string, health: BackendHealth, problem: string | null }> };

export type RecordedJobsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type RecordedJobsQuery = { jobs: { nodes: Array<{ modelName: string, client: string, priority: JobPriority, createdAt: string, startedAt: string | null, finishedAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ModelSizesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type ModelSizesQuery = { models: { nodes: Array<{ name: string, diskBytes: number, vramEstimate: { bytes: number } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HealthReportQueryVariables = Exact<{ [key: string]: never; }>;


export type HealthReportQuery = { health: { status: HealthStatus, problems: Array<{ code: HealthProblemCode, message: string, backend: { name: string } | null }>, backends: Array<{ name: string, url: string, mode: BackendMode, health: BackendHealth, version: string | null, gpus: Array<{ index: number }>, vram: { totalBytes: number, usedBytes: number } }> }, stats: { startEstimates: { sampleCount: number, medianError: number | null }, workEstimates: { sampleCount: number, medianError: number | null, bias: number | null } } };

export type DecisionsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: DecisionFilter | null | undefined;
}>;


export type DecisionsQuery = { decisions: { totalCount: number, nodes: Array<{ at: string, kind: DecisionKind, modelName: string | null, explanation: string, backend: { name: string } | null, job: { id: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type InMemoryQueryVariables = Exact<{ [key: string]: never; }>;


export type InMemoryQuery = { backends: Array<{ name: string, instances: Array<{ id: string, modelName: string, status: InstanceStatus, contextLength: number, parallel: number, pinned: boolean, spilled: boolean, expiresAt: string | null, keepAlive: number | null, vramBytes: number, memory: { bytes: number, gpuBytes: number }, activeJobs: Array<{ id: string }>, gpus: Array<{ index: number }>, model: { digest: string } | null }> }> };

export type ListTasksQueryVariables = Exact<{ [key: string]: never; }>;


export type ListTasksQuery = { tasks: Array<{ name: string, description: string | null, selected: { name: string }, options: Array<{ name: string, modelName: string, description: string | null, speed: TaskSpeed | null, quantization: string | null, fps: number | null, provider: string | null, vramBytes: number | null, loaded: boolean, loadedAt: string | null, model: { name: string } | null, backend: { name: string } | null }> }>, memoryBudget: { fits: boolean, explanation: string } };

export type SelectTaskModelMutationVariables = Exact<{
  input: SelectTaskModelInput;
}>;


export type SelectTaskModelMutation = { selectTaskModel:
    | { __typename: 'SelectTaskModelPayload', explanation: string, task: { name: string, selected: { name: string, modelName: string } } }
    | { __typename: 'StoreUnwritableError', message: string }
    | { __typename: 'TaskNotFoundError', message: string }
    | { __typename: 'TaskOptionNotFoundError', message: string }
   };

export type WarmUpTasksMutationVariables = Exact<{
  input?: WarmUpTasksInput | null | undefined;
}>;


export type WarmUpTasksMutation = { warmUpTasks:
    | { __typename: 'TaskNotFoundError', message: string }
    | { __typename: 'WarmUpTasksPayload', tasks: Array<{ problem: string | null, instance: { id: string } | null, task: { name: string, selected: { modelName: string } } }> }
   };

export type TopMemorySubscriptionVariables = Exact<{ [key: string]: never; }>;


export type TopMemorySubscription = { vramChanged: { backends: Array<{ name: string, health: BackendHealth, capabilities: { startsProcesses: boolean }, cells: Array<{ role: CellRole, status: CellStatus, residentBytes: number | null }>, gpus: Array<{ index: number, name: string, foreignProcesses: Array<{ pid: number, name: string | null, bytes: number }>, reservations: Array<{ owner: string, bytes: number, ready: boolean, expiresAt: string | null }>, vram: { totalBytes: number, headroomBytes: number, reservedBytes: number, foreignBytes: number, instanceBytes: number, freeBytes: number, deficitBytes: number, sampledAt: string } }>, instances: Array<{ id: string, modelName: string, status: InstanceStatus, contextLength: number, parallel: number, pinned: boolean, spilled: boolean, expiresAt: string | null, lastUsedAt: string, vramBytes: number, activeJobs: Array<{ id: string }>, gpus: Array<{ index: number }> }> }> } };

export type TopSituationQueryVariables = Exact<{
  decisions: number;
}>;


export type TopSituationQuery = { health: { status: HealthStatus, problems: Array<{ message: string }> }, stats: { version: string, startedAt: string, paused: boolean, counts: { pending: number, queued: number, running: number }, swaps: { loads: number, evictions: number, coldStarts: number, warmStarts: number }, latency: { queueP50: number | null, queueP95: number | null }, queues: Array<{ modelName: string, contextLength: number | null, pendingHigh: number, pendingNormal: number, pendingLow: number, oldestAge: number | null, expectedClear: number | null }> }, decisions: { nodes: Array<{ at: string, kind: DecisionKind, modelName: string | null, explanation: string }> } };

export type TopHealthFragment = { status: HealthStatus, problems: Array<{ message: string }> };

export type TopStatsFragment = { version: string, startedAt: string, paused: boolean, counts: { pending: number, queued: number, running: number }, swaps: { loads: number, evictions: number, coldStarts: number, warmStarts: number }, latency: { queueP50: number | null, queueP95: number | null }, queues: Array<{ modelName: string, contextLength: number | null, pendingHigh: number, pendingNormal: number, pendingLow: number, oldestAge: number | null, expectedClear: number | null }> };

export type TopDecisionFragment = { at: string, kind: DecisionKind, modelName: string | null, explanation: string };

export type TopStatsChangedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type TopStatsChangedSubscription = { statsChanged: { health: { status: HealthStatus, problems: Array<{ message: string }> }, stats: { version: string, startedAt: string, paused: boolean, counts: { pending: number, queued: number, running: number }, swaps: { loads: number, evictions: number, coldStarts: number, warmStarts: number }, latency: { queueP50: number | null, queueP95: number | null }, queues: Array<{ modelName: string, contextLength: number | null, pendingHigh: number, pendingNormal: number, pendingLow: number, oldestAge: number | null, expectedClear: number | null }> } } };

export type TopDecidedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type TopDecidedSubscription = { decided: { decision: { at: string, kind: DecisionKind, modelName: string | null, explanation: string } } };

export type TopRunningQueryVariables = Exact<{ [key: string]: never; }>;


export type TopRunningQuery = { jobs: { nodes: Array<{ id: string, client: string, modelName: string, pieces: number | null, priority: JobPriority, startedAt: string | null }> } };

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
export const PlacedInstanceFragmentDoc = new TypedDocumentString(`
    fragment PlacedInstance on Instance {
  modelName
  contextLength
  vramBytes
  spilled
  pinned
  backend {
    name
  }
  gpus {
    index
  }
}
    `, {"fragmentName":"PlacedInstance"}) as unknown as TypedDocumentString<PlacedInstanceFragment, unknown>;
export const TopHealthFragmentDoc = new TypedDocumentString(`
    fragment TopHealth on Health {
  status
  problems {
    message
  }
}
    `, {"fragmentName":"TopHealth"}) as unknown as TypedDocumentString<TopHealthFragment, unknown>;
export const TopStatsFragmentDoc = new TypedDocumentString(`
    fragment TopStats on Stats {
  version
  startedAt
  paused
  counts {
    pending
    queued
    running
  }
  swaps {
    loads
    evictions
    coldStarts
    warmStarts
  }
  latency {
    queueP50
    queueP95
  }
  queues {
    modelName
    contextLength
    pendingHigh
    pendingNormal
    pendingLow
    oldestAge
    expectedClear
  }
}
    `, {"fragmentName":"TopStats"}) as unknown as TypedDocumentString<TopStatsFragment, unknown>;
export const TopDecisionFragmentDoc = new TypedDocumentString(`
    fragment TopDecision on Decision {
  at
  kind
  modelName
  explanation
}
    `, {"fragmentName":"TopDecision"}) as unknown as TypedDocumentString<TopDecisionFragment, unknown>;
export const CellsDocument = new TypedDocumentString(`
    query Cells {
  backends {
    id
    name
    capabilities {
      startsProcesses
    }
    cells {
      id
      role
      modelName
      gpus {
        index
      }
      pid
      port
      status
      residentBytes
      startedAt
      endedAt
      exitReason
    }
  }
}
    `) as unknown as TypedDocumentString<CellsQuery, CellsQueryVariables>;
export const CellLogDocument = new TypedDocumentString(`
    query CellLog($id: ID!, $lines: Int!) {
  node(id: $id) {
    __typename
    ... on Cell {
      status
      endedAt
      exitReason
      logTail(lines: $lines)
    }
  }
}
    `) as unknown as TypedDocumentString<CellLogQuery, CellLogQueryVariables>;
export const SubmitJobDocument = new TypedDocumentString(`
    mutation SubmitJob($input: SubmitJobInput!) {
  submitJob(input: $input) {
    __typename
    ... on SubmitJobPayload {
      job {
        id
        kind
        modelName
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SubmitJobMutation, SubmitJobMutationVariables>;
export const SubmitBatchDocument = new TypedDocumentString(`
    mutation SubmitBatch($input: SubmitBatchInput!) {
  submitBatch(input: $input) {
    __typename
    ... on SubmitBatchPayload {
      batch {
        id
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SubmitBatchMutation, SubmitBatchMutationVariables>;
export const BatchJobsDocument = new TypedDocumentString(`
    query BatchJobs($id: ID!, $after: String) {
  batch(id: $id) {
    jobs(first: 100, after: $after) {
      nodes {
        id
        modelName
        status
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<BatchJobsQuery, BatchJobsQueryVariables>;
export const ExpectedEndsDocument = new TypedDocumentString(`
    query ExpectedEnds($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Job {
      status
      finishedAt
      expectedEndAt
    }
  }
}
    `) as unknown as TypedDocumentString<ExpectedEndsQuery, ExpectedEndsQueryVariables>;
export const JobStatesDocument = new TypedDocumentString(`
    query JobStates($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Job {
      id
      status
    }
  }
}
    `) as unknown as TypedDocumentString<JobStatesQuery, JobStatesQueryVariables>;
export const JobTimesDocument = new TypedDocumentString(`
    query JobTimes($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Job {
      kind
      modelName
      status
      createdAt
      startedAt
      finishedAt
      result {
        __typename
        ... on TextResult {
          truncated
        }
        ... on EmbedResult {
          truncated
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<JobTimesQuery, JobTimesQueryVariables>;
export const JobUpdatesDocument = new TypedDocumentString(`
    subscription JobUpdates($filter: JobFilter) {
  jobUpdated(filter: $filter) {
    type
    job {
      id
      status
    }
  }
}
    `) as unknown as TypedDocumentString<JobUpdatesSubscription, JobUpdatesSubscriptionVariables>;
export const JobWaitsDocument = new TypedDocumentString(`
    query JobWaits($id: ID!) {
  job(id: $id) {
    status
    queuePosition
    waiting {
      reason
      explanation
    }
  }
}
    `) as unknown as TypedDocumentString<JobWaitsQuery, JobWaitsQueryVariables>;
export const JobOutputDocument = new TypedDocumentString(`
    subscription JobOutput($id: ID!, $attempt: Int, $fromOffset: Int) {
  jobOutput(id: $id, attempt: $attempt, fromOffset: $fromOffset) {
    attempt
    channel
    offset
    text
  }
}
    `) as unknown as TypedDocumentString<JobOutputSubscription, JobOutputSubscriptionVariables>;
export const ListJobsDocument = new TypedDocumentString(`
    query ListJobs($first: Int!, $after: String, $filter: JobFilter) {
  jobs(first: $first, after: $after, filter: $filter) {
    totalCount
    nodes {
      id
      status
      priority
      kind
      modelName
      client
      createdAt
      startedAt
      finishedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ListJobsQuery, ListJobsQueryVariables>;
export const ShowJobDocument = new TypedDocumentString(`
    query ShowJob($id: ID!) {
  job(id: $id) {
    id
    status
    kind
    modelName
    priority
    client
    queuePosition
    createdAt
    startedAt
    finishedAt
    deadline
    maxAttempts
    metadata
    labels {
      key
      value
    }
    batch {
      id
      name
    }
    backend {
      name
    }
    expectedStartAt
    expectedEndAt
    waiting {
      reason
      explanation
    }
    failure {
      code
      message
      retryable
    }
    attempts {
      number
      backendName
      startedAt
      finishedAt
      failure {
        code
        message
      }
    }
    result {
      __typename
      ... on TextResult {
        contextLength
        doneReason
        text
        thinking
        toolCalls
        truncated
        usage {
          promptTokens
          promptDuration
          completionTokens
          cost
          evalDuration
          loadDuration
        }
      }
      ... on EmbedResult {
        bytes
        contextLength
        count
        dimensions
        truncated
        usage {
          promptTokens
          promptDuration
          completionTokens
          cost
          evalDuration
          loadDuration
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ShowJobQuery, ShowJobQueryVariables>;
export const ReadEmbeddingsDocument = new TypedDocumentString(`
    query ReadEmbeddings($id: ID!, $first: Int!, $offset: Int!) {
  job(id: $id) {
    result {
      __typename
      ... on EmbedResult {
        embeddings(first: $first, offset: $offset)
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReadEmbeddingsQuery, ReadEmbeddingsQueryVariables>;
export const SituationDocument = new TypedDocumentString(`
    query Situation {
  stats {
    counts {
      pending
      queued
      running
    }
    swaps {
      loads
      unloads
      evictions
    }
    latency(window: 3600000) {
      queueP50
      queueP95
      runP50
    }
  }
}
    `) as unknown as TypedDocumentString<SituationQuery, SituationQueryVariables>;
export const VramUpdatesDocument = new TypedDocumentString(`
    subscription VramUpdates {
  vramChanged(minInterval: 250) {
    backends {
      health
      problem
      vram {
        totalBytes
        usedBytes
      }
      instances {
        modelName
        status
      }
    }
  }
}
    `) as unknown as TypedDocumentString<VramUpdatesSubscription, VramUpdatesSubscriptionVariables>;
export const ServerVersionDocument = new TypedDocumentString(`
    query ServerVersion {
  stats {
    version
  }
}
    `) as unknown as TypedDocumentString<ServerVersionQuery, ServerVersionQueryVariables>;
export const KindsOfIdsDocument = new TypedDocumentString(`
    query KindsOfIds($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    id
  }
}
    `) as unknown as TypedDocumentString<KindsOfIdsQuery, KindsOfIdsQueryVariables>;
export const IdsWithPrefixDocument = new TypedDocumentString(`
    query IdsWithPrefix($prefix: String!) {
  idsWithPrefix(prefix: $prefix)
}
    `) as unknown as TypedDocumentString<IdsWithPrefixQuery, IdsWithPrefixQueryVariables>;
export const ShowBatchDocument = new TypedDocumentString(`
    query ShowBatch($id: ID!) {
  batch(id: $id) {
    id
    name
    client
    createdAt
    finishedAt
    expectedEnd
    counts {
      pending
      queued
      running
      complete
      failed
      cancelled
      total
    }
  }
}
    `) as unknown as TypedDocumentString<ShowBatchQuery, ShowBatchQueryVariables>;
export const ListBatchesDocument = new TypedDocumentString(`
    query ListBatches($first: Int!, $after: String, $kind: String, $client: String) {
  batches(first: $first, after: $after, kind: $kind, client: $client) {
    totalCount
    nodes {
      id
      name
      client
      createdAt
      expectedEnd
      finishedAt
      kept
      counts {
        pending
        queued
        running
        complete
        failed
        cancelled
        total
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ListBatchesQuery, ListBatchesQueryVariables>;
export const KeepBatchDocument = new TypedDocumentString(`
    mutation KeepBatch($input: UpdateBatchInput!) {
  updateBatch(input: $input) {
    __typename
    ... on UpdateBatchPayload {
      batch {
        id
        kept
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<KeepBatchMutation, KeepBatchMutationVariables>;
export const CheckBatchDocument = new TypedDocumentString(`
    query CheckBatch($input: SubmitBatchInput!) {
  checkBatch(input: $input) {
    path
    message
  }
}
    `) as unknown as TypedDocumentString<CheckBatchQuery, CheckBatchQueryVariables>;
export const CancelJobDocument = new TypedDocumentString(`
    mutation CancelJob($input: CancelJobInput!) {
  cancelJob(input: $input) {
    __typename
    ... on CancelJobPayload {
      job {
        status
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelJobMutation, CancelJobMutationVariables>;
export const RetryJobDocument = new TypedDocumentString(`
    mutation RetryJob($input: RetryJobInput!) {
  retryJob(input: $input) {
    __typename
    ... on RetryJobPayload {
      job {
        status
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryJobMutation, RetryJobMutationVariables>;
export const UpdateJobPriorityDocument = new TypedDocumentString(`
    mutation UpdateJobPriority($input: UpdateJobPriorityInput!) {
  updateJobPriority(input: $input) {
    __typename
    ... on UpdateJobPriorityPayload {
      job {
        status
        priority
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateJobPriorityMutation, UpdateJobPriorityMutationVariables>;
export const CancelJobsDocument = new TypedDocumentString(`
    mutation CancelJobs($input: CancelJobsInput!) {
  cancelJobs(input: $input) {
    __typename
    ... on CancelJobsPayload {
      changed
      more
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelJobsMutation, CancelJobsMutationVariables>;
export const RetryJobsDocument = new TypedDocumentString(`
    mutation RetryJobs($input: RetryJobsInput!) {
  retryJobs(input: $input) {
    __typename
    ... on RetryJobsPayload {
      changed
      more
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryJobsMutation, RetryJobsMutationVariables>;
export const UpdateJobPrioritiesDocument = new TypedDocumentString(`
    mutation UpdateJobPriorities($input: UpdateJobPrioritiesInput!) {
  updateJobPriorities(input: $input) {
    __typename
    ... on UpdateJobPrioritiesPayload {
      changed
      more
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateJobPrioritiesMutation, UpdateJobPrioritiesMutationVariables>;
export const PauseSchedulerDocument = new TypedDocumentString(`
    mutation PauseScheduler {
  pauseScheduler {
    stats {
      paused
      counts {
        pending
        queued
        running
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PauseSchedulerMutation, PauseSchedulerMutationVariables>;
export const ResumeSchedulerDocument = new TypedDocumentString(`
    mutation ResumeScheduler {
  resumeScheduler {
    stats {
      paused
      counts {
        pending
        queued
        running
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ResumeSchedulerMutation, ResumeSchedulerMutationVariables>;
export const LoadModelDocument = new TypedDocumentString(`
    mutation LoadModel($input: LoadModelInput!) {
  loadModel(input: $input) {
    __typename
    ... on LoadModelPayload {
      instance {
        ...PlacedInstance
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    fragment PlacedInstance on Instance {
  modelName
  contextLength
  vramBytes
  spilled
  pinned
  backend {
    name
  }
  gpus {
    index
  }
}`) as unknown as TypedDocumentString<LoadModelMutation, LoadModelMutationVariables>;
export const PinModelDocument = new TypedDocumentString(`
    mutation PinModel($input: PinModelInput!) {
  pinModel(input: $input) {
    __typename
    ... on PinModelPayload {
      instance {
        ...PlacedInstance
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    fragment PlacedInstance on Instance {
  modelName
  contextLength
  vramBytes
  spilled
  pinned
  backend {
    name
  }
  gpus {
    index
  }
}`) as unknown as TypedDocumentString<PinModelMutation, PinModelMutationVariables>;
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
export const GpusDocument = new TypedDocumentString(`
    query Gpus {
  backends {
    id
    name
    gpus {
      id
      index
      name
    }
  }
}
    `) as unknown as TypedDocumentString<GpusQuery, GpusQueryVariables>;
export const ReserveVramDocument = new TypedDocumentString(`
    mutation ReserveVram($input: ReserveVramInput!) {
  reserveVram(input: $input) {
    __typename
    ... on ReserveVramPayload {
      reservation {
        id
        bytes
        ready
        expiresAt
        gpu {
          index
          name
        }
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ReserveVramMutation, ReserveVramMutationVariables>;
export const ReleaseVramDocument = new TypedDocumentString(`
    mutation ReleaseVram($input: ReleaseVramInput!) {
  releaseVram(input: $input) {
    __typename
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseVramMutation, ReleaseVramMutationVariables>;
export const ReservationsDocument = new TypedDocumentString(`
    query Reservations {
  reservations {
    id
    owner
    bytes
    ready
    kind
    expiresAt
    gpu {
      index
      name
    }
  }
}
    `) as unknown as TypedDocumentString<ReservationsQuery, ReservationsQueryVariables>;
export const WorkerAllocationDocument = new TypedDocumentString(`
    query WorkerAllocation($input: WorkerAllocationInput!) {
  workerAllocation(input: $input) {
    workers
    bytesPerWorker
    freeBytes
    explanation
    gpu {
      id
      index
      name
    }
  }
}
    `) as unknown as TypedDocumentString<WorkerAllocationQuery, WorkerAllocationQueryVariables>;
export const MemoryBudgetDocument = new TypedDocumentString(`
    query MemoryBudget($models: [String!]) {
  memoryBudget(models: $models) {
    fits
    exact
    requiredBytes
    capacityBytes
    freeBytes
    explanation
    models {
      modelName
      footprintBytes
      measured
      gpus {
        index
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MemoryBudgetQuery, MemoryBudgetQueryVariables>;
export const ModelTableDocument = new TypedDocumentString(`
    query ModelTable($after: String) {
  models(first: 100, after: $after) {
    nodes {
      name
      digest
      diskBytes
      modifiedAt
      parameterSize
      quantization
      contextLength
      capabilities
      vramEstimate {
        bytes
        measured
      }
      instances {
        status
        pinned
        contextLength
        backend {
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ModelTableQuery, ModelTableQueryVariables>;
export const ListModelsDocument = new TypedDocumentString(`
    query ListModels($after: String) {
  models(first: 100, after: $after) {
    nodes {
      name
      capabilities
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ListModelsQuery, ListModelsQueryVariables>;
export const ModelNameDocument = new TypedDocumentString(`
    query ModelName($name: String!) {
  model(name: $name) {
    name
  }
}
    `) as unknown as TypedDocumentString<ModelNameQuery, ModelNameQueryVariables>;
export const ModelFactsDocument = new TypedDocumentString(`
    query ModelFacts($name: String!) {
  model(name: $name) {
    name
    capabilities
    contextLength
    parameterSize
    quantization
  }
}
    `) as unknown as TypedDocumentString<ModelFactsQuery, ModelFactsQueryVariables>;
export const ShowModelDocument = new TypedDocumentString(`
    query ShowModel($name: String!, $verbose: Boolean!) {
  model(name: $name) {
    details(verbose: $verbose) {
      __typename
      ... on ModelDetails {
        capabilities
        license
        modelInfo
        modelfile
        parameters
        projectorInfo
        system
        template
        tensors
      }
      ... on UserError {
        code
        message
      }
    }
    name
    digest
    diskBytes
    family
    parameterSize
    quantization
    contextLength
    capabilities
    vramEstimate {
      bytes
      measured
    }
    backends {
      name
      url
    }
    instances {
      status
      pinned
      contextLength
      vramBytes
      backend {
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ShowModelQuery, ShowModelQueryVariables>;
export const BackendNamesDocument = new TypedDocumentString(`
    query BackendNames {
  backends {
    id
    name
  }
}
    `) as unknown as TypedDocumentString<BackendNamesQuery, BackendNamesQueryVariables>;
export const PullModelDocument = new TypedDocumentString(`
    mutation PullModel($input: PullModelInput!) {
  pullModel(input: $input) {
    __typename
    ... on PullModelPayload {
      pull {
        id
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PullModelMutation, PullModelMutationVariables>;
export const PullUpdatesDocument = new TypedDocumentString(`
    subscription PullUpdates($id: ID!) {
  pullUpdated(id: $id) {
    id
    modelName
    status
    step
    completedBytes
    totalBytes
    error
    startedAt
    backend {
      name
    }
  }
}
    `) as unknown as TypedDocumentString<PullUpdatesSubscription, PullUpdatesSubscriptionVariables>;
export const CopyModelDocument = new TypedDocumentString(`
    mutation CopyModel($input: CopyModelInput!) {
  copyModel(input: $input) {
    __typename
    ... on CopyModelPayload {
      model {
        name
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CopyModelMutation, CopyModelMutationVariables>;
export const DeleteModelDocument = new TypedDocumentString(`
    mutation DeleteModel($input: DeleteModelInput!) {
  deleteModel(input: $input) {
    __typename
    ... on DeleteModelPayload {
      modelName
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteModelMutation, DeleteModelMutationVariables>;
export const BackendTroublesDocument = new TypedDocumentString(`
    query BackendTroubles {
  backends {
    name
    url
    health
    problem
  }
}
    `) as unknown as TypedDocumentString<BackendTroublesQuery, BackendTroublesQueryVariables>;
export const RecordedJobsDocument = new TypedDocumentString(`
    query RecordedJobs($first: Int!, $after: String) {
  jobs(first: $first, after: $after, filter: { statuses: [COMPLETE] }) {
    nodes {
      modelName
      client
      priority
      createdAt
      startedAt
      finishedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<RecordedJobsQuery, RecordedJobsQueryVariables>;
export const ModelSizesDocument = new TypedDocumentString(`
    query ModelSizes($first: Int!, $after: String) {
  models(first: $first, after: $after) {
    nodes {
      name
      diskBytes
      vramEstimate {
        bytes
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ModelSizesQuery, ModelSizesQueryVariables>;
export const HealthReportDocument = new TypedDocumentString(`
    query HealthReport {
  health {
    status
    problems {
      code
      message
      backend {
        name
      }
    }
    backends {
      name
      url
      mode
      health
      version
      gpus {
        index
      }
      vram {
        totalBytes
        usedBytes
      }
    }
  }
  stats {
    startEstimates {
      sampleCount
      medianError
    }
    workEstimates {
      sampleCount
      medianError
      bias
    }
  }
}
    `) as unknown as TypedDocumentString<HealthReportQuery, HealthReportQueryVariables>;
export const DecisionsDocument = new TypedDocumentString(`
    query Decisions($first: Int!, $after: String, $filter: DecisionFilter) {
  decisions(first: $first, after: $after, filter: $filter) {
    totalCount
    nodes {
      at
      kind
      modelName
      explanation
      backend {
        name
      }
      job {
        id
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<DecisionsQuery, DecisionsQueryVariables>;
export const InMemoryDocument = new TypedDocumentString(`
    query InMemory {
  backends {
    name
    instances {
      id
      modelName
      status
      contextLength
      parallel
      pinned
      spilled
      expiresAt
      keepAlive
      vramBytes
      memory {
        bytes
        gpuBytes
      }
      activeJobs {
        id
      }
      gpus {
        index
      }
      model {
        digest
      }
    }
  }
}
    `) as unknown as TypedDocumentString<InMemoryQuery, InMemoryQueryVariables>;
export const ListTasksDocument = new TypedDocumentString(`
    query ListTasks {
  tasks {
    name
    description
    selected {
      name
    }
    options {
      name
      modelName
      description
      speed
      quantization
      fps
      provider
      vramBytes
      loaded
      loadedAt
      model {
        name
      }
      backend {
        name
      }
    }
  }
  memoryBudget(tasks: true) {
    fits
    explanation
  }
}
    `) as unknown as TypedDocumentString<ListTasksQuery, ListTasksQueryVariables>;
export const SelectTaskModelDocument = new TypedDocumentString(`
    mutation SelectTaskModel($input: SelectTaskModelInput!) {
  selectTaskModel(input: $input) {
    __typename
    ... on SelectTaskModelPayload {
      explanation
      task {
        name
        selected {
          name
          modelName
        }
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SelectTaskModelMutation, SelectTaskModelMutationVariables>;
export const WarmUpTasksDocument = new TypedDocumentString(`
    mutation WarmUpTasks($input: WarmUpTasksInput) {
  warmUpTasks(input: $input) {
    __typename
    ... on WarmUpTasksPayload {
      tasks {
        problem
        instance {
          id
        }
        task {
          name
          selected {
            modelName
          }
        }
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<WarmUpTasksMutation, WarmUpTasksMutationVariables>;
export const TopMemoryDocument = new TypedDocumentString(`
    subscription TopMemory {
  vramChanged(minInterval: 250) {
    backends {
      name
      health
      capabilities {
        startsProcesses
      }
      cells {
        role
        status
        residentBytes
      }
      gpus {
        index
        name
        foreignProcesses {
          pid
          name
          bytes
        }
        reservations {
          owner
          bytes
          ready
          expiresAt
        }
        vram {
          totalBytes
          headroomBytes
          reservedBytes
          foreignBytes
          instanceBytes
          freeBytes
          deficitBytes
          sampledAt
        }
      }
      instances {
        id
        modelName
        status
        contextLength
        parallel
        pinned
        spilled
        expiresAt
        lastUsedAt
        vramBytes
        activeJobs {
          id
        }
        gpus {
          index
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TopMemorySubscription, TopMemorySubscriptionVariables>;
export const TopSituationDocument = new TypedDocumentString(`
    query TopSituation($decisions: Int!) {
  health {
    ...TopHealth
  }
  stats {
    ...TopStats
  }
  decisions(first: $decisions) {
    nodes {
      ...TopDecision
    }
  }
}
    fragment TopHealth on Health {
  status
  problems {
    message
  }
}
fragment TopStats on Stats {
  version
  startedAt
  paused
  counts {
    pending
    queued
    running
  }
  swaps {
    loads
    evictions
    coldStarts
    warmStarts
  }
  latency {
    queueP50
    queueP95
  }
  queues {
    modelName
    contextLength
    pendingHigh
    pendingNormal
    pendingLow
    oldestAge
    expectedClear
  }
}
fragment TopDecision on Decision {
  at
  kind
  modelName
  explanation
}`) as unknown as TypedDocumentString<TopSituationQuery, TopSituationQueryVariables>;
export const TopStatsChangedDocument = new TypedDocumentString(`
    subscription TopStatsChanged {
  statsChanged {
    health {
      ...TopHealth
    }
    stats {
      ...TopStats
    }
  }
}
    fragment TopHealth on Health {
  status
  problems {
    message
  }
}
fragment TopStats on Stats {
  version
  startedAt
  paused
  counts {
    pending
    queued
    running
  }
  swaps {
    loads
    evictions
    coldStarts
    warmStarts
  }
  latency {
    queueP50
    queueP95
  }
  queues {
    modelName
    contextLength
    pendingHigh
    pendingNormal
    pendingLow
    oldestAge
    expectedClear
  }
}`) as unknown as TypedDocumentString<TopStatsChangedSubscription, TopStatsChangedSubscriptionVariables>;
export const TopDecidedDocument = new TypedDocumentString(`
    subscription TopDecided {
  decided {
    decision {
      ...TopDecision
    }
  }
}
    fragment TopDecision on Decision {
  at
  kind
  modelName
  explanation
}`) as unknown as TypedDocumentString<TopDecidedSubscription, TopDecidedSubscriptionVariables>;
export const TopRunningDocument = new TypedDocumentString(`
    query TopRunning {
  jobs(
    first: 50
    filter: { statuses: [RUNNING] }
    orderBy: { field: CREATED_AT, direction: ASC }
  ) {
    nodes {
      id
      client
      modelName
      pieces
      priority
      startedAt
    }
  }
}
    `) as unknown as TypedDocumentString<TopRunningQuery, TopRunningQueryVariables>;
/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Ask again for the answer to a message, of the same model or another one. */
export type AnswerAgainInput = {
  /** Up to 128 characters. The same key with the same input within 24 hours answers what was taken first. */
  idempotencyKey?: string | null | undefined;
  /** The message that is answered, or an answer to it. */
  messageId: string;
  /** By default the one last used in the chat. */
  model?: string | null | undefined;
  /** `HIGH` unless given, or the most urgent one that the client may use. */
  priority?: JobPriority | null | undefined;
};

/** Whether a backend can be worked with. */
export type BackendHealth =
  /** It serves, but something about it could not be read or it answers too slowly to be trusted. */
  | 'DEGRADED'
  /** It answers, and so do the probes of its GPUs. */
  | 'HEALTHY'
  /** It does not answer. Jobs for it wait. */
  | 'UNREACHABLE';

/** Which batch to cancel. */
export type CancelBatchInput = {
  id: string;
};

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

/** Which download to end. */
export type CancelPullInput = {
  id: string;
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

/** Which chat to delete. */
export type DeleteChatInput = {
  id: string;
};

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

/** Of which batch to queue again what failed. */
export type RetryBatchInput = {
  /** What was cancelled, too. */
  cancelled?: boolean | null | undefined;
  id: string;
};

/** Which job to queue again. */
export type RetryJobInput = {
  id: string;
};

/** Which jobs to queue again. */
export type RetryJobsInput = {
  jobs: JobSelection;
};

/** A message to a model, in a chat or as the beginning of one. */
export type SendChatMessageInput = {
  /** Null begins a chat. */
  chatId?: string | null | undefined;
  /** May be empty beside an image. */
  content: string;
  /** Up to 128 characters. The same key with the same input within 24 hours answers what was taken first. */
  idempotencyKey?: string | null | undefined;
  /** Images that `storeImage` answered, for models that see. */
  imageIds?: Array<string> | null | undefined;
  model: string;
  /** Kept with the chat. What is left out stays; null takes it away. */
  options?: ModelOptionsInput | null | undefined;
  /** The message to go on from. Left out: the last one of the branch that is looked at. Another one begins a branch, so that a message is edited by sending it again after the one before it; null for the beginning of the chat. */
  parentId?: string | null | undefined;
  /** `HIGH` unless given, or the most urgent one that the client may use. */
  priority?: JobPriority | null | undefined;
  /** In place of the model's own system message. Kept with the chat. What is left out stays; null takes it away. */
  system?: string | null | undefined;
  /** Kept with the chat. What is left out stays; null takes it away. */
  think?: ThinkLevel | null | undefined;
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

/** What to change of a chat. What is left out stays. */
export type UpdateChatInput = {
  id: string;
  /** Any message of the branch to look at from now on: it is shown to its newest end. */
  leafId?: string | null | undefined;
  /** The one to be asked next. */
  model?: string | null | undefined;
  /** In place of those before. */
  options?: ModelOptionsInput | null | undefined;
  /** Null for the one of the model. */
  system?: string | null | undefined;
  /** Null for what the model does by itself. */
  think?: ThinkLevel | null | undefined;
  /** Up to 200 characters. */
  title?: string | null | undefined;
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

export type BatchCountsFragment = { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number };

export type BatchFactsFragment = { id: string, name: string | null, client: string, createdAt: string, expectedEnd: string | null, finishedAt: string | null, kept: boolean, counts: { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number } };

export type BatchesQueryVariables = Exact<{
  after?: string | null | undefined;
  client?: string | null | undefined;
  kind?: string | null | undefined;
}>;


export type BatchesQuery = { batches: { totalCount: number, nodes: Array<{ id: string, name: string | null, client: string, createdAt: string, expectedEnd: string | null, finishedAt: string | null, kept: boolean, counts: { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type BatchShownQueryVariables = Exact<{
  id: string;
}>;


export type BatchShownQuery = { batch: { metadata: unknown, id: string, name: string | null, client: string, createdAt: string, expectedEnd: string | null, finishedAt: string | null, kept: boolean, counts: { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number } } | null };

export type BatchLiveSubscriptionVariables = Exact<{
  id: string;
}>;


export type BatchLiveSubscription = { batchUpdated: { id: string, name: string | null, client: string, createdAt: string, expectedEnd: string | null, finishedAt: string | null, kept: boolean, counts: { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number } } };

export type CellFactsFragment = { id: string, createdAt: string, finishedAt: string | null, firstOutputAt: string | null, metadata: unknown, modelName: string, startedAt: string | null, status: JobStatus, failure: { code: JobFailureCode, message: string } | null, result:
    | { __typename: 'EmbedResult' }
    | { __typename: 'TextResult', doneReason: DoneReason, truncated: boolean | null, usage: { completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number, promptDuration: number | null, promptTokens: number } }
   | null };

export type BatchCellsQueryVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type BatchCellsQuery = { batch: { id: string, jobs: { nodes: Array<{ id: string, createdAt: string, finishedAt: string | null, firstOutputAt: string | null, metadata: unknown, modelName: string, startedAt: string | null, status: JobStatus, failure: { code: JobFailureCode, message: string } | null, result:
          | { __typename: 'EmbedResult' }
          | { __typename: 'TextResult', doneReason: DoneReason, truncated: boolean | null, usage: { completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number, promptDuration: number | null, promptTokens: number } }
         | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type BatchInputsQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
}>;


export type BatchInputsQuery = { batch: { id: string, jobs: { nodes: Array<{ id: string, request:
          | { __typename: 'ChatRequest' }
          | { __typename: 'EmbedRequest' }
          | { __typename: 'GenerateRequest', prompt: string, images: Array<{ id: string }> }
         | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type CellsLiveSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type CellsLiveSubscription = { jobUpdated: { cursor: string, job: { id: string, createdAt: string, finishedAt: string | null, firstOutputAt: string | null, metadata: unknown, modelName: string, startedAt: string | null, status: JobStatus, failure: { code: JobFailureCode, message: string } | null, result:
        | { __typename: 'EmbedResult' }
        | { __typename: 'TextResult', doneReason: DoneReason, truncated: boolean | null, usage: { completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number, promptDuration: number | null, promptTokens: number } }
       | null } } };

export type BatchSaysSubscriptionVariables = Exact<{
  id: string;
}>;


export type BatchSaysSubscription = { batchOutput: { jobId: string, chunk: { attempt: number, channel: OutputChannel, text: string } } };

export type PreviewBatchQueryVariables = Exact<{
  input: SubmitBatchInput;
}>;


export type PreviewBatchQuery = { previewBatch: { expectedEnd: string | null, expectedStart: string | null, explanation: string, jobs: number, loads: number, unloads: Array<string>, issues: Array<{ path: Array<string>, message: string }>, models: Array<{ modelName: string, contextLength: number | null, expectedEnd: string | null, inMemory: boolean, jobs: number, loads: number, problem: string | null }> } };

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
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'SubmitBatchPayload', batch: { id: string } }
    | { __typename: 'TaskNotFoundError', code: UserErrorCode, message: string }
   };

export type UpdateBatchMutationVariables = Exact<{
  input: UpdateBatchInput;
}>;


export type UpdateBatchMutation = { updateBatch:
    | { __typename: 'BatchNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateBatchPayload', batch: { metadata: unknown, id: string, name: string | null, client: string, createdAt: string, expectedEnd: string | null, finishedAt: string | null, kept: boolean, counts: { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number } } }
   };

export type CancelBatchMutationVariables = Exact<{
  input: CancelBatchInput;
}>;


export type CancelBatchMutation = { cancelBatch:
    | { __typename: 'BatchNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'CancelBatchPayload', cancelled: number }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type RetryBatchMutationVariables = Exact<{
  input: RetryBatchInput;
}>;


export type RetryBatchMutation = { retryBatch:
    | { __typename: 'BatchNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'RetryBatchPayload', retried: number }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type BatchJobsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter: JobFilter;
}>;


export type BatchJobsQuery = { jobs: { totalCount: number, nodes: Array<{ id: string, modelName: string, status: JobStatus, failure: { code: JobFailureCode, message: string } | null, result:
        | { __typename: 'EmbedResult' }
        | { __typename: 'TextResult', text: string }
       | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ChatRowFragment = { id: string, title: string, modelName: string, updatedAt: string, leafId: string | null, activeJob: { id: string } | null };

export type ChatSettingsFragment = { system: string | null, think: ThinkLevel | null, id: string, title: string, modelName: string, updatedAt: string, leafId: string | null, options: { contextLength: number | null, maxTokens: number | null, temperature: number | null, seed: number | null }, activeJob: { id: string } | null };

export type ChatLineFragment = { id: string, role: ChatRole, content: string, thinking: string | null, modelName: string | null, parentId: string | null, createdAt: string, alternatives: Array<string>, status: JobStatus | null, isCut: boolean, truncated: boolean, failure: { code: JobFailureCode, message: string } | null, images: Array<{ id: string, mediaType: string, path: string }>, job: { id: string, status: JobStatus } | null, usage: { completionTokens: number, evalDuration: number } | null };

export type ChatsQueryVariables = Exact<{
  after?: string | null | undefined;
  matching?: string | null | undefined;
}>;


export type ChatsQuery = { chats: { totalCount: number, nodes: Array<{ id: string, title: string, modelName: string, updatedAt: string, leafId: string | null, activeJob: { id: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ChatShownQueryVariables = Exact<{
  id: string;
  before?: string | null | undefined;
}>;


export type ChatShownQuery = { chat: { system: string | null, think: ThinkLevel | null, id: string, title: string, modelName: string, updatedAt: string, leafId: string | null, messages: { totalCount: number, nodes: Array<{ id: string, role: ChatRole, content: string, thinking: string | null, modelName: string | null, parentId: string | null, createdAt: string, alternatives: Array<string>, status: JobStatus | null, isCut: boolean, truncated: boolean, failure: { code: JobFailureCode, message: string } | null, images: Array<{ id: string, mediaType: string, path: string }>, job: { id: string, status: JobStatus } | null, usage: { completionTokens: number, evalDuration: number } | null }>, pageInfo: { hasPreviousPage: boolean, startCursor: string | null } }, options: { contextLength: number | null, maxTokens: number | null, temperature: number | null, seed: number | null }, activeJob: { id: string } | null } | null };

export type ChatsChangedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ChatsChangedSubscription = { chatsChanged: { id: string, chat: { id: string, title: string, modelName: string, updatedAt: string, leafId: string | null, activeJob: { id: string } | null } | null } };

export type ChatModelsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ChatModelsQuery = { models: { nodes: Array<{ id: string, name: string, capabilities: Array<ModelCapability>, expectedLoad: number | null, instances: Array<{ id: string, status: InstanceStatus, expectedReadyAt: string | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SendChatMutationVariables = Exact<{
  input: SendChatMessageInput;
}>;


export type SendChatMutation = { sendChatMessage:
    | { __typename: 'ChatBusyError', code: UserErrorCode, message: string }
    | { __typename: 'ChatNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'ContextLengthExceededError', code: UserErrorCode, message: string }
    | { __typename: 'IdempotencyConflictError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'SendChatMessagePayload', chat: { id: string } }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type AnswerAgainMutationVariables = Exact<{
  input: AnswerAgainInput;
}>;


export type AnswerAgainMutation = { answerAgain:
    | { __typename: 'ChatBusyError', code: UserErrorCode, message: string }
    | { __typename: 'ChatNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'ContextLengthExceededError', code: UserErrorCode, message: string }
    | { __typename: 'IdempotencyConflictError', code: UserErrorCode, message: string }
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'SendChatMessagePayload' }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type UpdateChatMutationVariables = Exact<{
  input: UpdateChatInput;
}>;


export type UpdateChatMutation = { updateChat:
    | { __typename: 'ChatNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateChatPayload' }
   };

export type DeleteChatMutationVariables = Exact<{
  input: DeleteChatInput;
}>;


export type DeleteChatMutation = { deleteChat:
    | { __typename: 'ChatNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'DeleteChatPayload' }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type ClientsQueryVariables = Exact<{
  window: number;
}>;


export type ClientsQuery = { clients: Array<{ client: string, completionTokens: number, fairShare: number, lastSeenAt: string, maxQueued: number | null, maxRunning: number | null, oldestWait: number | null, promptTokens: number, share: number, slotTime: number, weight: number, counts: { cancelled: number, complete: number, failed: number, pending: number, queued: number, running: number, total: number }, latency: { queueP50: number | null, queueP95: number | null, runP50: number | null } }> };

export type ClientsOverTimeQueryVariables = Exact<{
  from: string;
  points: number;
}>;


export type ClientsOverTimeQuery = { history: { from: string, step: number, clients: Array<{ busy: Array<number | null>, client: string | null, completed: Array<number | null> }> } };

export type DecisionPageQueryVariables = Exact<{
  after?: string | null | undefined;
  filter?: DecisionFilter | null | undefined;
}>;


export type DecisionPageQuery = { decisions: { totalCount: number, nodes: Array<{ id: string, at: string, kind: DecisionKind, modelName: string | null, explanation: string, job: { id: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type StayFragment = { bytes: number, contextLength: number, endReason: string | null, endingAt: string | null, goneAt: string | null, gpuId: string | null, instanceId: string, jobs: number, loadingAt: string, merged: number, modelName: string, readyAt: string | null, reason: string };

export type ResidenciesQueryVariables = Exact<{
  from: string;
  atLeast: number;
}>;


export type ResidenciesQuery = { residencies: { complete: boolean, nodes: Array<{ bytes: number, contextLength: number, endReason: string | null, endingAt: string | null, goneAt: string | null, gpuId: string | null, instanceId: string, jobs: number, loadingAt: string, merged: number, modelName: string, readyAt: string | null, reason: string }> } };

export type FiguresQueryVariables = Exact<{
  from: string;
  points: number;
}>;


export type FiguresQuery = { history: { from: string, step: number, gpus: Array<{ gpuId: string, foreignBytes: Array<number | null>, freeBytes: Array<number | null>, instanceBytes: Array<number | null>, powerWatts: Array<number | null>, reservedBytes: Array<number | null>, temperatureCelsius: Array<number | null>, utilization: Array<number | null>, gpu: { id: string, index: number, name: string, vram: { totalBytes: number } } | null }>, jobs: { cancelled: Array<number | null>, completed: Array<number | null>, completionTokens: Array<number | null>, evictions: Array<number | null>, failed: Array<number | null>, loads: Array<number | null>, queueP50: Array<number | null>, queueP95: Array<number | null>, running: Array<number | null>, submitted: Array<number | null>, waiting: Array<number | null> } } };

export type StaysWithinQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type StaysWithinQuery = { residencies: { complete: boolean, nodes: Array<{ bytes: number, contextLength: number, endReason: string | null, endingAt: string | null, goneAt: string | null, gpuId: string | null, instanceId: string, jobs: number, loadingAt: string, merged: number, modelName: string, readyAt: string | null, reason: string }> } };

export type JobFactsFragment = { id: string, attemptsOmitted: number, client: string, createdAt: string, deadline: string | null, finishedAt: string | null, kind: JobKind, maxAttempts: number, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, attempts: Array<{ number: number, backendName: string, counts: boolean, startedAt: string, finishedAt: string | null, failure: { code: JobFailureCode, message: string } | null }>, batch: { id: string, name: string | null } | null, failure: { code: JobFailureCode, message: string, retryable: boolean } | null, labels: Array<{ key: string, value: string }>, waits: Array<{ explanation: string, from: string, reason: WaitReason, to: string | null }>, waiting: { expectedEnd: string | null, expectedStart: string | null, explanation: string, reason: WaitReason } | null };

export type JobLiveSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type JobLiveSubscription = { jobUpdated: { cursor: string, job: { id: string, attemptsOmitted: number, client: string, createdAt: string, deadline: string | null, finishedAt: string | null, kind: JobKind, maxAttempts: number, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, attempts: Array<{ number: number, backendName: string, counts: boolean, startedAt: string, finishedAt: string | null, failure: { code: JobFailureCode, message: string } | null }>, batch: { id: string, name: string | null } | null, failure: { code: JobFailureCode, message: string, retryable: boolean } | null, labels: Array<{ key: string, value: string }>, waits: Array<{ explanation: string, from: string, reason: WaitReason, to: string | null }>, waiting: { expectedEnd: string | null, expectedStart: string | null, explanation: string, reason: WaitReason } | null } } };

export type JobAskedQueryVariables = Exact<{
  id: string;
}>;


export type JobAskedQuery = { job: { id: string, attemptsOmitted: number, client: string, createdAt: string, deadline: string | null, finishedAt: string | null, kind: JobKind, maxAttempts: number, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, attempts: Array<{ number: number, backendName: string, counts: boolean, startedAt: string, finishedAt: string | null, failure: { code: JobFailureCode, message: string } | null }>, batch: { id: string, name: string | null } | null, failure: { code: JobFailureCode, message: string, retryable: boolean } | null, labels: Array<{ key: string, value: string }>, waits: Array<{ explanation: string, from: string, reason: WaitReason, to: string | null }>, waiting: { expectedEnd: string | null, expectedStart: string | null, explanation: string, reason: WaitReason } | null } | null };

export type JobAskedForQueryVariables = Exact<{
  id: string;
}>;


export type JobAskedForQuery = { job: { id: string, request:
      | { __typename: 'ChatRequest', messages: Array<{ role: string, content: string, images: Array<{ id: string, bytes: number, mediaType: string }> }>, options: { maxTokens: number | null, seed: number | null, temperature: number | null } }
      | { __typename: 'EmbedRequest', input: Array<string>, options: { maxTokens: number | null, seed: number | null, temperature: number | null } }
      | { __typename: 'GenerateRequest', prompt: string, system: string | null, suffix: string | null, images: Array<{ id: string, bytes: number, mediaType: string }>, options: { maxTokens: number | null, seed: number | null, temperature: number | null } }
     | null } | null };

export type AskedImageFragment = { id: string, bytes: number, mediaType: string };

export type AskedOptionsFragment = { maxTokens: number | null, seed: number | null, temperature: number | null };

export type JobResultQueryVariables = Exact<{
  id: string;
}>;


export type JobResultQuery = { job: { id: string, result:
      | { __typename: 'EmbedResult', contextLength: number | null, count: number, dimensions: number, truncated: boolean | null, usage: { completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number, promptDuration: number | null, promptTokens: number } }
      | { __typename: 'TextResult', contextLength: number | null, doneReason: DoneReason, toolCalls: unknown, truncated: boolean | null, usage: { completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number, promptDuration: number | null, promptTokens: number } }
     | null } | null };

export type UsageFragment = { completionTokens: number, cost: number | null, evalDuration: number, loadDuration: number, promptDuration: number | null, promptTokens: number };

export type JobOutputSubscriptionVariables = Exact<{
  id: string;
  attempt?: number | null | undefined;
  fromOffset?: number | null | undefined;
}>;


export type JobOutputSubscription = { jobOutput: { attempt: number, channel: OutputChannel, final: boolean, offset: number, text: string } };

export type JobDecisionsQueryVariables = Exact<{
  id: string;
}>;


export type JobDecisionsQuery = { decisions: { nodes: Array<{ id: string, at: string, kind: DecisionKind, modelName: string | null, explanation: string, job: { id: string } | null }> } };

export type CancelJobMutationVariables = Exact<{
  input: CancelJobInput;
}>;


export type CancelJobMutation = { cancelJob:
    | { __typename: 'CancelJobPayload' }
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
    | { __typename: 'RetryJobPayload' }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type MoveJobMutationVariables = Exact<{
  input: UpdateJobPriorityInput;
}>;


export type MoveJobMutation = { updateJobPriority:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'JobNotFoundError', code: UserErrorCode, message: string }
    | { __typename: 'JobNotQueuedError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateJobPriorityPayload' }
   };

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

export type ModelRowFragment = { id: string, name: string, capabilities: Array<ModelCapability>, contextLength: number | null, diskBytes: number, family: string | null, parameterSize: string | null, quantization: string | null, modifiedAt: string | null, vramEstimate: { bytes: number, measured: boolean } | null };

export type ModelsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ModelsQuery = { models: { totalCount: number, nodes: Array<{ id: string, name: string, capabilities: Array<ModelCapability>, contextLength: number | null, diskBytes: number, family: string | null, parameterSize: string | null, quantization: string | null, modifiedAt: string | null, vramEstimate: { bytes: number, measured: boolean } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ModelAtContextQueryVariables = Exact<{
  name: string;
  contextLength: number;
}>;


export type ModelAtContextQuery = { model: { id: string, vramEstimate: { bytes: number, measured: boolean } | null } | null };

export type BudgetQueryVariables = Exact<{
  models?: Array<string> | string | null | undefined;
}>;


export type BudgetQuery = { memoryBudget: { fits: boolean, requiredBytes: number, capacityBytes: number, explanation: string } };

export type PullStateFragment = { id: string, modelName: string, status: ModelPullStatus, step: string, completedBytes: number, totalBytes: number | null, startedAt: string, finishedAt: string | null, error: string | null };

export type PullsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type PullsSubscription = { pullsUpdated: { id: string, modelName: string, status: ModelPullStatus, step: string, completedBytes: number, totalBytes: number | null, startedAt: string, finishedAt: string | null, error: string | null } };

export type CancelPullMutationVariables = Exact<{
  input: CancelPullInput;
}>;


export type CancelPullMutation = { cancelPull:
    | { __typename: 'CancelPullPayload' }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
   };

export type PullModelMutationVariables = Exact<{
  input: PullModelInput;
}>;


export type PullModelMutation = { pullModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'PullModelPayload', pull: { id: string } }
   };

export type DeleteModelMutationVariables = Exact<{
  input: DeleteModelInput;
}>;


export type DeleteModelMutation = { deleteModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'DeleteModelPayload' }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
   };

export type CopyModelMutationVariables = Exact<{
  input: CopyModelInput;
}>;


export type CopyModelMutation = { copyModel:
    | { __typename: 'BackendUnavailableError', code: UserErrorCode, message: string }
    | { __typename: 'CopyModelPayload' }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ModelNotFoundError', code: UserErrorCode, message: string }
   };

export type MapGpuFragment = { id: string, index: number, name: string, powerWatts: number | null, temperatureCelsius: number | null, utilization: number | null, vram: { deficitBytes: number, foreignBytes: number, freeBytes: number, headroomBytes: number, instanceBytes: number, reservedBytes: number, totalBytes: number, usedBytes: number, source: VramSource }, foreignProcesses: Array<{ bytes: number, name: string | null, pid: number }>, reservations: Array<{ id: string, bytes: number, owner: string, ready: boolean, expiresAt: string | null, kind: ReservationKind }> };

export type MapInstanceFragment = { id: string, adopted: boolean, contextLength: number, expiresAt: string | null, modelName: string, parallel: number, pinned: boolean, spilled: boolean, status: InstanceStatus, vramBytes: number, activeJobs: Array<{ id: string }>, gpus: Array<{ id: string }> };

export type MemorySubscriptionVariables = Exact<{ [key: string]: never; }>;


export type MemorySubscription = { vramChanged: { at: string, backends: Array<{ id: string, name: string, health: BackendHealth, problem: string | null, gpus: Array<{ id: string, index: number, name: string, powerWatts: number | null, temperatureCelsius: number | null, utilization: number | null, vram: { deficitBytes: number, foreignBytes: number, freeBytes: number, headroomBytes: number, instanceBytes: number, reservedBytes: number, totalBytes: number, usedBytes: number, source: VramSource }, foreignProcesses: Array<{ bytes: number, name: string | null, pid: number }>, reservations: Array<{ id: string, bytes: number, owner: string, ready: boolean, expiresAt: string | null, kind: ReservationKind }> }>, instances: Array<{ id: string, adopted: boolean, contextLength: number, expiresAt: string | null, modelName: string, parallel: number, pinned: boolean, spilled: boolean, status: InstanceStatus, vramBytes: number, activeJobs: Array<{ id: string }>, gpus: Array<{ id: string }> }> }> } };

export type SituationSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type SituationSubscription = { statsChanged: { at: string, health: { status: HealthStatus, problems: Array<{ code: HealthProblemCode, message: string }> }, stats: { paused: boolean, startedAt: string, version: string, counts: { pending: number, queued: number, running: number, complete: number, failed: number, cancelled: number }, latency: { queueP50: number | null, queueP95: number | null, runP50: number | null, runP95: number | null, sampleCount: number }, swaps: { loads: number, evictions: number, loadTime: number }, instances: Array<{ id: string }>, queues: Array<{ oldestAge: number | null }>, vram: { totalBytes: number, usedBytes: number, freeBytes: number, deficitBytes: number } } } };

export type DecidedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: DecisionFilter | null | undefined;
}>;


export type DecidedSubscription = { decided: { cursor: string, missed: number, decision: { id: string, at: string, kind: DecisionKind, modelName: string | null, explanation: string, job: { id: string } | null } } };

export type DecisionLineFragment = { id: string, at: string, kind: DecisionKind, modelName: string | null, explanation: string, job: { id: string } | null };

export type ModelNamesQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ModelNamesQuery = { models: { nodes: Array<{ id: string, name: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type QueueRowFragment = { id: string, client: string, createdAt: string, kind: JobKind, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, waiting: { expectedEnd: string | null, expectedStart: string | null, explanation: string, reason: WaitReason } | null };

export type WaitingSubscriptionVariables = Exact<{
  first: number;
  filter?: JobFilter | null | undefined;
}>;


export type WaitingSubscription = { queueChanged: { at: string, totalCount: number, jobs: Array<{ id: string, client: string, createdAt: string, kind: JobKind, modelName: string, priority: JobPriority, queuePosition: number | null, startedAt: string | null, status: JobStatus, waiting: { expectedEnd: string | null, expectedStart: string | null, explanation: string, reason: WaitReason } | null }>, queues: Array<{ contextChosen: boolean, contextLength: number | null, expectedClear: number | null, modelName: string, oldestAge: number | null, pendingHigh: number, pendingNormal: number, pendingLow: number, shift: boolean | null }> } };

export type CancelManyMutationVariables = Exact<{
  input: CancelJobsInput;
}>;


export type CancelManyMutation = { cancelJobs:
    | { __typename: 'CancelJobsPayload', changed: number, more: boolean }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type MoveManyMutationVariables = Exact<{
  input: UpdateJobPrioritiesInput;
}>;


export type MoveManyMutation = { updateJobPriorities:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
    | { __typename: 'UpdateJobPrioritiesPayload', changed: number, more: boolean }
   };

export type PauseMutationVariables = Exact<{ [key: string]: never; }>;


export type PauseMutation = { pauseScheduler: { __typename: 'PauseSchedulerPayload' } };

export type ResumeMutationVariables = Exact<{ [key: string]: never; }>;


export type ResumeMutation = { resumeScheduler: { __typename: 'ResumeSchedulerPayload' } };

export type FailedJobsQueryVariables = Exact<{
  first: number;
}>;


export type FailedJobsQuery = { jobs: { totalCount: number, nodes: Array<{ id: string, client: string, finishedAt: string | null, modelName: string, failure: { code: JobFailureCode, message: string } | null }> } };

export type RetryManyMutationVariables = Exact<{
  input: RetryJobsInput;
}>;


export type RetryManyMutation = { retryJobs:
    | { __typename: 'ClientLimitError', code: UserErrorCode, message: string }
    | { __typename: 'ClientQueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'QueueFullError', code: UserErrorCode, message: string }
    | { __typename: 'RetryJobsPayload', changed: number, more: boolean }
    | { __typename: 'StoreUnwritableError', code: UserErrorCode, message: string }
   };

export type AllocationQueryVariables = Exact<{
  input: WorkerAllocationInput;
}>;


export type AllocationQuery = { workerAllocation: { workers: number, bytesPerWorker: number, freeBytes: number, explanation: string, gpu: { id: string, name: string } | null } };

export type ReserveVramMutationVariables = Exact<{
  input: ReserveVramInput;
}>;


export type ReserveVramMutation = { reserveVram:
    | { __typename: 'InsufficientVramError', code: UserErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ReserveVramPayload' }
   };

export type ReleaseVramMutationVariables = Exact<{
  input: ReleaseVramInput;
}>;


export type ReleaseVramMutation = { releaseVram:
    | { __typename: 'InvalidInputError', code: UserErrorCode, message: string }
    | { __typename: 'ReleaseVramPayload' }
   };

export type WorkersQueryVariables = Exact<{ [key: string]: never; }>;


export type WorkersQuery = { backends: Array<{ id: string, name: string, health: BackendHealth, problem: string | null, url: string, version: string | null, lastSeenAt: string | null, capabilities: { startsProcesses: boolean }, cells: Array<{ id: string, endedAt: string | null, exitReason: string | null, modelName: string | null, pid: number, port: number | null, residentBytes: number | null, restarts: number, role: CellRole, startedAt: string, status: CellStatus }> }> };

export type CellLogSubscriptionVariables = Exact<{
  id: string;
}>;


export type CellLogSubscription = { cellLog: { gap: boolean, lines: Array<string> } };

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
export const BatchCountsFragmentDoc = new TypedDocumentString(`
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}
    `, {"fragmentName":"BatchCounts"}) as unknown as TypedDocumentString<BatchCountsFragment, unknown>;
export const BatchFactsFragmentDoc = new TypedDocumentString(`
    fragment BatchFacts on Batch {
  id
  name
  client
  createdAt
  expectedEnd
  finishedAt
  kept
  counts {
    ...BatchCounts
  }
}
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}`, {"fragmentName":"BatchFacts"}) as unknown as TypedDocumentString<BatchFactsFragment, unknown>;
export const UsageFragmentDoc = new TypedDocumentString(`
    fragment Usage on TokenUsage {
  completionTokens
  cost
  evalDuration
  loadDuration
  promptDuration
  promptTokens
}
    `, {"fragmentName":"Usage"}) as unknown as TypedDocumentString<UsageFragment, unknown>;
export const CellFactsFragmentDoc = new TypedDocumentString(`
    fragment CellFacts on Job {
  id
  createdAt
  failure {
    code
    message
  }
  finishedAt
  firstOutputAt
  metadata
  modelName
  result {
    __typename
    ... on TextResult {
      doneReason
      truncated
      usage {
        ...Usage
      }
    }
  }
  startedAt
  status
}
    fragment Usage on TokenUsage {
  completionTokens
  cost
  evalDuration
  loadDuration
  promptDuration
  promptTokens
}`, {"fragmentName":"CellFacts"}) as unknown as TypedDocumentString<CellFactsFragment, unknown>;
export const ChatRowFragmentDoc = new TypedDocumentString(`
    fragment ChatRow on Chat {
  id
  title
  modelName
  updatedAt
  leafId
  activeJob {
    id
  }
}
    `, {"fragmentName":"ChatRow"}) as unknown as TypedDocumentString<ChatRowFragment, unknown>;
export const ChatSettingsFragmentDoc = new TypedDocumentString(`
    fragment ChatSettings on Chat {
  ...ChatRow
  system
  think
  options {
    contextLength
    maxTokens
    temperature
    seed
  }
}
    fragment ChatRow on Chat {
  id
  title
  modelName
  updatedAt
  leafId
  activeJob {
    id
  }
}`, {"fragmentName":"ChatSettings"}) as unknown as TypedDocumentString<ChatSettingsFragment, unknown>;
export const ChatLineFragmentDoc = new TypedDocumentString(`
    fragment ChatLine on ChatMessage {
  id
  role
  content
  thinking
  modelName
  parentId
  createdAt
  alternatives
  status
  isCut
  truncated
  failure {
    code
    message
  }
  images {
    id
    mediaType
    path
  }
  job {
    id
    status
  }
  usage {
    completionTokens
    evalDuration
  }
}
    `, {"fragmentName":"ChatLine"}) as unknown as TypedDocumentString<ChatLineFragment, unknown>;
export const StayFragmentDoc = new TypedDocumentString(`
    fragment Stay on Residency {
  bytes
  contextLength
  endReason
  endingAt
  goneAt
  gpuId
  instanceId
  jobs
  loadingAt
  merged
  modelName
  readyAt
  reason
}
    `, {"fragmentName":"Stay"}) as unknown as TypedDocumentString<StayFragment, unknown>;
export const JobFactsFragmentDoc = new TypedDocumentString(`
    fragment JobFacts on Job {
  id
  attempts {
    number
    backendName
    counts
    startedAt
    finishedAt
    failure {
      code
      message
    }
  }
  attemptsOmitted
  batch {
    id
    name
  }
  client
  createdAt
  deadline
  failure {
    code
    message
    retryable
  }
  finishedAt
  kind
  labels {
    key
    value
  }
  maxAttempts
  modelName
  priority
  queuePosition
  startedAt
  status
  waits {
    explanation
    from
    reason
    to
  }
  waiting {
    expectedEnd
    expectedStart
    explanation
    reason
  }
}
    `, {"fragmentName":"JobFacts"}) as unknown as TypedDocumentString<JobFactsFragment, unknown>;
export const AskedImageFragmentDoc = new TypedDocumentString(`
    fragment AskedImage on Image {
  id
  bytes
  mediaType
}
    `, {"fragmentName":"AskedImage"}) as unknown as TypedDocumentString<AskedImageFragment, unknown>;
export const AskedOptionsFragmentDoc = new TypedDocumentString(`
    fragment AskedOptions on ModelOptions {
  maxTokens
  seed
  temperature
}
    `, {"fragmentName":"AskedOptions"}) as unknown as TypedDocumentString<AskedOptionsFragment, unknown>;
export const ModelRowFragmentDoc = new TypedDocumentString(`
    fragment ModelRow on Model {
  id
  name
  capabilities
  contextLength
  diskBytes
  family
  parameterSize
  quantization
  modifiedAt
  vramEstimate {
    bytes
    measured
  }
}
    `, {"fragmentName":"ModelRow"}) as unknown as TypedDocumentString<ModelRowFragment, unknown>;
export const PullStateFragmentDoc = new TypedDocumentString(`
    fragment PullState on ModelPull {
  id
  modelName
  status
  step
  completedBytes
  totalBytes
  startedAt
  finishedAt
  error
}
    `, {"fragmentName":"PullState"}) as unknown as TypedDocumentString<PullStateFragment, unknown>;
export const MapGpuFragmentDoc = new TypedDocumentString(`
    fragment MapGpu on Gpu {
  id
  index
  name
  powerWatts
  temperatureCelsius
  utilization
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
    expectedEnd
    expectedStart
    explanation
    reason
  }
}
    `, {"fragmentName":"QueueRow"}) as unknown as TypedDocumentString<QueueRowFragment, unknown>;
export const BatchesDocument = new TypedDocumentString(`
    query Batches($after: String, $client: String, $kind: String) {
  batches(first: 25, after: $after, client: $client, kind: $kind) {
    totalCount
    nodes {
      ...BatchFacts
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}
fragment BatchFacts on Batch {
  id
  name
  client
  createdAt
  expectedEnd
  finishedAt
  kept
  counts {
    ...BatchCounts
  }
}`) as unknown as TypedDocumentString<BatchesQuery, BatchesQueryVariables>;
export const BatchShownDocument = new TypedDocumentString(`
    query BatchShown($id: ID!) {
  batch(id: $id) {
    ...BatchFacts
    metadata
  }
}
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}
fragment BatchFacts on Batch {
  id
  name
  client
  createdAt
  expectedEnd
  finishedAt
  kept
  counts {
    ...BatchCounts
  }
}`) as unknown as TypedDocumentString<BatchShownQuery, BatchShownQueryVariables>;
export const BatchLiveDocument = new TypedDocumentString(`
    subscription BatchLive($id: ID!) {
  batchUpdated(id: $id) {
    ...BatchFacts
  }
}
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}
fragment BatchFacts on Batch {
  id
  name
  client
  createdAt
  expectedEnd
  finishedAt
  kept
  counts {
    ...BatchCounts
  }
}`) as unknown as TypedDocumentString<BatchLiveSubscription, BatchLiveSubscriptionVariables>;
export const BatchCellsDocument = new TypedDocumentString(`
    query BatchCells($id: ID!, $after: String) {
  batch(id: $id) {
    id
    jobs(first: 100, after: $after) {
      nodes {
        ...CellFacts
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment CellFacts on Job {
  id
  createdAt
  failure {
    code
    message
  }
  finishedAt
  firstOutputAt
  metadata
  modelName
  result {
    __typename
    ... on TextResult {
      doneReason
      truncated
      usage {
        ...Usage
      }
    }
  }
  startedAt
  status
}
fragment Usage on TokenUsage {
  completionTokens
  cost
  evalDuration
  loadDuration
  promptDuration
  promptTokens
}`) as unknown as TypedDocumentString<BatchCellsQuery, BatchCellsQueryVariables>;
export const BatchInputsDocument = new TypedDocumentString(`
    query BatchInputs($id: ID!, $first: Int!, $after: String) {
  batch(id: $id) {
    id
    jobs(first: $first, after: $after) {
      nodes {
        id
        request {
          __typename
          ... on GenerateRequest {
            prompt
            images {
              id
            }
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<BatchInputsQuery, BatchInputsQueryVariables>;
export const CellsLiveDocument = new TypedDocumentString(`
    subscription CellsLive($id: ID!, $after: EventCursor) {
  jobUpdated(filter: { batchId: $id }, after: $after) {
    cursor
    job {
      ...CellFacts
    }
  }
}
    fragment CellFacts on Job {
  id
  createdAt
  failure {
    code
    message
  }
  finishedAt
  firstOutputAt
  metadata
  modelName
  result {
    __typename
    ... on TextResult {
      doneReason
      truncated
      usage {
        ...Usage
      }
    }
  }
  startedAt
  status
}
fragment Usage on TokenUsage {
  completionTokens
  cost
  evalDuration
  loadDuration
  promptDuration
  promptTokens
}`) as unknown as TypedDocumentString<CellsLiveSubscription, CellsLiveSubscriptionVariables>;
export const BatchSaysDocument = new TypedDocumentString(`
    subscription BatchSays($id: ID!) {
  batchOutput(id: $id, minInterval: 250) {
    jobId
    chunk {
      attempt
      channel
      text
    }
  }
}
    `) as unknown as TypedDocumentString<BatchSaysSubscription, BatchSaysSubscriptionVariables>;
export const PreviewBatchDocument = new TypedDocumentString(`
    query PreviewBatch($input: SubmitBatchInput!) {
  previewBatch(input: $input) {
    expectedEnd
    expectedStart
    explanation
    issues {
      path
      message
    }
    jobs
    loads
    models {
      modelName
      contextLength
      expectedEnd
      inMemory
      jobs
      loads
      problem
    }
    unloads
  }
}
    `) as unknown as TypedDocumentString<PreviewBatchQuery, PreviewBatchQueryVariables>;
export const SubmitBatchDocument = new TypedDocumentString(`
    mutation SubmitBatch($input: SubmitBatchInput!) {
  submitBatch(input: $input) {
    __typename
    ... on SubmitBatchPayload {
      batch {
        id
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SubmitBatchMutation, SubmitBatchMutationVariables>;
export const UpdateBatchDocument = new TypedDocumentString(`
    mutation UpdateBatch($input: UpdateBatchInput!) {
  updateBatch(input: $input) {
    __typename
    ... on UpdateBatchPayload {
      batch {
        ...BatchFacts
        metadata
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}
fragment BatchFacts on Batch {
  id
  name
  client
  createdAt
  expectedEnd
  finishedAt
  kept
  counts {
    ...BatchCounts
  }
}`) as unknown as TypedDocumentString<UpdateBatchMutation, UpdateBatchMutationVariables>;
export const CancelBatchDocument = new TypedDocumentString(`
    mutation CancelBatch($input: CancelBatchInput!) {
  cancelBatch(input: $input) {
    __typename
    ... on CancelBatchPayload {
      cancelled
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelBatchMutation, CancelBatchMutationVariables>;
export const RetryBatchDocument = new TypedDocumentString(`
    mutation RetryBatch($input: RetryBatchInput!) {
  retryBatch(input: $input) {
    __typename
    ... on RetryBatchPayload {
      retried
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryBatchMutation, RetryBatchMutationVariables>;
export const BatchJobsDocument = new TypedDocumentString(`
    query BatchJobs($first: Int!, $after: String, $filter: JobFilter!) {
  jobs(
    first: $first
    after: $after
    filter: $filter
    orderBy: { field: CREATED_AT, direction: ASC }
  ) {
    totalCount
    nodes {
      id
      failure {
        code
        message
      }
      modelName
      result {
        __typename
        ... on TextResult {
          text
        }
      }
      status
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<BatchJobsQuery, BatchJobsQueryVariables>;
export const ChatsDocument = new TypedDocumentString(`
    query Chats($after: String, $matching: String) {
  chats(first: 50, after: $after, matching: $matching) {
    totalCount
    nodes {
      ...ChatRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment ChatRow on Chat {
  id
  title
  modelName
  updatedAt
  leafId
  activeJob {
    id
  }
}`) as unknown as TypedDocumentString<ChatsQuery, ChatsQueryVariables>;
export const ChatShownDocument = new TypedDocumentString(`
    query ChatShown($id: ID!, $before: String) {
  chat(id: $id) {
    ...ChatSettings
    messages(last: 30, before: $before) {
      totalCount
      nodes {
        ...ChatLine
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
}
    fragment ChatRow on Chat {
  id
  title
  modelName
  updatedAt
  leafId
  activeJob {
    id
  }
}
fragment ChatSettings on Chat {
  ...ChatRow
  system
  think
  options {
    contextLength
    maxTokens
    temperature
    seed
  }
}
fragment ChatLine on ChatMessage {
  id
  role
  content
  thinking
  modelName
  parentId
  createdAt
  alternatives
  status
  isCut
  truncated
  failure {
    code
    message
  }
  images {
    id
    mediaType
    path
  }
  job {
    id
    status
  }
  usage {
    completionTokens
    evalDuration
  }
}`) as unknown as TypedDocumentString<ChatShownQuery, ChatShownQueryVariables>;
export const ChatsChangedDocument = new TypedDocumentString(`
    subscription ChatsChanged {
  chatsChanged {
    id
    chat {
      ...ChatRow
    }
  }
}
    fragment ChatRow on Chat {
  id
  title
  modelName
  updatedAt
  leafId
  activeJob {
    id
  }
}`) as unknown as TypedDocumentString<ChatsChangedSubscription, ChatsChangedSubscriptionVariables>;
export const ChatModelsDocument = new TypedDocumentString(`
    query ChatModels($after: String) {
  models(first: 100, after: $after) {
    nodes {
      id
      name
      capabilities
      expectedLoad
      instances {
        id
        status
        expectedReadyAt
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ChatModelsQuery, ChatModelsQueryVariables>;
export const SendChatDocument = new TypedDocumentString(`
    mutation SendChat($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) {
    __typename
    ... on SendChatMessagePayload {
      chat {
        id
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SendChatMutation, SendChatMutationVariables>;
export const AnswerAgainDocument = new TypedDocumentString(`
    mutation AnswerAgain($input: AnswerAgainInput!) {
  answerAgain(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<AnswerAgainMutation, AnswerAgainMutationVariables>;
export const UpdateChatDocument = new TypedDocumentString(`
    mutation UpdateChat($input: UpdateChatInput!) {
  updateChat(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateChatMutation, UpdateChatMutationVariables>;
export const DeleteChatDocument = new TypedDocumentString(`
    mutation DeleteChat($input: DeleteChatInput!) {
  deleteChat(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteChatMutation, DeleteChatMutationVariables>;
export const ClientsDocument = new TypedDocumentString(`
    query Clients($window: Milliseconds!) {
  clients(window: $window) {
    client
    completionTokens
    counts {
      ...BatchCounts
    }
    fairShare
    lastSeenAt
    latency {
      queueP50
      queueP95
      runP50
    }
    maxQueued
    maxRunning
    oldestWait
    promptTokens
    share
    slotTime
    weight
  }
}
    fragment BatchCounts on JobCounts {
  cancelled
  complete
  failed
  pending
  queued
  running
  total
}`) as unknown as TypedDocumentString<ClientsQuery, ClientsQueryVariables>;
export const ClientsOverTimeDocument = new TypedDocumentString(`
    query ClientsOverTime($from: DateTime!, $points: Int!) {
  history(from: $from, points: $points) {
    from
    step
    clients {
      busy
      client
      completed
    }
  }
}
    `) as unknown as TypedDocumentString<ClientsOverTimeQuery, ClientsOverTimeQueryVariables>;
export const DecisionPageDocument = new TypedDocumentString(`
    query DecisionPage($after: String, $filter: DecisionFilter) {
  decisions(first: 50, after: $after, filter: $filter) {
    totalCount
    nodes {
      ...DecisionLine
    }
    pageInfo {
      hasNextPage
      endCursor
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
}`) as unknown as TypedDocumentString<DecisionPageQuery, DecisionPageQueryVariables>;
export const ResidenciesDocument = new TypedDocumentString(`
    query Residencies($from: DateTime!, $atLeast: Milliseconds!) {
  residencies(from: $from, atLeast: $atLeast, first: 2000) {
    complete
    nodes {
      ...Stay
    }
  }
}
    fragment Stay on Residency {
  bytes
  contextLength
  endReason
  endingAt
  goneAt
  gpuId
  instanceId
  jobs
  loadingAt
  merged
  modelName
  readyAt
  reason
}`) as unknown as TypedDocumentString<ResidenciesQuery, ResidenciesQueryVariables>;
export const FiguresDocument = new TypedDocumentString(`
    query Figures($from: DateTime!, $points: Int!) {
  history(from: $from, points: $points) {
    from
    step
    gpus {
      gpuId
      gpu {
        id
        index
        name
        vram {
          totalBytes
        }
      }
      foreignBytes
      freeBytes
      instanceBytes
      powerWatts
      reservedBytes
      temperatureCelsius
      utilization
    }
    jobs {
      cancelled
      completed
      completionTokens
      evictions
      failed
      loads
      queueP50
      queueP95
      running
      submitted
      waiting
    }
  }
}
    `) as unknown as TypedDocumentString<FiguresQuery, FiguresQueryVariables>;
export const StaysWithinDocument = new TypedDocumentString(`
    query StaysWithin($from: DateTime!, $to: DateTime!) {
  residencies(from: $from, to: $to, first: 200) {
    complete
    nodes {
      ...Stay
    }
  }
}
    fragment Stay on Residency {
  bytes
  contextLength
  endReason
  endingAt
  goneAt
  gpuId
  instanceId
  jobs
  loadingAt
  merged
  modelName
  readyAt
  reason
}`) as unknown as TypedDocumentString<StaysWithinQuery, StaysWithinQueryVariables>;
export const JobLiveDocument = new TypedDocumentString(`
    subscription JobLive($id: ID!, $after: EventCursor) {
  jobUpdated(id: $id, after: $after) {
    cursor
    job {
      ...JobFacts
    }
  }
}
    fragment JobFacts on Job {
  id
  attempts {
    number
    backendName
    counts
    startedAt
    finishedAt
    failure {
      code
      message
    }
  }
  attemptsOmitted
  batch {
    id
    name
  }
  client
  createdAt
  deadline
  failure {
    code
    message
    retryable
  }
  finishedAt
  kind
  labels {
    key
    value
  }
  maxAttempts
  modelName
  priority
  queuePosition
  startedAt
  status
  waits {
    explanation
    from
    reason
    to
  }
  waiting {
    expectedEnd
    expectedStart
    explanation
    reason
  }
}`) as unknown as TypedDocumentString<JobLiveSubscription, JobLiveSubscriptionVariables>;
export const JobAskedDocument = new TypedDocumentString(`
    query JobAsked($id: ID!) {
  job(id: $id) {
    ...JobFacts
  }
}
    fragment JobFacts on Job {
  id
  attempts {
    number
    backendName
    counts
    startedAt
    finishedAt
    failure {
      code
      message
    }
  }
  attemptsOmitted
  batch {
    id
    name
  }
  client
  createdAt
  deadline
  failure {
    code
    message
    retryable
  }
  finishedAt
  kind
  labels {
    key
    value
  }
  maxAttempts
  modelName
  priority
  queuePosition
  startedAt
  status
  waits {
    explanation
    from
    reason
    to
  }
  waiting {
    expectedEnd
    expectedStart
    explanation
    reason
  }
}`) as unknown as TypedDocumentString<JobAskedQuery, JobAskedQueryVariables>;
export const JobAskedForDocument = new TypedDocumentString(`
    query JobAskedFor($id: ID!) {
  job(id: $id) {
    id
    request {
      __typename
      ... on GenerateRequest {
        prompt
        system
        suffix
        images {
          ...AskedImage
        }
        options {
          ...AskedOptions
        }
      }
      ... on ChatRequest {
        messages {
          role
          content
          images {
            ...AskedImage
          }
        }
        options {
          ...AskedOptions
        }
      }
      ... on EmbedRequest {
        input
        options {
          ...AskedOptions
        }
      }
    }
  }
}
    fragment AskedImage on Image {
  id
  bytes
  mediaType
}
fragment AskedOptions on ModelOptions {
  maxTokens
  seed
  temperature
}`) as unknown as TypedDocumentString<JobAskedForQuery, JobAskedForQueryVariables>;
export const JobResultDocument = new TypedDocumentString(`
    query JobResult($id: ID!) {
  job(id: $id) {
    id
    result {
      __typename
      ... on TextResult {
        contextLength
        doneReason
        toolCalls
        truncated
        usage {
          ...Usage
        }
      }
      ... on EmbedResult {
        contextLength
        count
        dimensions
        truncated
        usage {
          ...Usage
        }
      }
    }
  }
}
    fragment Usage on TokenUsage {
  completionTokens
  cost
  evalDuration
  loadDuration
  promptDuration
  promptTokens
}`) as unknown as TypedDocumentString<JobResultQuery, JobResultQueryVariables>;
export const JobOutputDocument = new TypedDocumentString(`
    subscription JobOutput($id: ID!, $attempt: Int, $fromOffset: Int) {
  jobOutput(id: $id, attempt: $attempt, fromOffset: $fromOffset) {
    attempt
    channel
    final
    offset
    text
  }
}
    `) as unknown as TypedDocumentString<JobOutputSubscription, JobOutputSubscriptionVariables>;
export const JobDecisionsDocument = new TypedDocumentString(`
    query JobDecisions($id: ID!) {
  decisions(first: 20, filter: { jobId: $id }) {
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
}`) as unknown as TypedDocumentString<JobDecisionsQuery, JobDecisionsQueryVariables>;
export const CancelJobDocument = new TypedDocumentString(`
    mutation CancelJob($input: CancelJobInput!) {
  cancelJob(input: $input) {
    __typename
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
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryJobMutation, RetryJobMutationVariables>;
export const MoveJobDocument = new TypedDocumentString(`
    mutation MoveJob($input: UpdateJobPriorityInput!) {
  updateJobPriority(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<MoveJobMutation, MoveJobMutationVariables>;
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
export const ModelsDocument = new TypedDocumentString(`
    query Models($after: String) {
  models(first: 100, after: $after) {
    totalCount
    nodes {
      ...ModelRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment ModelRow on Model {
  id
  name
  capabilities
  contextLength
  diskBytes
  family
  parameterSize
  quantization
  modifiedAt
  vramEstimate {
    bytes
    measured
  }
}`) as unknown as TypedDocumentString<ModelsQuery, ModelsQueryVariables>;
export const ModelAtContextDocument = new TypedDocumentString(`
    query ModelAtContext($name: String!, $contextLength: Int!) {
  model(name: $name) {
    id
    vramEstimate(contextLength: $contextLength) {
      bytes
      measured
    }
  }
}
    `) as unknown as TypedDocumentString<ModelAtContextQuery, ModelAtContextQueryVariables>;
export const BudgetDocument = new TypedDocumentString(`
    query Budget($models: [String!]) {
  memoryBudget(models: $models) {
    fits
    requiredBytes
    capacityBytes
    explanation
  }
}
    `) as unknown as TypedDocumentString<BudgetQuery, BudgetQueryVariables>;
export const PullsDocument = new TypedDocumentString(`
    subscription Pulls {
  pullsUpdated {
    ...PullState
  }
}
    fragment PullState on ModelPull {
  id
  modelName
  status
  step
  completedBytes
  totalBytes
  startedAt
  finishedAt
  error
}`) as unknown as TypedDocumentString<PullsSubscription, PullsSubscriptionVariables>;
export const CancelPullDocument = new TypedDocumentString(`
    mutation CancelPull($input: CancelPullInput!) {
  cancelPull(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelPullMutation, CancelPullMutationVariables>;
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
export const DeleteModelDocument = new TypedDocumentString(`
    mutation DeleteModel($input: DeleteModelInput!) {
  deleteModel(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteModelMutation, DeleteModelMutationVariables>;
export const CopyModelDocument = new TypedDocumentString(`
    mutation CopyModel($input: CopyModelInput!) {
  copyModel(input: $input) {
    __typename
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CopyModelMutation, CopyModelMutationVariables>;
export const MemoryDocument = new TypedDocumentString(`
    subscription Memory {
  vramChanged {
    at
    backends {
      id
      name
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
  powerWatts
  temperatureCelsius
  utilization
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
export const DecidedDocument = new TypedDocumentString(`
    subscription Decided($after: EventCursor, $filter: DecisionFilter) {
  decided(after: $after, filter: $filter) {
    cursor
    missed
    decision {
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
}`) as unknown as TypedDocumentString<DecidedSubscription, DecidedSubscriptionVariables>;
export const ModelNamesDocument = new TypedDocumentString(`
    query ModelNames($after: String) {
  models(first: 100, after: $after) {
    nodes {
      id
      name
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ModelNamesQuery, ModelNamesQueryVariables>;
export const WaitingDocument = new TypedDocumentString(`
    subscription Waiting($first: Int!, $filter: JobFilter) {
  queueChanged(first: $first, filter: $filter) {
    at
    totalCount
    jobs {
      ...QueueRow
    }
    queues {
      contextChosen
      contextLength
      expectedClear
      modelName
      oldestAge
      pendingHigh
      pendingNormal
      pendingLow
      shift
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
    expectedEnd
    expectedStart
    explanation
    reason
  }
}`) as unknown as TypedDocumentString<WaitingSubscription, WaitingSubscriptionVariables>;
export const CancelManyDocument = new TypedDocumentString(`
    mutation CancelMany($input: CancelJobsInput!) {
  cancelJobs(input: $input) {
    __typename
    ... on CancelJobsPayload {
      changed
      more
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelManyMutation, CancelManyMutationVariables>;
export const MoveManyDocument = new TypedDocumentString(`
    mutation MoveMany($input: UpdateJobPrioritiesInput!) {
  updateJobPriorities(input: $input) {
    __typename
    ... on UpdateJobPrioritiesPayload {
      changed
      more
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<MoveManyMutation, MoveManyMutationVariables>;
export const PauseDocument = new TypedDocumentString(`
    mutation Pause {
  pauseScheduler {
    __typename
  }
}
    `) as unknown as TypedDocumentString<PauseMutation, PauseMutationVariables>;
export const ResumeDocument = new TypedDocumentString(`
    mutation Resume {
  resumeScheduler {
    __typename
  }
}
    `) as unknown as TypedDocumentString<ResumeMutation, ResumeMutationVariables>;
export const FailedJobsDocument = new TypedDocumentString(`
    query FailedJobs($first: Int!) {
  jobs(
    first: $first
    filter: { statuses: [FAILED] }
    orderBy: { field: FINISHED_AT, direction: DESC }
  ) {
    totalCount
    nodes {
      id
      client
      failure {
        code
        message
      }
      finishedAt
      modelName
    }
  }
}
    `) as unknown as TypedDocumentString<FailedJobsQuery, FailedJobsQueryVariables>;
export const RetryManyDocument = new TypedDocumentString(`
    mutation RetryMany($input: RetryJobsInput!) {
  retryJobs(input: $input) {
    __typename
    ... on RetryJobsPayload {
      changed
      more
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryManyMutation, RetryManyMutationVariables>;
export const AllocationDocument = new TypedDocumentString(`
    query Allocation($input: WorkerAllocationInput!) {
  workerAllocation(input: $input) {
    workers
    bytesPerWorker
    freeBytes
    explanation
    gpu {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<AllocationQuery, AllocationQueryVariables>;
export const ReserveVramDocument = new TypedDocumentString(`
    mutation ReserveVram($input: ReserveVramInput!) {
  reserveVram(input: $input) {
    __typename
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
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseVramMutation, ReleaseVramMutationVariables>;
export const WorkersDocument = new TypedDocumentString(`
    query Workers {
  backends {
    id
    name
    health
    problem
    url
    version
    lastSeenAt
    capabilities {
      startsProcesses
    }
    cells {
      id
      endedAt
      exitReason
      modelName
      pid
      port
      residentBytes
      restarts
      role
      startedAt
      status
    }
  }
}
    `) as unknown as TypedDocumentString<WorkersQuery, WorkersQueryVariables>;
export const CellLogDocument = new TypedDocumentString(`
    subscription CellLog($id: ID!) {
  cellLog(id: $id) {
    gap
    lines
  }
}
    `) as unknown as TypedDocumentString<CellLogSubscription, CellLogSubscriptionVariables>;
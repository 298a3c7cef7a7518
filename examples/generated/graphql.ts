/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

/** Which part of the output a piece of text belongs to. */
export type OutputChannel =
  /** The answer. */
  | 'TEXT'
  /** What the model thought on its way to the answer. */
  | 'THINKING';

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

export type SubmitMutationVariables = Exact<{
  input: SubmitJobInput;
}>;


export type SubmitMutation = { submitJob:
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { job: { id: string } }
    | { message: string }
   };

export type OutputSubscriptionVariables = Exact<{
  id: string;
}>;


export type OutputSubscription = { jobOutput: { channel: OutputChannel, text: string } };

export type SummaryQueryVariables = Exact<{
  id: string;
}>;


export type SummaryQuery = { job: { status: JobStatus, failure: { code: JobFailureCode, message: string } | null, result:
      | { usage: { completionTokens: number, evalDuration: number } }
      | Record<PropertyKey, never>
     | null } | null };

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

export const SubmitDocument = new TypedDocumentString(`
    mutation Submit($input: SubmitJobInput!) {
  submitJob(input: $input) {
    ... on SubmitJobPayload {
      job {
        id
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SubmitMutation, SubmitMutationVariables>;
export const OutputDocument = new TypedDocumentString(`
    subscription Output($id: ID!) {
  jobOutput(id: $id) {
    channel
    text
  }
}
    `) as unknown as TypedDocumentString<OutputSubscription, OutputSubscriptionVariables>;
export const SummaryDocument = new TypedDocumentString(`
    query Summary($id: ID!) {
  job(id: $id) {
    status
    failure {
      code
      message
    }
    result {
      ... on TextResult {
        usage {
          completionTokens
          evalDuration
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SummaryQuery, SummaryQueryVariables>;
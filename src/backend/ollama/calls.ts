/** The table of how Ollama is asked for a job of each kind, and how its answer is read. */
import type { Clock } from '../../clock.ts';
import type { OutputSink, RunRequest } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type {
  BlobHash,
  ChatMessage,
  ChatRequest,
  GenerateRequest,
  JobKind,
  RequestOf,
  ThinkLevel,
} from '../../domain/request.ts';
import type { Call, OllamaConnection } from './connection.ts';
import { runEmbed, runEmbedding } from './run-embed.ts';
import { type DrainPolicy, runText } from './run-text.ts';
import { allSurelyFit } from './whole-prompt.ts';

type Blobs = RunRequest['blobs'];

/** What an answer is read with. */
export interface Reading {
  readonly connection: OllamaConnection;
  readonly clock: Clock;
  readonly drain: DrainPolicy;
  readonly sink: OutputSink;
  readonly signal: AbortSignal;
}

interface OllamaCall<K extends JobKind> {
  endpoint(request: RequestOf<K>): '/api/generate' | '/api/chat' | '/api/embed' | '/api/embeddings';
  /** What the body has of the request, without its options, which all kinds have. */
  body(request: RequestOf<K>, blobs: Blobs): JsonObject;
  /** @throws BackendError, or the signal's reason */
  read(call: Call, request: RequestOf<K>, reading: Reading): Promise<JobResult>;
  /** Whether it is known without asking that nothing of it would have to be cut. */
  fitsForSure(request: RequestOf<K>, contextLength: number): boolean;
}

const OLLAMA_CALLS: { readonly [K in JobKind]: OllamaCall<K> } = {
  GENERATE: {
    endpoint: () => '/api/generate',
    body: (request, blobs) => ({
      ...textBody(request),
      prompt: request.prompt,
      system: request.system,
      suffix: request.suffix,
      template: request.template,
      context: request.context,
      raw: request.raw,
      images: request.images && base64Of(request.images, blobs),
    }),
    read: readText,
    fitsForSure: () => false,
  },

  CHAT: {
    endpoint: () => '/api/chat',
    body: (request, blobs) => ({
      ...textBody(request),
      messages: request.messages.map((message) => chatMessage(message, blobs)),
      tools: request.tools,
    }),
    read: readText,
    fitsForSure: () => false,
  },

  EMBED: {
    endpoint: (request) => (asMade(request) ? '/api/embeddings' : '/api/embed'),
    body: (request) => {
      const { input, truncate, dimensions } = request;
      return asMade(request) ? { prompt: input[0] } : { input, truncate, dimensions };
    },
    read: (call, request, { connection, signal }) =>
      asMade(request)
        ? runEmbedding(connection, call, signal)
        : runEmbed(connection, call, request.input.length, signal),
    fitsForSure: ({ input }, contextLength) => allSurelyFit(input, contextLength),
  },
};

/** Only Ollama's older call leaves a vector as the model made it. */
function asMade({ normalize, input }: RequestOf<'EMBED'>): boolean {
  return normalize === false && input.length === 1;
}

/** The entry of a request's own kind. */
export function ollamaCall(request: { readonly kind: JobKind }): OllamaCall<JobKind> {
  return OLLAMA_CALLS[request.kind];
}

function readText(call: Call, _request: unknown, reading: Reading): Promise<JobResult> {
  const { connection, clock, drain, sink, signal } = reading;
  return runText(connection, clock, call, drain, sink, signal);
}

const THINK = {
  OFF: false,
  ON: true,
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
  MAX: 'max',
} as const satisfies Record<ThinkLevel, boolean | string>;

function textBody(request: GenerateRequest | ChatRequest): JsonObject {
  return {
    stream: true,
    truncate: request.truncate,
    format: request.format,
    think: request.think && THINK[request.think],
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
    _debug_render_only: request.debugRenderOnly,
  };
}

function chatMessage(message: ChatMessage, blobs: Blobs): JsonObject {
  return {
    role: message.role.toLowerCase(),
    content: message.content,
    thinking: message.thinking,
    images: message.images && base64Of(message.images, blobs),
    tool_calls: message.toolCalls,
    tool_name: message.toolName,
    tool_call_id: message.toolCallId,
  };
}

function base64Of(hashes: readonly BlobHash[], blobs: Blobs): readonly string[] {
  return hashes.map((hash) => {
    const bytes = blobs.get(hash);
    if (!bytes)
      throw new BackendError('REQUEST_REJECTED', 'none', `The image ${hash} is lost. Submit the job again.`);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  });
}

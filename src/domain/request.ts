/** What a job asks a model to do, in vramkeeper's own words. Images are content addresses; the bytes are blobs in the store. */
import type { JobKind } from './job.ts';
import type { Json, JsonObject } from './json.ts';

declare const kind: unique symbol;
/** `sha256:` and 64 hex digits. */
export type BlobHash = `sha256:${string}` & { readonly [kind]: 'blob' };

export type ThinkLevel = 'OFF' | 'ON' | 'LOW' | 'MEDIUM' | 'HIGH' | 'MAX';

/** Options that may differ from request to request without a reload. Runner options are the scheduler's. */
export interface ModelOptions {
  readonly maxTokens?: number;
  readonly seed?: number;
  readonly temperature?: number;
  /** Further names of Ollama's `options` object, passed through. */
  readonly extra?: JsonObject;
}

export interface GenerateRequest {
  readonly kind: 'GENERATE';
  /** Cut a prompt that is longer than the context (absent: yes), or fail. */
  readonly truncate?: boolean;
  readonly prompt: string;
  readonly system?: string;
  readonly suffix?: string;
  readonly raw?: boolean;
  readonly format?: Json;
  readonly think?: ThinkLevel;
  readonly images?: readonly BlobHash[];
  readonly options?: ModelOptions;
}

export type ChatRole = 'SYSTEM' | 'USER' | 'ASSISTANT' | 'TOOL';

export interface ChatMessage {
  readonly role: ChatRole;
  readonly content: string;
  readonly images?: readonly BlobHash[];
  readonly toolCalls?: Json;
  readonly toolName?: string;
}

export interface ChatRequest {
  readonly kind: 'CHAT';
  /** Leave out the oldest messages where all are longer than the context (absent: yes), or fail. */
  readonly truncate?: boolean;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly Json[];
  readonly format?: Json;
  readonly think?: ThinkLevel;
  readonly options?: ModelOptions;
}

export interface EmbedRequest {
  readonly kind: 'EMBED';
  readonly input: readonly string[];
  /** Cut a text that is longer than the context (absent: yes), or fail. */
  readonly truncate?: boolean;
  readonly dimensions?: number;
  readonly options?: ModelOptions;
}

export type JobRequest = GenerateRequest | ChatRequest | EmbedRequest;
export type RequestOf<K extends JobKind> = Extract<JobRequest, { readonly kind: K }>;

/** Every blob that a request refers to, each once. */
export function blobsOf(request: JobRequest): readonly BlobHash[] {
  switch (request.kind) {
    case 'GENERATE':
      return [...new Set(request.images ?? [])];
    case 'CHAT':
      return [...new Set(request.messages.flatMap((message) => message.images ?? []))];
    case 'EMBED':
      return [];
  }
}

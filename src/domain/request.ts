/**
 * What a job asks a model to do, in vramkeeper's own words, with all that Ollama takes. Images are content addresses; the bytes are blobs in
 * the store. Before a job is taken they are `ImageSource`s. What decides how a model is loaded is no part of a request: see `InstanceWishes`.
 */
import type { Json, JsonObject } from './json.ts';

declare const kind: unique symbol;
/** `sha256:` and 64 hex digits. */
export type BlobHash = `sha256:${string}` & { readonly [kind]: 'blob' };

/** An image that was handed in before. */
export interface ImageReference {
  readonly stored: BlobHash;
}

/** An image, or a sound for models that hear, as it comes in: its bytes, or base64 text of them, which may be a `data:` URL, or a reference. */
export type ImageSource = Uint8Array | string | ImageReference;

export const THINK_LEVELS = ['OFF', 'ON', 'LOW', 'MEDIUM', 'HIGH', 'MAX'] as const;
export type ThinkLevel = (typeof THINK_LEVELS)[number];

/** Options that may differ from request to request without a reload. Those that may not are wishes. */
export interface ModelOptions {
  readonly maxTokens?: number;
  readonly seed?: number;
  readonly temperature?: number;
  /** Further names of Ollama's `options` object, passed through. */
  readonly extra?: JsonObject;
}

/** What requests for a text have in common. */
interface TextRequest {
  /** Cut a prompt that is longer than the context (of a chat, the oldest messages are left out), or fail (absent: fail). */
  readonly truncate?: boolean;
  /** `json`, or a JSON Schema. */
  readonly format?: Json;
  readonly think?: ThinkLevel;
  /** Tell how likely each token was. They are in the records of the stream only. */
  readonly logprobs?: boolean;
  /** How many of the likeliest tokens to tell in each place, 0 to 20. */
  readonly topLogprobs?: number;
  /** Answer with the prompt as the template makes it, and run nothing. */
  readonly debugRenderOnly?: boolean;
  /** What whoever answers for it has to say again of it, in words of its own API. No model is given it. */
  readonly echo?: JsonObject;
  readonly options?: ModelOptions;
}

export interface GenerateRequest<Image = BlobHash> extends TextRequest {
  readonly kind: 'GENERATE';
  readonly prompt: string;
  readonly system?: string;
  readonly suffix?: string;
  /** In place of the model's own template. */
  readonly template?: string;
  /** Tokens of an earlier conversation, as the final record of its last answer gave them. */
  readonly context?: readonly number[];
  readonly raw?: boolean;
  readonly images?: readonly Image[];
}

export interface ChatMessage<Image = BlobHash> {
  /** Any text; what it means is the model's. Its case does not matter. */
  readonly role: string;
  readonly content: string;
  /** What the assistant thought. */
  readonly thinking?: string;
  readonly images?: readonly Image[];
  readonly toolCalls?: Json;
  readonly toolName?: string;
  readonly toolCallId?: string;
}

export interface ChatRequest<Image = BlobHash> extends TextRequest {
  readonly kind: 'CHAT';
  readonly messages: readonly ChatMessage<Image>[];
  readonly tools?: readonly Json[];
}

export interface EmbedRequest {
  readonly kind: 'EMBED';
  readonly input: readonly string[];
  /** Cut a text that is longer than the context (absent: yes), or fail. */
  readonly truncate?: boolean;
  readonly dimensions?: number;
  /** False, of one text: its vector as the model made it, not brought to the length 1. Absent: brought. */
  readonly normalize?: boolean;
  readonly options?: ModelOptions;
}

/** The one list of kinds: every table of kinds has an entry for each, or does not compile. */
interface Requests<Image> {
  readonly GENERATE: GenerateRequest<Image>;
  readonly CHAT: ChatRequest<Image>;
  readonly EMBED: EmbedRequest;
}

export type JobKind = keyof Requests<BlobHash>;
export type RequestOf<K extends JobKind, Image = BlobHash> = Requests<Image>[K];
export type JobRequest<Image = BlobHash> = RequestOf<JobKind, Image>;

/**
 * Queues: the jobs that wait for one model at one context length and with one way to go on when it is full. A queue's key holds what was asked for, never
 * what it means today: the registry resolves it to a variant when the scheduler looks, so a pull that changes the
 * weights, or a backend that is not there yet, changes no stored job.
 */
declare const kind: unique symbol;
export type QueueKey = string & { readonly [kind]: 'queue' };

export interface QueueSpec {
  /** Canonical model name, always with its tag. */
  readonly model: string;
  /** Tokens asked for; null leaves it to the configuration or the model. */
  readonly contextLength: number | null;
  /** Whether the context moves on when it is full, asked for; absent leaves it to the model. */
  readonly shift?: boolean | undefined;
}

/** `model`, `model#8192`, `model#8192#shift`, `model##no-shift`. Keys are stored, and the store reads the model before the first `#`. */
export function queueKey({ model, contextLength, shift }: QueueSpec): QueueKey {
  const context = contextLength === null ? '' : `#${contextLength}`;
  if (shift === undefined) return `${model}${context}` as QueueKey;
  return `${model}${context || '#'}#${shift ? 'shift' : 'no-shift'}` as QueueKey;
}

export function parseQueueKey(key: QueueKey): QueueSpec {
  const [model = '', context = '', shift] = key.split('#');
  const contextLength = context === '' ? null : Number(context);
  return { model, contextLength, ...(shift !== undefined && { shift: shift === 'shift' }) };
}

/** The smallest context that is worth a variant of its own, in tokens. */
const LEAST_CONTEXT_LENGTH = 2_048;

/**
 * A requested context rounded up to a power of two of at least 2,048 tokens, so that callers who ask for nearly the same do not
 * make a model reload for each other.
 */
export function roundContextLength(tokens: number): number {
  let length = LEAST_CONTEXT_LENGTH;
  while (length < tokens) length *= 2;
  return length;
}

/** Ollama's short form of a model name: default host and namespace dropped, tag always there, lower case (`Llama3` → `llama3:latest`). */
export function canonicalModelName(name: string): string {
  const short = name
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^registry\.ollama\.ai\//, '')
    .replace(/^library\//, '');
  const lastSlash = short.lastIndexOf('/');
  return short.indexOf(':', lastSlash + 1) < 0 ? `${short}:latest` : short;
}

const NAME_PART = /^[a-z0-9_][a-z0-9_.-]{0,79}$/;

/** Whether a canonical name has the form `[host/][namespace/]model:tag`. */
export function isModelName(canonical: string): boolean {
  const lastColon = canonical.lastIndexOf(':');
  const parts = canonical.slice(0, lastColon).split('/');
  const tag = canonical.slice(lastColon + 1);
  if (lastColon < 1 || parts.length > 3 || !NAME_PART.test(tag)) return false;
  // A host, which only a three-part name has, may carry a port.
  return parts.every((part, i) =>
    NAME_PART.test(parts.length === 3 && i === 0 ? part.replace(/:\d+$/, '') : part),
  );
}

/**
 * Queues: the jobs that wait for one model at one context length, with one way to go on when it is full, and for one backend where one was named. A queue's
 * key holds what was asked for, never what it means today: the registry resolves it to a variant when the scheduler looks, so a pull that changes the
 * weights, or a backend that is not there yet, changes no stored job.
 */
import type { BackendId } from './ids.ts';

declare const kind: unique symbol;
export type QueueKey = string & { readonly [kind]: 'queue' };

export interface QueueSpec {
  /** Canonical model name, always with its tag. */
  readonly model: string;
  /** Tokens asked for; null leaves it to the configuration or the model. */
  readonly contextLength: number | null;
  /** Nobody asked for that context: it was chosen so that the prompt fits, and a larger one may take its place. Absent: it was asked for. */
  readonly chosen?: true | undefined;
  /** Whether the context moves on when it is full, asked for; absent leaves it to the model. */
  readonly shift?: boolean | undefined;
  /** Only that backend's model will do. Absent: that of any. */
  readonly backendId?: BackendId | undefined;
}

const CHOSEN = '~';
const SHIFT = 'shift';

/**
 * `model`, `model#8192`, `model#~8192` where nobody asked for it, `model#8192#shift`, `model##no-shift`, `model###bkd_…`. Keys are stored, and the store
 * reads the model before the first `#`.
 */
export function queueKey({ model, contextLength, chosen, shift, backendId }: QueueSpec): QueueKey {
  const context = contextLength === null ? '' : `${chosen ? CHOSEN : ''}${contextLength}`;
  const moving = shift === undefined ? '' : shift ? SHIFT : 'no-shift';
  return [model, context, moving, backendId ?? ''].join('#').replace(/#+$/, '') as QueueKey;
}

export function parseQueueKey(key: QueueKey): QueueSpec {
  const [model = '', context = '', shift = '', backendId = ''] = key.split('#');
  const chosen = context.startsWith(CHOSEN);
  const contextLength = context === '' ? null : Number(chosen ? context.slice(CHOSEN.length) : context);
  return {
    model,
    contextLength,
    ...(chosen && { chosen }),
    ...(shift !== '' && { shift: shift === SHIFT }),
    ...(backendId !== '' && { backendId: backendId as BackendId }),
  };
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

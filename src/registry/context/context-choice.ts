/** The context of jobs for which nobody asks for one: as large as the prompt and the output asked for need, within what the model and the cards can hold. */
import { ContextLengthExceededError, type PromptTooLongError } from '../../domain/context-errors.ts';
import type { Job, JobResult } from '../../domain/job.ts';
import { greatest } from '../../domain/long-lists.ts';
import {
  parseQueueKey,
  type QueueKey,
  type QueueSpec,
  queueKey,
  roundContextLength,
} from '../../domain/queue-key.ts';
import type { JobRequest } from '../../domain/request.ts';
import { mayCut, resultOf, specOf } from '../../kinds/kinds.ts';
import { MOST_CONTEXT_TOKENS } from '../../kinds/wishes.ts';
import type { ContextRange } from './context-length.ts';
import { leastTokens, likelyTokens } from './prompt-size.ts';
import { TokenRates } from './token-rates.ts';

export interface ContextSource {
  /** Null where no backend has told enough of the model. */
  contextRange(model: string): ContextRange | null;
  /** Whether no card could ever hold the queue's model with its context. */
  isTooLarge(queue: QueueKey): boolean;
}

/** A run that was refused because of its prompt. */
export interface TooLongFor {
  readonly request: JobRequest<unknown>;
  /** Of the instance that refused it. */
  readonly contextLength: number;
  readonly error: PromptTooLongError;
}

/** For an answer where nobody says how long it may be; at most a quarter of a context that is smaller than four of them. */
const USUAL_ANSWER_TOKENS = 1_024;
/** No answer is longer. Who allows more means no limit, and must not get all memory for that. */
const MOST_ANSWER_TOKENS = 32_768;

export class ContextChoice {
  readonly #source: ContextSource;
  readonly #rates = new TokenRates();

  constructor(source: ContextSource) {
    this.#source = source;
  }

  /**
   * The queue of a new job. It stays the one that was asked for where a context was asked for or configured, and where the usual one will do: a
   * short prompt makes nothing reload.
   * @throws ContextLengthExceededError where the prompt is sure to be too long for all, and must not be cut
   */
  queueFor(asked: QueueKey, request: JobRequest<unknown>): QueueKey {
    const spec = parseQueueKey(asked);
    const range = this.#rangeOf(spec);
    if (!range) return asked;
    const prompts = specOf(request).prompts(request);
    const rate = this.#rates.of(spec.model);
    const promptTokens = greatest(prompts.map((prompt) => likelyTokens(prompt, rate)));
    const needed = promptTokens + answerTokens(request, range.usual);
    if (needed <= range.usual) return asked;
    const chosen = this.#largest(spec, range, needed, range.usual);
    const contextLength = chosen ?? range.usual;
    if (promptTokens > contextLength && !mayCut(request)) {
      const surely = greatest(prompts.map(leastTokens));
      // A model that fits nowhere at all is refused for that, by whoever asks next.
      if (surely > contextLength && (chosen !== null || !this.#source.isTooLarge(asked)))
        throw new ContextLengthExceededError(spec.model, {
          promptTokens: surely,
          contextLength,
          heldBy: range.most !== null && contextLength >= range.most ? 'model' : 'memory',
        });
    }
    return chosen === null ? asked : queueKey({ ...spec, contextLength: chosen, chosen: true });
  }

  /** Where a job goes on whose prompt was refused; null where no context is larger, would do, and is ours to choose. */
  larger(job: Pick<Job, 'queue'>, { request, contextLength, error }: TooLongFor): QueueKey | null {
    const spec = parseQueueKey(job.queue);
    const range = this.#rangeOf(spec);
    if (!range) return null;
    const { promptTokens } = error;
    // Above its own queue, too, so that it ends also where a server gives less than it is asked for.
    const above = Math.max(contextLength, spec.contextLength ?? 0);
    const needed = promptTokens === null ? 0 : promptTokens + answerTokens(request, range.usual);
    const chosen = this.#largest(spec, range, Math.max(needed, above + 1), above);
    const isFutile = chosen === null || (promptTokens !== null && promptTokens >= chosen && !mayCut(request));
    return isFutile ? null : queueKey({ ...spec, contextLength: chosen, chosen: true });
  }

  /** What a finished job teaches of the model's tokens. */
  learn(job: Pick<Job, 'queue'>, request: JobRequest<unknown>, { prompt, usage }: JobResult): void {
    const [only, ...more] = specOf(request).prompts(request);
    if (!only || more.length > 0 || !prompt || prompt.truncated) return;
    this.#rates.learn(parseQueueKey(job.queue).model, only, usage.promptTokens);
  }

  /** Null where the context is not ours to choose. */
  #rangeOf({ model, contextLength, chosen }: QueueSpec): ContextRange | null {
    if (contextLength !== null && !chosen) return null;
    const range = this.#source.contextRange(model);
    return range?.isFixed ? null : range;
  }

  /** The smallest of the few sizes that holds `needed` tokens, or the largest that the model and a card can have; null where that is not above `above`. */
  #largest(spec: QueueSpec, { most }: ContextRange, needed: number, above: number): number | null {
    const bound = most ?? MOST_CONTEXT_TOKENS;
    for (let size = roundContextLength(Math.min(needed, bound)); ; size /= 2) {
      const contextLength = Math.min(size, bound);
      if (contextLength <= above) return null;
      if (!this.#source.isTooLarge(queueKey({ ...spec, contextLength, chosen: true }))) return contextLength;
    }
  }
}

function answerTokens({ kind, options }: JobRequest<unknown>, usual: number): number {
  if (resultOf(kind) !== 'text') return 0;
  const asked = options?.maxTokens ?? 0;
  return asked > 0
    ? Math.min(asked, MOST_ANSWER_TOKENS)
    : Math.min(USUAL_ANSWER_TOKENS, Math.floor(usual / 4));
}

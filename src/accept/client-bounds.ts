/** How much one job of a client may ask for: the largest context, and the most that is written. */
import { type ClientLimits, type ClientTable, limitsOf, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import { type InputIssue, InvalidInputError } from '../domain/errors.ts';
import { parseQueueKey, type QueueKey } from '../domain/queue-key.ts';
import type { JobRequest } from '../domain/request.ts';

export class ClientBounds {
  readonly #limits: ClientLimits;

  constructor(table: ClientTable = NO_CLIENT_LIMITS, client: string) {
    this.#limits = limitsOf(table, client);
  }

  outputProblems({ kind, options }: JobRequest<unknown>): readonly InputIssue[] {
    const { maxOutputTokens } = this.#limits;
    const tokens = options?.maxTokens ?? 0;
    if (maxOutputTokens === undefined || tokens <= maxOutputTokens) return [];
    const message = `${tokens} tokens are more than the ${maxOutputTokens} that this client may have written.`;
    return [{ path: ['request', kind.toLowerCase(), 'options', 'maxTokens'], message }];
  }

  /** Whoever names no end has the one that it may have. Nothing is written where texts are embedded. */
  bounded<R extends JobRequest<unknown>>(request: R): R {
    const { maxOutputTokens } = this.#limits;
    const { kind, options } = request;
    if (maxOutputTokens === undefined || kind === 'EMBED' || (options?.maxTokens ?? 0) > 0) return request;
    return { ...request, options: { ...options, maxTokens: maxOutputTokens } };
  }

  /** @throws InvalidInputError */
  checkContext(queue: QueueKey): void {
    const { maxContextLength } = this.#limits;
    const { contextLength } = parseQueueKey(queue);
    if (maxContextLength === undefined || contextLength === null || contextLength <= maxContextLength) return;
    const message = `takes a context of ${contextLength} tokens, and this client may have ${maxContextLength}. Ask for less, or send a shorter prompt.`;
    throw new InvalidInputError([{ path: ['options', 'contextLength'], message }]);
  }
}

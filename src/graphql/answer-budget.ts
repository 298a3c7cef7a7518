/**
 * How much stored data one answer may carry. Charged before the data is read, by sizes that are known without reading, so that
 * a page of a thousand megabytes costs a refusal and not the memory. What is small by its nature is not charged.
 */
import type { GraphQLResolveInfo } from 'graphql';
import { MiB } from '../domain/units.ts';
import { limitError } from './server/limits.ts';

export interface AnswerLimits {
  /** Of an answer over HTTP. */
  readonly answerBytes: number;
  /** Of an event of a subscription, and of an answer over a WebSocket: those are written in one go. */
  readonly eventBytes: number;
}

export const DEFAULT_ANSWER_LIMITS: AnswerLimits = { answerBytes: 16 * MiB, eventBytes: MiB };

/** From here on an answer waits for its turn among the large ones. */
const LARGE_BYTES = MiB / 2;

/** Lets few large answers be in memory at a time; the others wait in order. */
export class LargeAnswers {
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  #present = 0;

  constructor(most = 8) {
    this.#most = most;
  }

  get present(): number {
    return this.#present;
  }

  /** Resolves when there is room, which is held until `gone` aborts. @throws the signal's reason when it aborts before */
  async enter(gone: AbortSignal): Promise<void> {
    gone.throwIfAborted();
    if (this.#present >= this.#most) await this.#turn(gone);
    this.#present += 1;
    gone.addEventListener('abort', () => this.#leave(), { once: true });
  }

  #leave(): void {
    this.#present -= 1;
    const [next] = this.#waiting;
    next?.();
  }

  #turn(gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        this.#waiting.delete(enter);
        gone.removeEventListener('abort', giveUp);
        then();
      };
      const enter = () => settle(resolve);
      const giveUp = () => settle(() => reject(gone.reason));
      this.#waiting.add(enter);
      gone.addEventListener('abort', giveUp, { once: true });
    });
  }
}

export class AnswerBudget {
  readonly #limits: AnswerLimits;
  /** Null where answers are never large. */
  readonly #large: LargeAnswers | null;
  readonly #gone: AbortSignal;
  /** Of the answer, or of each event: those of a subscription share one context. */
  readonly #taken = new WeakMap<object, number>();
  #entering: Promise<void> | null = null;

  constructor(limits: AnswerLimits, large: LargeAnswers | null, gone: AbortSignal) {
    this.#limits = limits;
    this.#large = large;
    this.#gone = gone;
  }

  /** Whether nothing was taken by the answer so far. Says nothing of events. */
  get isEmpty(): boolean {
    return !this.#taken.has(this);
  }

  /** @throws GraphQLError QUERY_LIMIT_EXCEEDED when the answer would carry more than it may */
  async take(bytes: number, { rootValue }: Pick<GraphQLResolveInfo, 'rootValue'>): Promise<void> {
    const isEvent = typeof rootValue === 'object' && rootValue !== null;
    const answer = isEvent ? rootValue : this;
    const taken = (this.#taken.get(answer) ?? 0) + bytes;
    const limit = isEvent || !this.#large ? 'eventBytes' : 'answerBytes';
    const most = this.#limits[limit];
    if (taken > most) throw limitError(limit, most, taken);
    this.#taken.set(answer, taken);
    if (isEvent || !this.#large || taken < LARGE_BYTES) return;
    this.#entering ??= this.#large.enter(this.#gone);
    await this.#entering;
  }
}

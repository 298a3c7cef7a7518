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

interface Waiting {
  readonly caller: string;
  enter(): void;
}

/**
 * Lets few large answers be in memory at a time. A caller has at most half of the places, and the next free one goes to whoever has
 * the fewest, in order among equals: one who asks for many, or takes its time to read them, keeps nobody else out.
 */
export class LargeAnswers {
  readonly #most: number;
  readonly #waiting = new Set<Waiting>();
  /** Places by caller. */
  readonly #held = new Map<string, number>();

  constructor(most = 8) {
    this.#most = most;
  }

  get present(): number {
    return [...this.#held.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when there is room, which is held until `gone` aborts. @throws the signal's reason when it aborts before */
  enter(caller: string, gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (gone.aborted) return reject(gone.reason);
      const waiting: Waiting = {
        caller,
        enter: () => {
          this.#waiting.delete(waiting);
          gone.removeEventListener('abort', giveUp);
          this.#held.set(caller, this.#of(caller) + 1);
          gone.addEventListener('abort', () => this.#leave(caller), { once: true });
          resolve();
        },
      };
      const giveUp = () => {
        this.#waiting.delete(waiting);
        reject(gone.reason);
      };
      gone.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(waiting);
      this.#admit();
    });
  }

  #of(caller: string): number {
    return this.#held.get(caller) ?? 0;
  }

  #leave(caller: string): void {
    const left = this.#of(caller) - 1;
    if (left > 0) this.#held.set(caller, left);
    else this.#held.delete(caller);
    this.#admit();
  }

  #admit(): void {
    while (this.present < this.#most) {
      let next: Waiting | null = null;
      for (const waiting of this.#waiting) {
        const held = this.#of(waiting.caller);
        if (held < this.#most / 2 && (!next || held < this.#of(next.caller))) next = waiting;
      }
      if (!next) return;
      next.enter();
    }
  }
}

/** A large answer's place among those of all callers. */
export interface LargePlace {
  readonly all: LargeAnswers;
  readonly caller: string;
}

export class AnswerBudget {
  readonly #limits: AnswerLimits;
  /** Null where answers are never large. */
  readonly #large: LargePlace | null;
  readonly #gone: AbortSignal;
  /** Of the answer, or of each event: those of a subscription share one context. */
  readonly #taken = new WeakMap<object, number>();
  #entering: Promise<void> | null = null;

  constructor(limits: AnswerLimits, large: LargePlace | null, gone: AbortSignal) {
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
    this.#entering ??= this.#large.all.enter(this.#large.caller, this.#gone);
    await this.#entering;
  }
}

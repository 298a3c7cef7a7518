import type { Principal } from '../../domain/principal.ts';
import type { AnswerBudget } from '../answer-budget.ts';

/** What the pipeline knows of an operation before its context is built. */
export interface RequestScope {
  readonly principal: Principal;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  /** Of a POST. It gives its bytes away, once: what is made of them is enough to hold. */
  readonly body?: { take(): Uint8Array<ArrayBuffer> };
}

export interface OperationScope extends RequestScope {
  readonly answer: AnswerBudget;
}

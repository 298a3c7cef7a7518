/** One operation as the server of the API hands it on: who asks, and until when. */
import type { Principal } from '../../domain/principal.ts';
import type { AnswerBudget } from '../answer-budget.ts';

/** What the pipeline knows of an operation before its context is built. */
export interface RequestScope {
  readonly principal: Principal;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  /** Of a POST, to be asked for once; undefined where it is no JSON. A large one is read in another thread. */
  readonly body?: { json(): Promise<unknown> };
}

export interface OperationScope extends RequestScope {
  readonly answer: AnswerBudget;
}

/** Begins subscriptions: the source of events as each caller's arguments ask for it, the answers shared with others. */
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  validateSubscriptionArgs,
} from 'graphql';
import type { Clock } from '../../clock.ts';
import { AnswerBudget, type AnswerLimits } from '../answer-budget.ts';
import { AnswerStream } from './answer-stream.ts';
import type { ErrorMask } from './mask-error.ts';
import type { OperationScope } from './scope.ts';
import { selectionKey } from './selection-key.ts';
import { SharedAnswers } from './shared-answers.ts';

export interface SubscriberOptions {
  readonly buildContext: (scope: OperationScope) => object | Promise<object>;
  readonly answerLimits: AnswerLimits;
  readonly maskError: ErrorMask;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Answers do not depend on whether one of their readers is still there. */
const LASTING = new AbortController().signal;

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly answers: SharedAnswers;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.answers = new SharedAnswers(options);
  }

  /** @param args of an operation of which the context holds the caller's scope. */
  async subscribe(args: ExecutionArgs): Promise<AnswerStream | ExecutionResult> {
    const validated = validateSubscriptionArgs(args);
    if (!('schema' in validated)) return { errors: validated };
    const source = await createSourceEventStream(validated);
    if (!(Symbol.asyncIterator in source)) return source;
    const { principal } = args.contextValue as OperationScope;
    const key = selectionKey(args.document, validated.operation, args.variableValues ?? {}, principal);
    const answer = () => new AnswerBudget(this.#options.answerLimits, null, LASTING);
    const context = await this.#options.buildContext({ principal, signal: LASTING, answer: answer() });
    const selection = this.answers.join(key, (event) =>
      // The same event may be answered again for a reader that comes late, and is charged anew.
      executeSubscriptionEvent({
        ...validated,
        contextValue: { ...context, answer: answer() },
        rootValue: event,
      }),
    );
    return new AnswerStream(source, selection);
  }
}

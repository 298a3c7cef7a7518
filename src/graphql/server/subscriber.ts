/** Begins subscriptions: the source of events as each caller's arguments ask for it, the answers shared with others. */
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  validateSubscriptionArgs,
} from 'graphql';
import { type Clock, sleep } from '../../clock.ts';
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
  readonly clock: Clock;
}

/** How often it is looked at whether everybody was told, and for how long: nobody waits for readers that take nothing. */
const LOOK_EVERY_MS = 5;
const LAST_WORDS_MS = 1_000;

/** Answers do not depend on whether one of their readers is still there. */
const LASTING = new AbortController().signal;

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly answers: SharedAnswers;
  readonly #streams = new Set<AnswerStream>();

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
    const stream = new AnswerStream(source, selection, (ended) => this.#streams.delete(ended));
    this.#streams.add(stream);
    return stream;
  }

  /** Resolves when every reader was told all that has happened, or has not taken it for a while. */
  async told(): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonic() + LAST_WORDS_MS;
    while (clock.monotonic() < until && [...this.#streams].some((stream) => !stream.isCaughtUp))
      await sleep(clock, LOOK_EVERY_MS);
  }
}

/** The pipeline that every operation goes through, whatever brings it: parse, validate, limits, context, masks. */
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { createYoga, isAsyncIterable, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { AnswerBudget } from '../answer-budget.ts';
import { answerBody } from './answer-body.ts';
import { type GraphiQLSettings, graphiqlOptions } from './graphiql.ts';
import type { QueryLimits } from './limits.ts';
import { limitsRule, parseWithin } from './limits-rule.ts';
import type { ErrorMask } from './mask-error.ts';
import { readableRequests } from './readable-requests.ts';
import type { OperationScope } from './scope.ts';
import type { Subscriber } from './subscriber.ts';
import { TextCache } from './text-cache.ts';

export interface PipelineOptions {
  readonly schema: GraphQLSchema;
  readonly buildContext: (scope: OperationScope) => object | Promise<object>;
  readonly subscriber: Subscriber;
  readonly maskError: ErrorMask;
  readonly limits: QueryLimits;
  /** Null for no GraphiQL. */
  readonly graphiql: GraphiQLSettings | null;
}

export type Pipeline = YogaServerInstance<OperationScope, object>;

export const GRAPHQL_PATH = '/graphql';

/** 1 MiB of query texts; a parsed document takes some tens of times its text. */
const CACHED_CHARACTERS = 1_048_576;

export function createPipeline(options: PipelineOptions): Pipeline {
  const { schema, buildContext, subscriber, maskError, limits, graphiql } = options;
  return createYoga<OperationScope, object>({
    schema,
    context: ({ principal, signal, answer }) => buildContext({ principal, signal, answer }),
    graphqlEndpoint: GRAPHQL_PATH,
    logging: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    // The listener has read the body within its own limit.
    maxRequestBodySize: false,
    maskedErrors: { maskError, isDev: false },
    // The ponyfill's stream does not tell its source that the reader is slow.
    fetchAPI: { ReadableStream: globalThis.ReadableStream },
    parserAndValidationCache: {
      documentCache: new TextCache<DocumentNode>(CACHED_CHARACTERS),
      errorCache: new TextCache<unknown>(CACHED_CHARACTERS),
    },
    graphiql: graphiql !== null && (() => graphiqlOptions(graphiql)),
    // Its page is a text of 9 MB, for the few who open it.
    renderGraphiQL: async (page) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(page),
    plugins: [readableRequests(), withinLimits(limits), storedAnswers(), sharedAnswers(subscriber)],
  });
}

/** Answers that carry stored data are written here, and large ones as they are read. */
function storedAnswers(): Plugin<OperationScope> {
  const large = new WeakMap<AnswerBudget, ReadableStream<Uint8Array>>();
  return {
    onExecute: ({ args }) => {
      const { answer } = args.contextValue as unknown as OperationScope;
      return {
        onExecuteDone: ({ result }) => {
          if (answer.isEmpty || isAsyncIterable(result)) return;
          const stringify = (told: unknown) => {
            const body = answerBody(told);
            if (typeof body === 'string') return body;
            large.set(answer, body);
            return '';
          };
          // Not enumerable, or it would be a member of the answer.
          Object.defineProperty(result, 'stringify', { value: stringify });
        },
      };
    },
    onResponse({ response, serverContext, setResponse }) {
      const { answer } = serverContext as unknown as OperationScope;
      const body = large.get(answer);
      if (!body) return;
      const headers = new Headers([...response.headers]);
      headers.delete('content-length');
      headers.set('transfer-encoding', 'chunked');
      setResponse(new Response(body, { status: response.status, headers }));
    },
  };
}

/** Events are answered once for all who ask the same. */
function sharedAnswers(subscriber: Subscriber): Plugin {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args) => subscriber.subscribe(args));
    },
  };
}

function withinLimits(limits: QueryLimits): Plugin {
  const rule = limitsRule(limits);
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => parseWithin(limits, source, options));
      return ({ result }) => letGoOfCalls([result]);
    },
    onValidate({ addValidationRule }) {
      addValidationRule(rule);
      return ({ result }) => letGoOfCalls(result);
    },
  };
}

/**
 * What is wrong with a query is kept for the next who asks the same. Until its stack is first read, an error holds the calls that it came from
 * and what they were given: the whole request, with its body and its key.
 */
function letGoOfCalls(errors: readonly unknown[]): void {
  for (const error of errors) if (error instanceof Error) void error.stack;
}

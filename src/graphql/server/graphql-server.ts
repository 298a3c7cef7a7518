/** Runs operations over HTTP, server-sent events and WebSocket, all through one pipeline with the same limits and masks. */
import type { GraphQLSchema } from 'graphql';
import { shouldRenderGraphiQL } from 'graphql-yoga';
import type { WebSocket } from 'ws';
import type { Clock, Random } from '../../clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { AnswerBudget, type AnswerLimits, DEFAULT_ANSWER_LIMITS, LargeAnswers } from '../answer-budget.ts';
import { DEFAULT_TABS, type GraphiQLTab } from './graphiql.ts';
import { DEFAULT_LIMITS, type QueryLimits } from './limits.ts';
import { errorMasker } from './mask-error.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import type { OperationScope, RequestScope } from './scope.ts';
import { DEFAULT_SOCKET_LIMITS, type SocketLimits, type SocketPeer, SocketServer } from './socket-server.ts';
import { Subscriber } from './subscriber.ts';

export { GRAPHQL_PATH } from './pipeline.ts';

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  /** Called once per operation. */
  readonly buildContext: (scope: OperationScope) => object | Promise<object>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<QueryLimits>;
  readonly answerLimits?: Partial<AnswerLimits>;
  readonly socketLimits?: Partial<SocketLimits>;
  /** Whether a browser gets GraphiQL. Default true. */
  readonly graphiql?: boolean;
  /** Whether requests need a key, so that GraphiQL asks for one. Default false. */
  readonly needsKey?: boolean;
  /** Opened in GraphiQL on the first visit. */
  readonly tabs?: readonly GraphiQLTab[];
}

export interface GraphQLRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly scope: RequestScope;
}

export class GraphQLServer {
  readonly #graphiql: boolean;
  readonly #pipeline: Pipeline;
  readonly #sockets: SocketServer;
  readonly #subscriber: Subscriber;
  readonly #answerLimits: AnswerLimits;
  /** Those of other ways out have their places among them. */
  readonly largeAnswers = new LargeAnswers();

  constructor(options: GraphQLServerOptions) {
    const { schema, buildContext, logger, clock, random, graphiql = true, tabs = DEFAULT_TABS } = options;
    const { needsKey = false } = options;
    this.#graphiql = graphiql;
    this.#answerLimits = { ...DEFAULT_ANSWER_LIMITS, ...options.answerLimits };
    const maskError = errorMasker(logger, random);
    const answerLimits = this.#answerLimits;
    const subscriber = new Subscriber({ buildContext, maskError, clock, answerLimits });
    this.#subscriber = subscriber;
    this.#pipeline = createPipeline({
      schema,
      buildContext,
      subscriber,
      maskError,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      graphiql: graphiql ? { tabs, needsKey } : null,
    });
    this.#sockets = new SocketServer({
      pipeline: this.#pipeline,
      subscriber,
      logger,
      clock,
      maskError,
      limits: { ...DEFAULT_SOCKET_LIMITS, ...options.socketLimits },
      answerLimits,
    });
  }

  /** Whether it asks for GraphiQL: then nothing is run, whatever else it says. */
  isPage(method: string, accept: string): boolean {
    const { Request } = this.#pipeline.fetchAPI;
    return (
      this.#graphiql && shouldRenderGraphiQL(new Request('http://localhost', { method, headers: { accept } }))
    );
  }

  /** The body of the answer is a stream for subscriptions, which ends its source when it is cancelled. */
  async handle({ method, url, headers, scope }: GraphQLRequest): Promise<Response> {
    const request = new this.#pipeline.fetchAPI.Request(url, { method, headers, signal: scope.signal });
    const place = { all: this.largeAnswers, caller: scope.principal.client };
    const answer = new AnswerBudget(this.#answerLimits, place, scope.signal);
    return await this.#pipeline.handleRequest(request, { ...scope, answer, waitUntil: () => {} });
  }

  /** Serves `graphql-transport-ws` on a socket that was accepted. */
  connect(socket: WebSocket, peer: SocketPeer): void {
    this.#sockets.connect(socket, peer);
  }

  /** Sockets that are open. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Resolves when whoever follows events was told the last ones, or has not taken them for a while. */
  told(): Promise<void> {
    return this.#subscriber.told();
  }

  /** Closes every socket with 1001, so that clients come back, to another server or later. Resolves when all are closed or given up. */
  stop(): Promise<void> {
    return this.#sockets.stop();
  }
}

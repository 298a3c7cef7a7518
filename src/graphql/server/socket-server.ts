/** `graphql-transport-ws` on sockets that the listener has accepted, by the core of graphql-ws. */
import type { Writable } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
} from 'graphql';
import { CloseCode, type Context, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { type RawData, WebSocket } from 'ws';
import { type Clock, sleep } from '../../clock.ts';
import type { Principal } from '../../domain/principal.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { AnswerBudget, type AnswerLimits } from '../answer-budget.ts';
import { AnswerStream } from './answer-stream.ts';
import { keepAlive } from './keep-alive.ts';
import { type ErrorMask, publicError } from './mask-error.ts';
import { isPersistedQuery, persistedQueryNotSupported, withEmptyQuery } from './persisted-query.ts';
import type { Pipeline } from './pipeline.ts';
import { SocketDelivery } from './socket-delivery.ts';
import { SocketFlow } from './socket-flow.ts';
import { SocketOperations } from './socket-operations.ts';
import type { Subscriber } from './subscriber.ts';

export interface SocketLimits {
  /** Operations at a time on one socket. */
  readonly operations: number;
  /** How long a client may take to introduce itself. */
  readonly initTimeoutMs: number;
  /** Between pings; a client that has not answered by the next is gone. */
  readonly pingIntervalMs: number;
  /** What may lie unsent before the next value is waited for. */
  readonly bufferedBytes: number;
  /** How long a closing socket may take before it is cut. */
  readonly closeTimeoutMs: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  operations: 100,
  initTimeoutMs: 10_000,
  pingIntervalMs: 15_000,
  bufferedBytes: 262_144,
  closeTimeoutMs: 2_000,
};

/** Ids are the client's; one this long is no id. */
const LONGEST_ID = 256;

/** Who is there, by the parameters of `connection_init`; null closes the socket with 4403. */
export type Authenticate = (params: Readonly<Record<string, unknown>>) => Principal | null;

/** Memory that is counted as in use until it is released. */
export interface Held {
  readonly bytes: number;
  release(): void;
}

/** Whoever accepted a socket, with its knowledge of who is on the other end and what memory is left for them. */
export interface SocketPeer {
  /** What the messages of the socket are written to. */
  readonly transport: Writable;
  /** Asked once, with what the client sent to introduce itself. */
  readonly authenticate: Authenticate;
  /** Counts a message until its operation is done. */
  hold(data: RawData): Held;
  /** Counts an operation that the client asks for; why it may not have it now, null where it may. Absent: nobody counts. */
  readonly count?: (client: string) => GraphQLError | null;
  /** Counts what a subscription was asked with for as long as it lasts; null when there is no room. */
  keep(bytes: number): Held | null;
}

export interface SocketServerOptions {
  readonly pipeline: Pipeline;
  readonly subscriber: Subscriber;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly maskError: ErrorMask;
  readonly limits: SocketLimits;
  readonly answerLimits: AnswerLimits;
}

interface Extra {
  readonly socket: WebSocket;
  readonly flow: SocketFlow;
  readonly peer: SocketPeer;
  readonly gone: AbortController;
  readonly operations: SocketOperations;
  /** Null before the client has introduced itself. */
  context: SocketContext | null;
  principal: Principal | null;
  /** Read in this tick, in which its operation takes hold of it. */
  reading: Message | null;
}

interface Message {
  held: Held;
}

type SocketContext = Context<Record<string, unknown>, Extra>;

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #core: Server<Extra>;
  readonly #open = new Set<WebSocket>();

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#core = makeServer<Record<string, unknown>, Extra>({
      // Our own, so that it runs on our clock.
      connectionInitWaitTimeout: 0,
      jsonMessageReviver: withEmptyQuery,
      onConnect: (context) => {
        context.extra.context = context;
        context.extra.principal = context.extra.peer.authenticate(context.connectionParams ?? {});
        return context.extra.principal !== null;
      },
      onSubscribe: (context, id, payload) => this.#prepare(context, id, payload),
      execute: (args) => preparedBy(args).execute(args),
      subscribe: (args) => this.#subscribe(preparedBy(args)),
      onError: (_context, _id, _payload, errors) =>
        errors.map((error) => publicError(options.maskError(error))) as GraphQLFormattedError[],
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && {
          ...result,
          errors: result.errors.map(publicError) as unknown as readonly GraphQLError[],
        },
    });
  }

  get size(): number {
    return this.#open.size;
  }

  connect(socket: WebSocket, peer: SocketPeer): void {
    const { clock, limits, logger } = this.#options;
    const flow = new SocketFlow(socket, peer.transport, clock, limits.bufferedBytes);
    const gone = new AbortController();
    const extra: Extra = {
      socket,
      flow,
      peer,
      gone,
      operations: new SocketOperations(gone.signal),
      context: null,
      principal: null,
      reading: null,
    };
    this.#open.add(socket);
    const stopPinging = keepAlive(socket, clock, limits.pingIntervalMs);
    const initTimer = clock.after(limits.initTimeoutMs, () => {
      if (!extra.principal)
        socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
    });
    // Too large a message, broken frames: ws closes the socket with the right code by itself.
    socket.on('error', (error) =>
      logger.debug('A WebSocket client broke the protocol.', { error: error.message }),
    );
    const closed = this.#core.opened(
      {
        protocol: socket.protocol,
        send: (text) => flow.send(text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data, isBinary) => {
            if (socket.readyState !== WebSocket.OPEN) return;
            if (isBinary) socket.close(CloseCode.BadRequest, 'Invalid message received');
            else this.#read(extra, data, handle);
          }),
      },
      extra,
    );
    socket.on('ping', () => void flow.room());
    socket.once('close', (code, reason) => {
      this.#open.delete(socket);
      initTimer.cancel();
      stopPinging();
      extra.gone.abort();
      Promise.resolve(closed(code, String(reason))).catch((error: unknown) => this.#failed(socket, error));
    });
  }

  #read(extra: Extra, data: RawData, handle: (text: string) => Promise<void>): void {
    const message: Message = { held: extra.peer.hold(data) };
    extra.reading = message;
    // Settles when the operation that it asks for is done.
    handle(textOf(data))
      .catch((error: unknown) => this.#failed(extra.socket, error))
      .finally(() => {
        message.held.release();
        if (extra.context) extra.operations.endOthersThan(extra.context.subscriptions);
      });
    extra.reading = null;
  }

  async #subscribe(args: PreparedArgs): Promise<AsyncIterableIterator<never> | ExecutionResult> {
    const { message, peer } = args;
    const answers = await this.#options.subscriber.subscribe(args);
    if (!(answers instanceof AnswerStream)) {
      const { errors, ...rest } = answers;
      return { ...rest, ...(errors ? { errors: errors.map(this.#options.maskError) } : {}) };
    }
    if (message) {
      const kept = peer.keep(message.held.bytes);
      if (!kept) {
        await answers.return();
        return { errors: [tooManyStreams()] };
      }
      message.held.release();
      message.held = kept;
    }
    return args.deliver(answers);
  }

  async stop(): Promise<void> {
    const { clock, limits } = this.#options;
    const open = [...this.#open];
    if (open.length === 0) return;
    const allClosed = Promise.all(
      open.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    for (const socket of open) {
      // A socket that is not read would never see the client's answer.
      socket.resume();
      socket.close(1001, 'The server is stopping');
    }
    const late = new AbortController();
    await Promise.race([allClosed, sleep(clock, limits.closeTimeoutMs, late.signal).catch(() => {})]);
    late.abort();
    for (const socket of open) socket.terminate();
    await allClosed;
  }

  /** Arguments to execute, or what is wrong: told for this operation alone, the socket and its other operations go on. */
  async #prepare(context: SocketContext, id: string, payload: SubscribePayload) {
    const { pipeline, maskError, limits } = this.#options;
    const { socket, flow, peer, principal, operations, reading: message } = context.extra;
    if (id.length > LONGEST_ID) {
      const reason = `An operation's id has at most ${LONGEST_ID} characters`;
      socket.close(CloseCode.BadRequest, reason);
      return [new GraphQLError(reason)];
    }
    if (!principal)
      return [new GraphQLError('The connection was not initialised.', { extensions: { code: 'FORBIDDEN' } })];
    if (Object.keys(context.subscriptions).length > limits.operations) {
      return [
        new GraphQLError(
          `This socket runs its limit of ${limits.operations} operations. Complete some, or open another socket.`,
          { extensions: { code: 'TOO_MANY_OPERATIONS', limit: 'operations', maximum: limits.operations } },
        ),
      ];
    }
    const refused = peer.count?.(principal.client);
    if (refused) return [refused];
    try {
      const signal = operations.begin(id);
      const enveloped = pipeline.getEnveloped({
        principal,
        signal,
        answer: new AnswerBudget(this.#options.answerLimits, null, signal),
        params: { query: payload.query, operationName: payload.operationName, variables: payload.variables },
      });
      if (isPersistedQuery(payload)) return answering(enveloped.schema, persistedQueryNotSupported());
      const document = enveloped.parse(payload.query);
      const invalid = enveloped.validate(enveloped.schema, document);
      if (invalid.length > 0) return invalid.map(maskError);
      const args: PreparedArgs = {
        schema: enveloped.schema,
        document,
        operationName: payload.operationName,
        variableValues: payload.variables,
        contextValue: await enveloped.contextFactory(),
        execute: enveloped.execute,
        deliver: (answers) => new SocketDelivery(id, answers, flow),
        message,
        peer,
      };
      return args;
    } catch (error) {
      return [maskError(error)];
    }
  }

  #failed(socket: WebSocket, error: unknown): void {
    this.#options.maskError(error);
    socket.close(CloseCode.InternalServerError, 'Internal server error');
  }
}

/** Every operation has a function of its own to execute it, through which the pipeline sees it. */
interface PreparedArgs extends ExecutionArgs {
  readonly execute: ReturnType<Pipeline['getEnveloped']>['execute'];
  /** Sends what a subscription answers to the socket that asked. */
  readonly deliver: (answers: AnswerStream) => SocketDelivery;
  readonly message: Message | null;
  readonly peer: SocketPeer;
}

/** The core hands on the arguments as it was given them. */
function preparedBy(args: ExecutionArgs): PreparedArgs {
  return args as PreparedArgs;
}

/** As a result, and not as the end of the operation: that is where clients look for it. */
function answering(
  schema: GraphQLSchema,
  error: GraphQLError,
): ExecutionArgs & Pick<PreparedArgs, 'execute'> {
  const document = parse('{ __typename }');
  return { schema, document, contextValue: null, execute: () => ({ errors: [error] }) };
}

function tooManyStreams(): GraphQLError {
  return new GraphQLError('The server follows as many subscriptions as it has memory for. Try again later.', {
    extensions: { code: 'BUSY' },
  });
}

function textOf(data: RawData): string {
  return Array.isArray(data)
    ? Buffer.concat(data).toString('utf8')
    : (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}

/** The listener: one port for everything, guarded, limited, and stopped in order. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ApiKey, Callers } from '../clients/callers.ts';
import { type Clock, sleep } from '../clock.ts';
import { InvalidSettingError } from '../domain/errors.ts';
import { isLoopback } from '../domain/loopback.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Authenticator } from './authenticate.ts';
import { Connections } from './connections.ts';
import { Guard } from './guard.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import { createIntake, type Intake } from './intake.ts';
import { CannotListenError, PortInUseError, type PortSetting } from './listen-errors.ts';
import { RequestHandler } from './request-handler.ts';
import type { Route, SocketRoute } from './route.ts';
import { UpgradeHandler } from './upgrade-handler.ts';

export interface HttpServerOptions {
  /** Another than loopback needs keys. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Take the next free port when `port` is in use. */
  readonly portFallback?: boolean;
  readonly keys?: readonly ApiKey[];
  /** In place of `keys`, where who may come in is shared or changes. */
  readonly callers?: Callers;
  /** Told of each request of a caller that is known, over HTTP or a socket. @throws ClientLimitError */
  readonly counted?: (client: string) => void;
  /** Further names that it answers to, in lower case; `*` for any. */
  readonly hosts?: readonly string[];
  /** Of pages of other sites that may use it; `*` for any. */
  readonly origins?: readonly string[];
  readonly routes: readonly Route[];
  readonly socketRoutes?: readonly SocketRoute[];
  readonly limits?: Partial<HttpLimits>;
  /** The memory for bodies, where another listener has it too. Absent: one of its own. */
  readonly intake?: Intake;
  /** The setting that `port` comes from, for messages. */
  readonly portSetting?: PortSetting;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface StopOptions {
  /** Runs after the last connection was accepted and before streams and sockets end: the place to stop deciding. */
  readonly beforeStreamsEnd?: () => void | Promise<void>;
  /** How long answers under way may take after that. Default 5,000. */
  readonly deadlineMs?: number;
}

const DEFAULT_DEADLINE_MS = 5_000;
/** Ports tried above the one that was asked for, before the system chooses. */
const FALLBACK_PORTS = 20;

export class HttpServer {
  readonly intake: Intake;
  readonly connections: Connections;
  readonly #options: HttpServerOptions;
  readonly #callers: Callers;
  readonly #server: Server;
  readonly #requests: RequestHandler;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: HttpServerOptions) {
    const { host, hosts = [], origins = [], keys = [], routes, socketRoutes = [], clock, logger } = options;
    this.#options = options;
    const limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
    this.#callers = options.callers ?? new Callers({ keys }, clock);
    const authenticator = new Authenticator(this.#callers);
    const guard = new Guard({ host, hosts, origins });
    this.intake = options.intake ?? createIntake(limits, largestBody(limits, routes), clock);
    const { intake } = this;
    this.#server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      // Bodies have deadlines of their own: those that are passed on have none.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      noDelay: true,
      // Other protocols on offer are ignored, as HTTP allows, and the request is answered.
      shouldUpgradeCallback: (request: IncomingMessage) =>
        request.headers.upgrade?.toLowerCase() === 'websocket',
    });
    const known = (socket: Socket, client: string) => this.connections.know(socket, client);
    this.#requests = new RequestHandler({
      guard,
      authenticator,
      known,
      counted: options.counted ?? (() => {}),
      unbounded: (request) => this.connections.unbounded(request),
      routes,
      limits,
      intake,
      clock,
      logger,
    });
    const upgrades = new UpgradeHandler({
      guard,
      authenticator,
      known,
      socketRoutes,
      intake,
      limits,
      clock,
      isStopping: () => this.#stopping !== null,
      logger,
    });
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      void this.#requests.handle(request, response, () => {});
    this.#server.on('request', onRequest);
    this.#server.on('checkContinue', (request, response) => {
      void this.#requests.handle(request, response, () => response.writeContinue());
    });
    this.#server.on('checkExpectation', onRequest);
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      upgrades.handle(request, socket, head),
    );
    this.#server.on('clientError', (error, socket) => upgrades.answerBroken(error, socket));
    this.connections = new Connections(this.#server, limits, clock);
  }

  /**
   * Resolves when it listens. Safe to call twice.
   * @throws InvalidSettingError, PortInUseError, CannotListenError
   */
  start(): Promise<void> {
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  /** In order: accepts no more, ends streams, closes sockets with 1001, waits for answers under way, cuts the rest. Safe to call twice. */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  /** Where it listens. @throws Error before it does */
  get port(): number {
    return this.#address().port;
  }

  /** For a person to open. */
  get url(): string {
    const { family, address, port } = this.#address();
    const any = address === '0.0.0.0' || address === '::';
    if (any) return `http://localhost:${port}`;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  #address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server does not listen.');
    return address;
  }

  async #listen(): Promise<void> {
    const { host, port, portFallback = false } = this.#options;
    if (!isLoopback(host) && this.#callers.choosesName) {
      throw new InvalidSettingError(
        `Listening on ${host} opens the server to other machines, which needs \`keys\` in the configuration. Add some, or listen on 127.0.0.1.`,
      );
    }
    const ports = portFallback && port !== 0 ? portsFrom(port) : [port];
    for (const [index, candidate] of ports.entries()) {
      try {
        await this.#listenOn(host, candidate);
        return;
      } catch (error) {
        if (!(error instanceof PortInUseError) || index === ports.length - 1) throw error;
      }
    }
  }

  #listenOn(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => {
        this.#server.off('listening', onListening);
        const at = { host, port, setting: this.#options.portSetting ?? 'port' } as const;
        const Problem = error.code === 'EADDRINUSE' ? PortInUseError : CannotListenError;
        reject(new Problem(at, { cause: error }));
      };
      const onListening = () => {
        this.#server.off('error', onError);
        resolve();
      };
      this.#server.once('error', onError);
      this.#server.once('listening', onListening);
      this.#server.listen({ host: host.replace(/^\[|\]$/g, ''), port });
    });
  }

  async #stop({ beforeStreamsEnd, deadlineMs = DEFAULT_DEADLINE_MS }: StopOptions): Promise<void> {
    await this.#starting?.catch(() => {});
    if (!this.#server.listening) return;
    const { socketRoutes = [], clock } = this.#options;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#requests.refuseNew();
    try {
      await beforeStreamsEnd?.();
    } finally {
      this.#requests.endStreams();
      await Promise.all(socketRoutes.map((route) => route.stop()));
      this.connections.closeUnused();
      const inTime = new AbortController();
      await Promise.race([closed, sleep(clock, deadlineMs, inTime.signal).catch(() => {})]);
      inTime.abort();
      this.#server.closeAllConnections();
      await closed;
    }
  }
}

function largestBody({ bodyBytes }: HttpLimits, routes: readonly Route[]): number {
  return routes.reduce((most, route) => Math.max(most, route.bodyBytes ?? 0), bodyBytes);
}

function portsFrom(port: number): readonly number[] {
  const above = Array.from({ length: FALLBACK_PORTS + 1 }, (_, i) => port + i).filter(
    (each) => each < 65_536,
  );
  return [...above, 0];
}

/** Where the server listens: at its own port, and where that is wanted in the place of an Ollama, with the drop-in APIs alone. */
import type { ImageService } from '../accept/image-service.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { BatchService } from '../gateway/batches/batch-service.ts';
import { gatewayBodies, gatewayRoutes } from '../gateway/gateway-routes.ts';
import type { GatewayDependencies } from '../gateway/shared/dependencies.ts';
import { OllamaGuard } from '../gateway/shared/ollama-guard.ts';
import type { GraphQLServer } from '../graphql/server/graphql-server.ts';
import { HttpServer } from '../http/http-server.ts';
import { graphqlRoute, graphqlSocketRoute } from '../http/routes/graphql-route.ts';
import { healthRoutes } from '../http/routes/health-routes.ts';
import { homeRoute } from '../http/routes/home-route.ts';
import { imageRoutes } from '../http/routes/image-routes.ts';
import { metricsRoute } from '../http/routes/metrics-route.ts';
import { pageRoutes } from '../http/routes/page-routes.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import { healthOf } from '../view/health.ts';
import type { Configuration } from './configuration.ts';
import { listenInPlaceOfOllama } from './ollama-port.ts';
import { PAGE_FOLDER } from './page-folder.ts';

export interface ListenersParts {
  readonly config: Config;
  readonly clients: Pick<Configuration, 'allowances' | 'audit' | 'callers'>;
  /** By which the server knows its own requests. */
  readonly serverId: string;
  /** Take the next free port when the configured one is in use. */
  readonly portFallback: boolean;
  readonly graphql: GraphQLServer;
  readonly gateway: Omit<
    GatewayDependencies,
    'audit' | 'latency' | 'guard' | 'bodies' | 'trustsClientHeaders'
  >;
  readonly batches: BatchService;
  readonly images: ImageService;
  /** Null: they are not answered. */
  readonly metrics: Pick<ServerMetrics, 'contentType' | 'gateway' | 'text'> | null;
  /** Why the server is not ready; null when it is. */
  readonly notReady: () => string | null;
  readonly clock: Clock;
}

export class Listeners {
  readonly #parts: ListenersParts;
  readonly #bodies = gatewayBodies();
  readonly #own: HttpServer;
  readonly #inPlaceOfOllama: HttpServer | null;

  constructor(parts: ListenersParts) {
    const {
      batches,
      clients: { allowances, audit, callers },
      clock,
      config,
      gateway,
      graphql,
      images,
      metrics,
      notReady,
      portFallback,
      serverId,
    } = parts;
    this.#parts = parts;
    const { host, hosts, ollamaPort = null, origins } = config;
    const guard = new OllamaGuard({
      self: serverId,
      host,
      hosts,
      origins: [...origins, ...(config.ollamaOrigins ?? [])],
    });
    const gateways = gatewayRoutes(
      {
        ...gateway,
        audit,
        latency: metrics?.gateway ?? null,
        guard,
        bodies: this.#bodies,
        trustsClientHeaders: config.trustClientHeaders ?? false,
      },
      batches,
    );
    const listening = {
      host,
      callers,
      counted: (client: string) => allowances.request(client),
      hosts,
      origins,
      limits: { bodyBytes: config.maxBodyBytes },
      clock,
      logger: gateway.logger,
    };
    this.#own = new HttpServer({
      ...listening,
      port: config.port,
      portFallback,
      routes: [
        ...healthRoutes(notReady, () => [
          ...new Set(healthOf(gateway.system).problems.map(({ code }) => code)),
        ]),
        ...(metrics ? [metricsRoute(metrics, config.metrics === 'open')] : []),
        graphqlRoute(graphql, this.#bodies),
        ...imageRoutes(images, graphql.largeAnswers),
        ...pageRoutes({ folder: PAGE_FOLDER, guard }),
        ...gateways,
      ],
      socketRoutes: [graphqlSocketRoute(graphql, (client) => allowances.request(client))],
    });
    this.#inPlaceOfOllama =
      ollamaPort === null
        ? null
        : new HttpServer({
            ...listening,
            port: ollamaPort,
            portSetting: 'ollamaPort',
            intake: this.#own.intake,
            routes: [...gateways, homeRoute({ guard, apiPort: () => this.#own.port })],
          });
  }

  /** @throws PortInUseError and its kind */
  async start(): Promise<void> {
    const { clock, config } = this.#parts;
    const { host, ollamaPort: port = null } = config;
    await this.#own.start();
    if (this.#inPlaceOfOllama && port !== null)
      await listenInPlaceOfOllama(this.#inPlaceOfOllama, { host, port }, clock);
  }

  /** Accepts no more, ends the work, then streams and connections. @param endWork is called once. */
  async stop(endWork: () => Promise<void>): Promise<void> {
    let ending: Promise<void> | undefined;
    const beforeStreamsEnd = () => {
      ending ??= endWork();
      return ending;
    };
    await Promise.all(this.#all.map((server) => server.stop({ beforeStreamsEnd })));
    await this.#bodies.stop();
  }

  /** Valid after `start`. */
  get url(): string {
    return this.#own.url;
  }

  /** Valid after `start`; null: nowhere. */
  get ollamaUrl(): string | null {
    return this.#inPlaceOfOllama?.url ?? null;
  }

  get urls(): readonly string[] {
    return this.#all.map(({ url }) => url);
  }

  get #all(): readonly HttpServer[] {
    return this.#inPlaceOfOllama ? [this.#own, this.#inPlaceOfOllama] : [this.#own];
  }
}

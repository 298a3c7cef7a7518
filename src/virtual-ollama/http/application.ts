import type { IncomingMessage, ServerResponse } from 'node:http';
import { OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, type Handler, send, sendError, sendJson } from '../../ollama-api/exchange.ts';
import { type Routes, serveRoutes } from '../../ollama-api/front.ts';
import { AllowedOrigins } from '../../ollama-api/guard.ts';
import { Router } from '../../ollama-api/router.ts';
import { type BlobStore, MemoryBlobStore } from '../core/blob-store.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import { Registry } from '../core/registry.ts';
import { addControlRoutes } from './control.ts';
import { chatRoute } from './routes-chat.ts';
import { addCloudRoutes } from './routes-cloud.ts';
import { embeddingsRoute, embedRoute } from './routes-embed.ts';
import { generateRoute } from './routes-generate.ts';
import { copyRoute, deleteRoute, psRoute, showRoute, tagsRoute } from './routes-inventory.ts';
import {
  createBlobRoute,
  createRoute,
  headBlobRoute,
  type Library,
  pullRoute,
  pushRoute,
} from './routes-library.ts';

/** Everything that Ollama serves under `/api`, and the control routes. `/v1` is not here: 404. */
function routesOf(core: VirtualOllamaCore, blobs: BlobStore): Router<Handler> {
  const library: Library = { core, registry: new Registry(core), blobs };
  const withCore = (
    route: (core: VirtualOllamaCore, exchange: Exchange) => Promise<void> | void,
  ): Handler => {
    return (exchange) => route(core, exchange);
  };
  const withLibrary = (route: (library: Library, exchange: Exchange) => Promise<void> | void): Handler => {
    return (exchange) => route(library, exchange);
  };
  const router = new Router<Handler>()
    .add('GET,HEAD', '/', (exchange) => send(exchange, 200, 'Ollama is running', 'text/plain; charset=utf-8'))
    .add('GET,HEAD', '/api/version', (exchange) =>
      sendJson(exchange, 200, { version: core.settings.version }),
    )
    .add('GET', '/api/status', (exchange) =>
      sendJson(exchange, 200, { cloud: { disabled: true, source: 'env' } }),
    )
    .add('GET,HEAD', '/api/tags', withCore(tagsRoute))
    .add('GET', '/api/ps', withCore(psRoute))
    .add('POST', '/api/show', withCore(showRoute))
    .add('POST', '/api/generate', withCore(generateRoute))
    .add('POST', '/api/chat', withCore(chatRoute))
    .add('POST', '/api/embed', withCore(embedRoute))
    .add('POST', '/api/embeddings', withCore(embeddingsRoute))
    .add('POST', '/api/copy', withCore(copyRoute))
    .add('DELETE', '/api/delete', withCore(deleteRoute))
    .add('POST', '/api/pull', withLibrary(pullRoute))
    .add('POST', '/api/push', withLibrary(pushRoute))
    .add('POST', '/api/create', withLibrary(createRoute))
    .add('HEAD', '/api/blobs/:digest', withLibrary(headBlobRoute))
    .add('POST', '/api/blobs/:digest', withLibrary(createBlobRoute));
  addCloudRoutes(router);
  addControlRoutes(router, core);
  return router;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Aborted when the connection closes before the answer is complete. */
function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export interface AnsweredRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly tookMs: number;
  readonly from: string;
}

export interface ApplicationOptions {
  /** A server bound to a loopback address answers only to local names of its host. */
  readonly checksHost: boolean;
  /** `OLLAMA_ORIGINS`. */
  readonly origins?: string;
  /** Where uploaded files go; into memory unless given. */
  readonly blobs?: BlobStore;
  /** Told of each answered request. */
  readonly onAnswered?: (answered: AnsweredRequest) => void;
}

/** The request listener of one virtual Ollama. */
export function createApplication(core: VirtualOllamaCore, options: ApplicationOptions): Listener {
  const routes: Routes = {
    router: routesOf(core, options.blobs ?? new MemoryBlobStore()),
    rules: { checksHost: options.checksHost, origins: new AllowedOrigins(options.origins) },
    onRoute: ({ path }) => {
      if (path.startsWith('/api/') && core.faults.take('http500'))
        throw new OllamaError(500, 'virtual fault: internal server error');
    },
  };

  return (request, response) => {
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    if (core.faults.state.down && !path.startsWith('/virtual/')) {
      request.socket.destroy();
      return;
    }
    // Go announces neither that it keeps the connection nor for how long.
    response.removeHeader('Connection');
    const { onAnswered } = options;
    if (onAnswered) {
      const { method = 'GET', socket } = request;
      const startMs = core.clock.monotonic();
      const from = socket.remoteAddress ?? '';
      response.on('close', () => {
        const tookMs = core.clock.monotonic() - startMs;
        onAnswered({ method, path, status: response.statusCode, tookMs, from });
      });
    }
    const signal = disconnectSignal(response);
    const exchange: Exchange = {
      request,
      response,
      path,
      parameters: {},
      signal,
      beforeEnd: [],
      text: () => readText(request),
    };
    serveRoutes(routes, exchange).catch((error: unknown) => {
      if (signal.aborted) return;
      if (response.headersSent) response.destroy();
      else sendError(exchange, error);
    });
  };
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, type Random, systemClock } from '../clock.ts';
import type { BlobStore } from './core/blob-store.ts';
import { type CoreParts, VirtualOllamaCore } from './core/core.ts';
import type { GpuMemory } from './gpu-memory.ts';
import { type AnsweredRequest, createApplication, type Listener } from './http/application.ts';
import type { VirtualOllamaSettings } from './settings.ts';

export interface VirtualOllamaOptions extends Partial<VirtualOllamaSettings> {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** `OLLAMA_ORIGINS`: where browsers' requests may come from, besides this machine. */
  readonly origins?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Cards shared with other virtual Ollamas; by default they are this server's own. */
  readonly memory?: GpuMemory;
  /** Everything else that a core can be given. */
  readonly parts?: Pick<CoreParts, 'catalog' | 'library' | 'faults' | 'startEngine' | 'onEvent'>;
  readonly blobs?: BlobStore;
  readonly onAnswered?: (answered: AnsweredRequest) => void;
  /** Requests that come before it has resolved wait for it: a server that listens is not yet one that serves. */
  readonly readyToServe?: Promise<unknown>;
}

export interface RunningVirtualOllama {
  readonly url: string;
  readonly port: number;
  readonly core: VirtualOllamaCore;
  /** Refuses connections until `resume`, and cuts those that are open. The models stay. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends as with SIGTERM: engines go with the server. */
  stop(): Promise<void>;
  /** Ends as with SIGKILL: engines stay behind, holding their memory, unless `orphanOnKill` is off. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}

const isLoopback = (address: string) => address === '::1' || address.startsWith('127.');

/**
 * Starts a virtual Ollama on a port of its own.
 * @throws the socket's error, for example EADDRINUSE.
 */
export async function runVirtualOllama(options: VirtualOllamaOptions = {}): Promise<RunningVirtualOllama> {
  const {
    host = '127.0.0.1',
    port: wantedPort = 0,
    clock = systemClock,
    random,
    memory,
    parts,
    blobs,
    onAnswered,
    readyToServe,
    origins,
    ...settings
  } = options;
  const core = new VirtualOllamaCore({
    clock,
    settings,
    ...(random ? { random } : {}),
    ...(memory ? { memory } : {}),
    ...parts,
  });
  let checksHost = true;
  // Ollama's server sets no limits on time.
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      if (!readyToServe) serve(request, response);
      else
        readyToServe.then(
          () => serve(request, response),
          () => response.destroy(),
        );
    },
  );
  let application: Listener | undefined;
  const serve: Listener = (request, response) => {
    application ??= createApplication(core, {
      checksHost,
      ...(origins === undefined ? {} : { origins }),
      ...(blobs ? { blobs } : {}),
      ...(onAnswered ? { onAnswered } : {}),
    });
    application(request, response);
  };
  server.timeout = 0;
  await listen(server, wantedPort, host);
  const { address, port } = server.address() as AddressInfo;
  checksHost = isLoopback(address);
  const urlHost = address.includes(':') ? `[${address}]` : address;
  const end = async (how: 'stop' | 'kill') => {
    core[how]();
    await close(server);
  };
  const stop = () => end('stop');
  return {
    url: `http://${urlHost}:${port}`,
    port,
    core,
    pause: () => close(server),
    resume: () => listen(server, port, address),
    stop,
    kill: () => end('kill'),
    [Symbol.asyncDispose]: stop,
  };
}

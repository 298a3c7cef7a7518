/** The watch over all backends. */
import type { Clock } from '../clock.ts';
import type { GpuProbe } from '../domain/gpu.ts';
import type { BackendId } from '../domain/ids.ts';
import type { BackendObservation } from '../domain/observation.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BackendWatch, type MonitoredBackend, type Wanted } from './backend-watch.ts';

export interface MonitorOptions {
  readonly backends: readonly { readonly backend: MonitoredBackend; readonly probe: GpuProbe | null }[];
  readonly clock: Clock;
  /** Between the end of one reading and the beginning of the next; default 2 s. */
  readonly intervalMs?: number;
  /** How often the models are listed; default 30 s. They also are at the first contact and after a loss. */
  readonly modelsIntervalMs?: number;
  readonly onReading: (backendId: BackendId, observation: BackendObservation) => void;
  readonly logger?: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Watches every backend and its GPUs, and reports. It never decides. */
export interface Monitor {
  start(): Promise<void>;
  /** No reading is reported after it resolved. */
  stop(): Promise<void>;
  /**
   * Reads one backend now, its models too if asked for; resolves when a reading that began at `since` (epoch milliseconds) or later
   * was reported, without it one that began after the call.
   */
  poke(backendId: BackendId, what?: Wanted): Promise<void>;
}

const INTERVAL_MS = 2_000;
const MODELS_INTERVAL_MS = 30_000;

export function createMonitor(options: MonitorOptions): Monitor {
  const { backends, clock, onReading, logger } = options;
  const probes = backends.flatMap(({ probe }) => probe ?? []);
  const watches = new Map(
    backends.map(({ backend, probe }) => {
      const watch = new BackendWatch({
        backend,
        probe,
        clock,
        intervalMs: options.intervalMs ?? INTERVAL_MS,
        modelsIntervalMs: options.modelsIntervalMs ?? MODELS_INTERVAL_MS,
        onReading: (observation) => onReading(backend.id, observation),
        logger,
      });
      return [backend.id, watch];
    }),
  );
  return {
    async start() {
      await Promise.all(probes.map((probe) => probe.start()));
      for (const watch of watches.values()) watch.start();
    },
    async stop() {
      const stopping = [...watches.values()].map((watch) => watch.stop());
      await Promise.all(probes.map((probe) => probe.stop()));
      await Promise.all(stopping);
    },
    async poke(backendId, what) {
      await watches.get(backendId)?.poke(what);
    },
  };
}

import type { VirtualOllamaSettings } from '../settings.ts';

/** Ollama looks this often whether a starting engine is ready, dead, or no longer wanted. */
const LOAD_POLL_MS = 250;
/** After an unload it looks this often, and at most this long, for the memory to come back. */
const RECOVERY_POLL_MS = 250;
const RECOVERY_LIMIT_MS = 5_000;
/** An engine that runs out of memory while loading takes this long to die. */
const OUT_OF_MEMORY_MS = 300;
/** What an embedding takes besides its tokens. */
const EMBEDDING_BASE_MS = 5;
/** An engine that does not answer for so long is replaced. */
const HEALTH_CHECK_MS = 10_000;
/** A real process on a busy machine needs its time, however fast the virtual time runs. */
const LEAST_HEALTH_CHECK_MS = 1_000;
const LEAST_START_LIMIT_MS = 5_000;
/** Progress of a pull is reported this often for a layer. */
const PULL_REPORT_MS = 60;

/** How long things take, in milliseconds of the injected clock: everything here is divided by `speed`. */
export interface Pace {
  readonly loadPollMs: number;
  readonly recoveryPollMs: number;
  readonly recoveryLimitMs: number;
  readonly discoveryMs: number;
  readonly metadataMs: number;
  readonly outOfMemoryMs: number;
  readonly loadTimeoutMs: number;
  readonly healthCheckMs: number;
  readonly startLimitMs: number;
  readonly pullReportMs: number;
  loadMs(weightsBytes: number): number;
  promptMs(tokens: number): number;
  embeddingMs(tokens: number): number;
  /** Tokens a millisecond of one of `concurrent` requests, on an engine with `gpuPart` of its layers on a card. */
  tokensPerMs(concurrent: number, gpuPart: number | undefined): number;
  pullMs(bytes: number): number;
}

export function paceOf(settings: VirtualOllamaSettings): Pace {
  const { speed } = settings;
  const promptMs = (tokens: number) => (1_000 * tokens) / settings.promptTokensPerSecond / speed;
  return {
    loadPollMs: LOAD_POLL_MS / speed,
    recoveryPollMs: RECOVERY_POLL_MS / speed,
    recoveryLimitMs: RECOVERY_LIMIT_MS / speed,
    discoveryMs: settings.discoveryMs / speed,
    metadataMs: settings.metadataMs / speed,
    outOfMemoryMs: OUT_OF_MEMORY_MS / speed,
    healthCheckMs: Math.max(HEALTH_CHECK_MS / speed, LEAST_HEALTH_CHECK_MS),
    startLimitMs: Math.max(settings.loadTimeoutMs / speed, LEAST_START_LIMIT_MS),
    loadTimeoutMs: settings.loadTimeoutMs / speed,
    pullReportMs: PULL_REPORT_MS / speed,
    loadMs: (bytes) =>
      (settings.engineStartMs + settings.loadBaseMs + (1_000 * bytes) / settings.loadBytesPerSecond) / speed,
    promptMs,
    embeddingMs: (tokens) => promptMs(tokens) + EMBEDDING_BASE_MS / speed,
    tokensPerMs(concurrent, gpuPart) {
      // On a host without a GPU the rates are what they are: nothing is slowed down by being on the CPU.
      const slowdown = gpuPart === undefined ? 1 : gpuPart + (1 - gpuPart) * settings.cpuSlowdown;
      return (
        (settings.tokensPerSecond * concurrent ** (settings.batchExponent - 1) * speed) / slowdown / 1_000
      );
    },
    pullMs: (bytes) => (1_000 * bytes) / settings.pullBytesPerSecond / speed,
  };
}

/** Downloads of models, told line by line. */
import type { Clock } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PullProgress } from '../../domain/model-operations.ts';
import { SUCCESS } from '../../domain/model-operations.ts';
import type { OllamaConnection } from './connection.ts';
import type { Deadlines } from './deadlines.ts';
import { StallWatch } from './stall-watch.ts';
import { pullLine } from './wire.ts';

export interface PullMeans {
  readonly connection: OllamaConnection;
  readonly clock: Clock;
  readonly deadlines: Pick<Deadlines, 'pullStillMs' | 'pullStoreMs'>;
}

/**
 * Fetches a model, telling of each line; breaking it off leaves what arrived to the next pull.
 * @throws BackendError, or the signal's reason
 */
export async function pull(
  { connection, clock, deadlines }: PullMeans,
  model: string,
  onProgress: (progress: PullProgress, record: JsonObject) => void,
  signal: AbortSignal,
  insecure = false,
): Promise<void> {
  // Ollama sends a line for a layer every 60 ms whether bytes arrive or not, so silence alone tells nothing.
  using watch = new StallWatch(clock, deadlines.pullStillMs, () => stoodStill(model));
  const call = {
    endpoint: '/api/pull',
    body: { model, stream: true, ...(insecure && { insecure }) },
  } as const;
  const silence = { firstByteMs: deadlines.pullStoreMs, betweenChunksMs: deadlines.pullStoreMs };
  const latest = { step: '', completedBytes: -1, fetched: false };
  for await (const record of connection.stream(call, AbortSignal.any([signal, watch.signal]), silence)) {
    const progress = progressOf(record);
    if (progress === null) continue;
    onProgress(progress, record);
    if (progress.step === SUCCESS) return;
    const completedBytes = progress.layer?.completedBytes ?? -1;
    if (progress.step === latest.step && completedBytes === latest.completedBytes) continue;
    latest.fetched ||= progress.layer !== null;
    latest.step = progress.step;
    latest.completedBytes = completedBytes;
    watch.touch(latest.fetched && progress.layer === null ? deadlines.pullStoreMs : deadlines.pullStillMs);
  }
  throw new BackendError(
    'BACKEND_ERROR',
    'retry',
    `Ollama ended the pull of ${model} without saying that it succeeded. Pull again: what arrived is kept.`,
  );
}

/** Null for a line of a kind that this does not know. */
function progressOf(record: unknown): PullProgress | null {
  const { success, data } = pullLine.safeParse(record);
  if (!success) return null;
  const { status: step, digest, total, completed = 0 } = data;
  if (digest === undefined || total === undefined) return { step, layer: null };
  return { step, layer: { digest, completedBytes: Math.min(completed, total), totalBytes: total } };
}

function stoodStill(model: string): BackendError {
  return new BackendError(
    'BACKEND_ERROR',
    'retry',
    `The pull of ${model} got no further for a long time. Check the network of Ollama's host and pull again: what arrived is kept.`,
  );
}

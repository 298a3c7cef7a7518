/** Answers that are streamed as text, and what becomes of the stream of a job that is cancelled. */
import type { Clock, Timer } from '../../clock.ts';
import type { OutputSink } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Call, OllamaConnection } from './connection.ts';
import { TextResult } from './text-result.ts';

/**
 * What to do with the stream of a cancelled job. Ollama may leak the slot of a request whose connection breaks while it is
 * sending (ollama#17131), and only an unload heals that. So a stream that `num_predict` ends within `tokens` more pieces is read
 * to its end, unseen and for at most `ms`; any other is broken off, because its work would cost more than the risk.
 */
export interface DrainPolicy {
  readonly tokens: number;
  readonly ms: number;
}

/** Runs a generate or chat call. Settles at once when `signal` aborts, with its reason. @throws BackendError */
export async function runText(
  connection: OllamaConnection,
  clock: Clock,
  call: Call,
  drain: DrainPolicy,
  sink: OutputSink,
  signal: AbortSignal,
): Promise<JobResult> {
  signal.throwIfAborted();
  const wire = new AbortController();
  const result = new TextResult((record) => {
    if (!signal.aborted) sink(record);
  });
  const cancelled = Promise.withResolvers<never>();
  let drainTimer: Timer | undefined;
  const onAbort = () => {
    cancelled.reject(signal.reason);
    if (endsWithin(drain.tokens, result.pieces, call)) {
      drainTimer = clock.after(drain.ms, () => wire.abort(signal.reason));
    } else {
      wire.abort(signal.reason);
    }
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const reading = read(connection.stream(call, wire.signal), result).finally(() => {
    signal.removeEventListener('abort', onAbort);
    drainTimer?.cancel();
  });
  // Both may reject after the race is decided; the loser has nobody left to tell.
  cancelled.promise.catch(() => {});
  reading.catch(() => {});
  return Promise.race([cancelled.promise, reading]);
}

async function read(records: AsyncIterable<JsonObject>, result: TextResult): Promise<JobResult> {
  try {
    // Read on after the final record: breaking off there would count as an abort on the server.
    for await (const record of records) result.add(record);
  } catch (error) {
    if (!result.final) throw error;
  }
  if (result.final) return result.final;
  throw new BackendError(
    'BACKEND_ERROR',
    'retry',
    'Ollama ended the answer without its final record. It does so when a model repeats itself without end, or when the engine dies: another seed or a repeat penalty may help.',
  );
}

function endsWithin(tokens: number, pieces: number, call: Call): boolean {
  const options = call.body?.options as JsonObject | undefined;
  const most = options?.num_predict;
  return typeof most === 'number' && most > 0 && pieces > 0 && most - pieces <= tokens;
}

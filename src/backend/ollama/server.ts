import type { Clock } from '../../clock.ts';
import type { Resident } from '../../domain/backend.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { OllamaConnection } from './connection.ts';
import type { Deadlines } from './deadlines.ts';
import type { OllamaModelLibrary } from './model-library.ts';
import { residentOf } from './residents.ts';
import type { DrainPolicy } from './run-text.ts';
import { psAnswer } from './wire.ts';

/** One Ollama as the parts of this backend share it. */
export interface OllamaServer {
  readonly connection: OllamaConnection;
  readonly library: OllamaModelLibrary;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly drain: DrainPolicy;
  readonly logger: Pick<Logger, 'info' | 'warn'> | undefined;
}

/** What it says is in its memory. A model that is still loading is not listed. @throws BackendError, or the signal's reason */
export async function residents(
  connection: OllamaConnection,
  signal: AbortSignal,
  withinMs?: number,
): Promise<readonly Resident[]> {
  const answer = await connection.ask({ endpoint: '/api/ps' }, psAnswer, signal, withinMs);
  return (answer.models ?? []).map(residentOf);
}

/** What the parts of this backend share of one Ollama. */
import type { Clock } from '../../clock.ts';
import type { Resident } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
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

/** The list can be held up for seconds while the server evicts; work on what is in memory is not. */
const QUICK_MS = 500;

/** The same, where it is no reason to wait; null when it did not come at once. */
export async function quickResidents(connection: OllamaConnection): Promise<readonly Resident[] | null> {
  try {
    return await residents(connection, new AbortController().signal, QUICK_MS);
  } catch (error) {
    if (error instanceof BackendError) return null;
    throw error;
  }
}

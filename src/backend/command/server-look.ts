/** Whether a server that a command started is ready, and what it tells of itself then. */
import { request } from 'undici';
import { z } from 'zod';
import { BackendError } from '../../domain/errors.ts';
import type { OpenAiConnection } from '../openai/connection.ts';
import { OpenAiModelLibrary } from '../openai/model-library.ts';
import type { ProcessSpec } from '../supervisor/index.ts';

/** Of servers that have none of their own for it. */
const USUAL_PATHS = ['/health', '/v1/models'];
const NO_ROUTE = [404, 405, 501];

/** @param path null for the usual ones */
export function readyProbe(path: string | null): ProcessSpec['readiness']['probe'] {
  return async (port, signal) => {
    for (const each of path === null ? USUAL_PATHS : [path]) {
      const answer = await request(`http://127.0.0.1:${port}${each}`, { signal });
      await answer.body.dump();
      if (answer.statusCode >= 200 && answer.statusCode < 300) return;
      if (path === null && NO_ROUTE.includes(answer.statusCode)) continue;
      throw new Error(`${each} answers with status ${answer.statusCode}`);
    }
    throw new Error(`neither ${USUAL_PATHS.join(' nor ')} is there; name its path with ready`);
  };
}

const sleepAnswer = z.looseObject({ is_sleeping: z.boolean() });

/** Whether it sleeps. @throws BackendError, or the signal's reason */
export async function sleepState(connection: OpenAiConnection, signal: AbortSignal): Promise<boolean> {
  return (await connection.get('/is_sleeping', sleepAnswer, signal)).is_sleeping;
}

export interface ServerLook {
  /** What it calls the model, where it lists one alone or the one that was meant. */
  readonly servedName: string;
  /** Tokens of one slot; null where it does not tell. */
  readonly contextLength: number | null;
  /** Requests at once; null where it does not tell. */
  readonly slots: number | null;
}

/** A server that does not list its models is taken as it is. @throws BackendError when it does not answer */
export async function lookAtServer(
  connection: OpenAiConnection,
  modelName: string,
  signal: AbortSignal,
): Promise<ServerLook> {
  try {
    const { server, models } = await new OpenAiModelLibrary(connection).look(signal);
    const meant =
      models.find(({ name }) => name === modelName) ?? (models.length === 1 ? models[0] : undefined);
    return {
      servedName: meant?.name ?? modelName,
      contextLength: meant?.defaultContextLength ?? server.contextLength,
      slots: server.slots,
    };
  } catch (error) {
    const status = error instanceof BackendError ? error.answer?.status : undefined;
    if (typeof status === 'number' && NO_ROUTE.includes(status))
      return { servedName: modelName, contextLength: null, slots: null };
    throw error;
  }
}

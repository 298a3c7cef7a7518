/** What a server tells of itself: what it is, how much it runs at once, and what kinds of work it takes. */
import { BackendError } from '../../domain/errors.ts';
import type { OpenAiConnection } from './connection.ts';
import { propsAnswer, versionAnswer } from './wire.ts';

export interface ServerFacts {
  /** Its own; `v1`, which is the API's, where it tells none. */
  readonly version: string;
  /** Requests that it runs at once; null where it does not tell. */
  readonly slots: number | null;
  /** Tokens of one of them; null where it does not tell. */
  readonly contextLength: number | null;
  /** Of inputs beside text; null where it does not tell. */
  readonly sees: boolean | null;
  readonly hears: boolean | null;
  readonly chats: boolean;
  readonly completes: boolean;
  readonly embeds: boolean;
}

/** @throws BackendError when it does not answer, or the signal's reason */
export async function serverFacts(connection: OpenAiConnection, signal: AbortSignal): Promise<ServerFacts> {
  const [props, version, chats, completes, embeds] = await Promise.all([
    unlessMissing(connection.get('/props', propsAnswer, signal)),
    unlessMissing(connection.get('/version', versionAnswer, signal)),
    takes(connection, '/v1/chat/completions', signal),
    takes(connection, '/v1/completions', signal),
    takes(connection, '/v1/embeddings', signal),
  ]);
  return {
    version: version?.version ?? props?.build_info ?? 'v1',
    slots: props?.total_slots ?? null,
    contextLength: props?.default_generation_settings?.n_ctx ?? null,
    sees: props?.modalities?.vision ?? null,
    hears: props?.modalities?.audio ?? null,
    chats,
    completes,
    embeds,
  };
}

/** What a server has no route for, answers in a form of its own, or keeps from others, is not told. */
async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof BackendError && (isAnswered(error) || isForbidden(error))) return null;
    throw error;
  }
}

/** A proxy may pass on `/v1` alone. Whoever wants a key for that, too, says so when its models are asked for. */
function isForbidden({ answer }: BackendError): boolean {
  return answer?.status === 401 || answer?.status === 403;
}

const NO_ROUTE: readonly (number | null | undefined)[] = [404, 405, 501];

/** A request without anything in it runs nothing; whether it is refused for that, or for its path, tells whether the path is there. */
async function takes(connection: OpenAiConnection, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.probe(path, signal);
    return true;
  } catch (error) {
    if (!(error instanceof BackendError) || !isAnswered(error)) throw error;
    return !NO_ROUTE.includes(error.answer?.status);
  }
}

/** Whether something was said that has come to stay: not that it is too busy, or still loading. */
function isAnswered({ remedy, code }: BackendError): boolean {
  return remedy !== 'busy' && code !== 'BACKEND_UNREACHABLE' && remedy !== 'wait';
}

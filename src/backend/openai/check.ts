/** What is at an address where a server of OpenAI's API should be. */
import type { Clock } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import { type Address, isNobody, type ServerCheck } from '../ollama/answer.ts';
import { DEFAULT_DEADLINES, type Deadlines } from '../ollama/deadlines.ts';
import { type ConnectionOptions, OpenAiConnection } from './connection.ts';
import { OpenAiModelLibrary } from './model-library.ts';

/** A server on this machine answers within milliseconds. */
const ANSWER_WITHIN_MS = 3_000;

/** Never throws. */
export function checkOpenAi({ url, headers }: Address, clock: Clock): Promise<ServerCheck> {
  return checked({ url, headers, clock, deadlines: within(ANSWER_WITHIN_MS) }, async (connection, signal) => {
    const { server, models } = await new OpenAiModelLibrary(connection).look(signal);
    return { version: server.version, models: models.map(({ name }) => name) };
  });
}

export function within(ms: number): Deadlines {
  return { ...DEFAULT_DEADLINES, controlMs: ms, connectMs: ms };
}

/** What a look tells, or what is there instead. Never throws. */
export async function checked(
  options: ConnectionOptions,
  look: (
    connection: OpenAiConnection,
    signal: AbortSignal,
  ) => Promise<{ readonly version: string; readonly models: readonly string[] }>,
): Promise<ServerCheck> {
  const connection = new OpenAiConnection(options);
  try {
    return { kind: 'answers', ...(await look(connection, new AbortController().signal)) };
  } catch (error) {
    if (isNobody(error instanceof Error ? error.cause : error)) return { kind: 'silent' };
    const said = error instanceof BackendError ? error.finding : 'it does not speak HTTP';
    const isThere = error instanceof BackendError && error.answer?.status !== 404;
    return isThere ? { kind: 'closed', why: said } : { kind: 'strange', said };
  } finally {
    await connection.close();
  }
}

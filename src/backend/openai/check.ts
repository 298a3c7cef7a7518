/** What is at an address where a server of OpenAI's API should be. */
import type { Clock } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import { type Address, isNobody, type ServerCheck } from '../ollama/answer.ts';
import { DEFAULT_DEADLINES } from '../ollama/deadlines.ts';
import { OpenAiConnection } from './connection.ts';
import { OpenAiModelLibrary } from './model-library.ts';

/** A server on this machine answers within milliseconds. */
const ANSWER_WITHIN_MS = 3_000;

/** Never throws. */
export async function checkOpenAi({ url, headers }: Address, clock: Clock): Promise<ServerCheck> {
  const deadlines = { ...DEFAULT_DEADLINES, controlMs: ANSWER_WITHIN_MS, connectMs: ANSWER_WITHIN_MS };
  const connection = new OpenAiConnection({ url, headers, clock, deadlines });
  try {
    const { server, models } = await new OpenAiModelLibrary(connection).look(new AbortController().signal);
    return { kind: 'answers', version: server.version, models: models.map(({ name }) => name) };
  } catch (error) {
    if (isNobody(error instanceof Error ? error.cause : error)) return { kind: 'silent' };
    const said = error instanceof BackendError ? error.finding : 'it does not speak HTTP';
    const isThere = error instanceof BackendError && error.answer?.status !== 404;
    return isThere ? { kind: 'closed', why: said } : { kind: 'strange', said };
  } finally {
    await connection.close();
  }
}

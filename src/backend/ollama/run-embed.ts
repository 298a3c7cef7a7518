import { z } from 'zod';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Call, OllamaConnection } from './connection.ts';
import { tokenUsage } from './text-result.ts';
import { embedAnswer } from './wire.ts';

/** Runs an embed call for `inputs` texts. @throws BackendError, or the signal's reason */
export async function runEmbed(
  connection: OllamaConnection,
  call: Call,
  inputs: number,
  signal: AbortSignal,
): Promise<JobResult> {
  signal.throwIfAborted();
  const answer = await connection.result(call, z.looseObject({}), signal);
  const { embeddings, ...raw } = answer;
  return {
    kind: 'embed',
    embeddings: checked(embeddings, inputs),
    usage: tokenUsage(raw),
    raw: raw as JsonObject,
  };
}

/** One vector for each input, of finite numbers, all of one length: anything else would poison whoever compares them. */
function checked(embeddings: unknown, inputs: number): readonly (readonly number[])[] {
  const parsed = embedAnswer.shape.embeddings.safeParse(embeddings);
  if (!parsed.success) throw unusable('they hold something else than finite numbers');
  const vectors = parsed.data;
  if (vectors.length !== inputs) throw unusable(`${vectors.length} came for ${inputs} texts`);
  const lengths = new Set(vectors.map((vector) => vector.length));
  if (lengths.size > 1) throw unusable('they differ in length');
  if (lengths.has(0)) throw unusable('they are empty');
  return vectors;
}

function unusable(why: string): BackendError {
  return new BackendError('BACKEND_ERROR', 'retry', `The embeddings from Ollama cannot be used: ${why}.`);
}

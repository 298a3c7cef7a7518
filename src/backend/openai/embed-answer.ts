/** Embeddings, some texts at a time, so that no answer is so large that reading it holds others up. */
import { nextTurn } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { EmbedRequest } from '../../domain/request.ts';
import { VectorGatherer } from '../../domain/vectors.ts';
import type { OpenAiConnection } from './connection.ts';
import { type Dialect, passedOn } from './dialect.ts';
import { embeddingsAnswer } from './wire.ts';

const TEXTS_AT_ONCE = 64;
const FLOAT_BYTES = 4;

export interface EmbedParts {
  readonly connection: OpenAiConnection;
  readonly modelName: string;
  readonly dialect: Dialect;
  readonly signal: AbortSignal;
  monotonic(): number;
}

/** @throws BackendError, or the signal's reason */
export async function embed(request: EmbedRequest, parts: EmbedParts): Promise<JobResult> {
  const { input, dimensions, normalize = true, options } = request;
  const { connection, modelName, dialect, signal } = parts;
  const common = { ...passedOn(options?.extra ?? {}, dialect), model: modelName, dimensions };
  // A few bytes fewer are nothing to be refused for.
  const encoding_format = dialect === 'loose' ? 'base64' : 'float';
  const startedMs = parts.monotonic();
  const gatherer = new VectorGatherer();
  let promptTokens = 0;
  let length = 0;
  for (let first = 0; first < input.length; first += TEXTS_AT_ONCE) {
    const texts = input.slice(first, first + TEXTS_AT_ONCE);
    const body = { ...common, input: texts, encoding_format };
    const answer = await connection.post('/v1/embeddings', body, embeddingsAnswer, signal);
    promptTokens += answer.usage?.prompt_tokens ?? 0;
    const vectors = answer.data
      .map(({ index, embedding }, place) => ({ place: index ?? place, numbers: numbersOf(embedding) }))
      .sort((a, b) => a.place - b.place);
    if (vectors.length !== texts.length) throw mismatch(vectors.length, texts.length);
    for (const { numbers } of vectors) {
      if (length !== 0 && numbers.length !== length) throw mismatch(numbers.length, length);
      length = numbers.length;
      gatherer.add(Buffer.from(JSON.stringify(normalize ? unitLength(numbers) : numbers)));
    }
    await nextTurn();
  }
  const usage = {
    promptTokens,
    completionTokens: 0,
    evalDurationMs: 0,
    loadDurationMs: 0,
  };
  const total = Math.round((parts.monotonic() - startedMs) * 1e6);
  const raw = { model: modelName, total_duration: total, prompt_eval_count: promptTokens };
  return { kind: 'embed', vectors: gatherer.finish(length), usage, raw };
}

/** @throws BackendError for base64 of no whole floats */
function numbersOf(embedding: readonly number[] | string): readonly number[] {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Buffer.from(embedding, 'base64');
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0)
    throw new BackendError('BACKEND_ERROR', 'retry', 'The server sent a vector that is no list of floats.');
  const numbers = Array.from({ length: bytes.length / FLOAT_BYTES }, (_, i) =>
    bytes.readFloatLE(i * FLOAT_BYTES),
  );
  if (numbers.every(Number.isFinite)) return numbers;
  throw new BackendError('BACKEND_ERROR', 'retry', 'The server sent a vector with what is no number in it.');
}

/** As Ollama gives them; what has that length already keeps its digits. */
function unitLength(numbers: readonly number[]): readonly number[] {
  const norm = Math.sqrt(numbers.reduce((sum, each) => sum + each * each, 0));
  return norm === 0 || Math.abs(norm - 1) < 1e-3 ? numbers : numbers.map((each) => each / norm);
}

function mismatch(got: number, wanted: number): BackendError {
  return new BackendError(
    'BACKEND_ERROR',
    'retry',
    `The server answered ${got} where ${wanted} were asked for.`,
  );
}

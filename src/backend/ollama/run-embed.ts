/** Embeddings: an answer that comes in one piece and may be large, read as it arrives. */
import { nextTurn } from '../../clock.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Call, OllamaConnection } from './connection.ts';
import { tokenUsage } from './text-result.ts';
import { VectorReader } from './vector-reader.ts';

/** As much is read in one go: about a millisecond of parsing, then others get their turn. */
const PORTION_BYTES = 65_536;

/** Runs an embed call for `inputs` texts. @throws BackendError, or the signal's reason */
export async function runEmbed(
  connection: OllamaConnection,
  call: Call,
  inputs: number,
  signal: AbortSignal,
): Promise<JobResult> {
  signal.throwIfAborted();
  const reader = new VectorReader();
  await connection.result(call, signal, async (chunks) => {
    let portion = 0;
    for await (const chunk of chunks) {
      reader.push(chunk);
      portion += chunk.length;
      if (portion < PORTION_BYTES) continue;
      portion = 0;
      await nextTurn();
    }
  });
  const { vectors, rest } = reader.end(inputs);
  return { kind: 'embed', vectors, usage: tokenUsage(rest), raw: rest };
}

/** Runs a call for one vector as the model made it, of which Ollama says nothing else. @throws BackendError, or the signal's reason */
export async function runEmbedding(
  connection: OllamaConnection,
  call: Call,
  signal: AbortSignal,
): Promise<JobResult> {
  signal.throwIfAborted();
  const pieces: Uint8Array[] = [];
  await connection.result(call, signal, async (chunks) => {
    for await (const chunk of chunks) pieces.push(chunk);
  });
  const reader = new VectorReader();
  reader.push(asList(Buffer.concat(pieces)));
  const { vectors, rest } = reader.end(1);
  return { kind: 'embed', vectors, usage: tokenUsage(rest), raw: rest };
}

/** The answer with its one vector in the form of many; as it is where it has none. */
function asList(answer: Buffer): Buffer {
  try {
    const { embedding, ...rest } = JSON.parse(answer.toString('utf8'));
    return Buffer.from(JSON.stringify({ ...rest, embeddings: embedding && [embedding] }));
  } catch {
    return answer;
  }
}

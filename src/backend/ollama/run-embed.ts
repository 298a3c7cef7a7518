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

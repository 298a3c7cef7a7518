/** A job's output from its beginning to the job's end, through lost connections and restarts of the server. */
import type { ApiClient } from '../../client/api-client.ts';
import { JobOutput } from '../../client/documents.ts';
import { ServerUnreachableError } from '../../client/errors.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { isTerminal } from '../../domain/job.ts';
import { type ShownJob, showJob } from './api-calls.ts';
import { type OutputPiece, OutputTrack } from './output-track.ts';

/** A stream that the server ended before the job did is begun again after so long. */
const AGAIN_MS = 500;

/**
 * Resolves with the job as it ended. A stream that broke goes on where it was.
 * @throws ServerUnreachableError when the server does not come back; CommandError when the job is forgotten
 */
export async function followOutput(
  api: ApiClient,
  id: string,
  onPiece: (piece: OutputPiece) => void,
  clock: Clock = systemClock,
): Promise<ShownJob> {
  const track = new OutputTrack();
  for (;;) {
    for await (const { jobOutput } of api.subscribe(JobOutput, () => ({ id, ...track.resumeAt() }))) {
      const piece = track.take(jobOutput);
      if (piece) onPiece(piece);
    }
    const job = await showUnlessAway(api, id);
    if (job && isTerminal(job.status)) return job;
    await sleep(clock, AGAIN_MS);
  }
}

/** Null while the server does not answer: the stream waits for it, and gives up in time. */
async function showUnlessAway(api: ApiClient, id: string): Promise<ShownJob | null> {
  try {
    return await showJob(api, id);
  } catch (error) {
    if (error instanceof ServerUnreachableError) return null;
    throw error;
  }
}

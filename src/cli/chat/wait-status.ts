/** Where a job stands in the queue and why it waits, as long as it does. */
import type { ApiClient } from '../../client/api-client.ts';
import { JobWaits } from '../../client/documents.ts';
import type { JobWaitsQuery } from '../../client/generated/graphql.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { inCommandWords } from '../terminal/command-words.ts';

/** Most answers have begun by then. */
const FIRST_LOOK_MS = 300;
const NEXT_LOOK_MS = 1_000;

/** Until `signal` aborts. Never throws: who follows the job says what is wrong with the connection. */
export async function showWaiting(
  api: Pick<ApiClient, 'request'>,
  id: string,
  show: (text: string) => void,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  try {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = NEXT_LOOK_MS) {
      await sleep(clock, pauseMs, signal);
      const { job } = await api.request(JobWaits, { id }, signal);
      if (job && !signal.aborted) show(waitText(job));
    }
  } catch {
    // As said above.
  }
}

/** A sentence for a person. */
export function waitText({ status, waiting, queuePosition }: NonNullable<JobWaitsQuery['job']>): string {
  if (status === 'RUNNING') return 'The model reads.';
  const place = queuePosition == null ? '' : `Place ${queuePosition + 1} in the queue. `;
  return `${place}${inCommandWords(waiting?.explanation ?? 'It starts.')}`;
}

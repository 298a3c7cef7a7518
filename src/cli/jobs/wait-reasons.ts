/** Says why a job waits, as long as it does. */
import type { ApiClient } from '../../client/api-client.ts';
import { JobWaits } from '../../client/documents.ts';
import type { JobWaitsQuery } from '../../client/generated/graphql.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { inCommandWords } from '../terminal/command-words.ts';

const FIRST_LOOK_MS = 500;
const NEXT_LOOK_MS = 2_000;
/** What usually is over before anybody wonders is said only then. */
const PATIENCE_MS = 3_000;

type Waiting = NonNullable<NonNullable<JobWaitsQuery['job']>['waiting']>;

/** These do not pass by themselves. */
const AT_ONCE: readonly Waiting['reason'][] = ['BACKEND_DOWN', 'MODEL_UNAVAILABLE', 'SCHEDULER_PAUSED'];

/**
 * Until the job runs or `signal` aborts; each reason once, whatever its figures become. Never throws: who follows the job
 * says what is wrong with the connection.
 */
export async function tellWhyItWaits(
  api: Pick<ApiClient, 'request'>,
  id: string,
  say: (text: string) => void,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const startedAt = clock.monotonic();
  let said = '';
  try {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = NEXT_LOOK_MS) {
      await sleep(clock, pauseMs, signal);
      const { job } = await api.request(JobWaits, { id }, signal);
      if (!job || job.status === 'RUNNING') return;
      const { waiting } = job;
      if (!waiting) continue;
      const isDue = AT_ONCE.includes(waiting.reason) || clock.monotonic() - startedAt >= PATIENCE_MS;
      if (!isDue || plain(waiting.explanation) === said) continue;
      said = plain(waiting.explanation);
      say(`Waits: ${inCommandWords(waiting.explanation)}`);
    }
  } catch {
    // As said above.
  }
}

/** Without its figures: `for 12.3 s` becomes `for 1 min 2 s`, and is the same reason. */
export function plain(explanation: string): string {
  return explanation.replace(/\d[\d.,]*( ?(ms|s|min|h|d|[KMGT]?i?B)\b)?/g, '').replace(/\s+/g, ' ');
}

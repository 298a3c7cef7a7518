/** Who and what has used the slots, as figures of a window of time. */
import type { ClientLimits } from './client-limits.ts';
import type { JobCounts } from './job.ts';

export interface LatencyStats {
  readonly sampleCount: number;
  readonly queueP50Ms: number | null;
  readonly queueP95Ms: number | null;
  readonly runP50Ms: number | null;
  readonly runP95Ms: number | null;
}

export interface ClientStats {
  readonly client: string;
  /** Waiting and running ones are those of now, ended ones those of the window. */
  readonly counts: JobCounts;
  readonly latency: LatencyStats;
  /** Of its waiting jobs; null when none waits. */
  readonly oldestWaitMs: number | null;
  /** When it last submitted something, or when something of it last ended, epoch milliseconds. */
  readonly lastSeenAt: number;
  /** In slots, within the window. */
  readonly slotTimeMs: number;
  /** Of the slot time of all clients, 0 to 1. */
  readonly share: number;
  /** What it would have by its weight if all clients of the window wanted everything, 0 to 1. */
  readonly fairShare: number;
  readonly limits: ClientLimits;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** What providers took for them, by their prices. */
  readonly cost: number;
}

export interface ModelSpeed {
  /** Completed jobs that it is of. */
  readonly jobs: number;
  /** While an answer was produced, median; null where the backend did not say. */
  readonly tokensPerSecond: number | null;
  /** While a prompt was read, median. */
  readonly promptTokensPerSecond: number | null;
}

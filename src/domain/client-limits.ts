/** What single clients may take, as configured. Plain data, so that it reaches the store's thread. */
export interface ClientLimits {
  /** Among clients who wait it gets so many times the service of one with 1. */
  readonly weight: number;
  /** The most of its jobs that may be claimed or run at once; null for no limit. */
  readonly maxRunning: number | null;
  /** The most of its jobs that may wait, those that are to be tried again included; null for no limit. */
  readonly maxQueued: number | null;
  /** Absent, as those below: no limit. */
  readonly requestsPerSecond?: number;
  /** Read and written, of jobs that were completed. */
  readonly tokensPerMinute?: number;
  /** Time that its jobs run. */
  readonly gpuSecondsPerDay?: number;
  /** Tokens of the largest context that a job of it may wait for. */
  readonly maxContextLength?: number;
  /** The most tokens that a job of it may write, where it asks for no less. */
  readonly maxOutputTokens?: number;
}

export interface ClientTable {
  /** Of all that are not named. */
  readonly others: ClientLimits;
  readonly named: ReadonlyMap<string, ClientLimits>;
}

export const NO_CLIENT_LIMITS: ClientTable = {
  others: { weight: 1, maxRunning: null, maxQueued: null },
  named: new Map(),
};

export function limitsOf({ named, others }: ClientTable, client: string): ClientLimits {
  return named.get(client) ?? others;
}

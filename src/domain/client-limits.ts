/** What single clients may take, as configured. Plain data, so that it reaches the store's thread. */
export interface ClientLimits {
  /** Among clients who wait it gets so many times the service of one with 1. */
  readonly weight: number;
  /** The most of its jobs that may be claimed or run at once; null for no limit. */
  readonly maxRunning: number | null;
  /** The most of its jobs that may wait, those that are to be tried again included; null for no limit. */
  readonly maxQueued: number | null;
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

/** Who asks, and what is theirs to see. */
import type { JobPriority } from './job.ts';

/** Who asks, as the transport established it. */
export interface Principal {
  readonly client: string;
  /** Everybody is one where no keys are configured. */
  readonly admin: boolean;
  /** A more urgent priority asked for is refused. */
  readonly maxPriority: JobPriority;
}

/** The one rule of ownership: what a client submitted is its own, and administrators see all. What is not seen is not there. */
export function sees(principal: Principal, owned: { readonly client: string }): boolean {
  const only = onlyClient(principal);
  return only === null || only === owned.client;
}

/** The rule for lists, and for what readers share: the client whose jobs alone are seen; null for those of all. */
export function onlyClient({ admin, client }: Principal): string | null {
  return admin ? null : client;
}

/**
 * The one rule for what holds for everybody: the models that there are, their memory, the order of the queue.
 * @param why a sentence without its end
 * @returns what to answer whoever may not; null for who may
 */
export function adminRefusal({ admin }: Principal, why: string): string | null {
  return admin ? null : `${why}: it takes an administrator.`;
}

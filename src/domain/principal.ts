/** Who asks, what is theirs to see and to change. */
import { VramkeeperError } from './errors.ts';
import type { JobPriority } from './job.ts';
import { needOf, type Scope, type Scopes } from './scopes.ts';

/** Who asks, as the transport established it. */
export interface Principal {
  readonly client: string;
  /** Everybody has all of them where no keys are configured. */
  readonly scopes: Scopes;
  /** A more urgent priority asked for is refused. */
  readonly maxPriority: JobPriority;
}

/** Whoever asks may not. */
export class ForbiddenError extends VramkeeperError {
  readonly code = 'FORBIDDEN';
}

export function may({ scopes }: Principal, scope: Scope): boolean {
  return scopes.has(scope);
}

/** @throws ForbiddenError @param wayIn as the table of scopes has it */
export function letIn(principal: Principal, wayIn: string): void {
  const need = needOf(wayIn);
  if (need === 'ANY' || may(principal, need)) return;
  throw new ForbiddenError(
    `This takes the scope ${need}, which ${principal.client} does not have. Ask with a key that has it, such as an administrator's.`,
  );
}

/** The one rule of ownership: what a client submitted is its own, and whoever reads all sees all. What is not seen is not there. */
export function sees(principal: Principal, owned: { readonly client: string }): boolean {
  const only = onlyClient(principal);
  return only === null || only === owned.client;
}

/** The rule for lists, and for what readers share: the client whose jobs alone are seen; null for those of all. */
export function onlyClient(principal: Principal): string | null {
  return may(principal, 'READ_ALL') ? null : principal.client;
}

/** Its own, and with OPERATE what belongs to others. */
export function changes(principal: Principal, { client }: { readonly client: string }): boolean {
  return client === principal.client || may(principal, 'OPERATE');
}

/** Of what the principal sees. @throws ForbiddenError */
export function letChange(principal: Principal, owned: { readonly client: string }): void {
  if (changes(principal, owned)) return;
  throw new ForbiddenError(
    `It belongs to ${owned.client}, and changing what belongs to others takes the scope OPERATE.`,
  );
}

/** What only administrators may do by the drop-in APIs. */
import { VramkeeperError } from '../../domain/errors.ts';
import { adminRefusal, type Principal } from '../../domain/principal.ts';

/** Whoever asks may not. */
export class ForbiddenError extends VramkeeperError {
  readonly code = 'FORBIDDEN';
}

/** @param why a sentence without its end @throws ForbiddenError */
export function requireAdmin(principal: Principal, why: string): void {
  const refusal = adminRefusal(principal, why);
  if (refusal !== null) throw new ForbiddenError(refusal);
}

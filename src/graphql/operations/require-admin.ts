/** Operations that are for administrators alone. */
import { adminRefusal } from '../../domain/principal.ts';
import type { GraphQLContext } from '../context.ts';
import { requestError } from '../request-errors.ts';

/**
 * @param why a sentence without its end
 * @throws GraphQLError FORBIDDEN
 */
export function requireAdmin(
  { principal }: GraphQLContext,
  why = 'This holds for the jobs of every client',
): void {
  const refusal = adminRefusal(principal, why);
  if (refusal !== null) throw requestError('FORBIDDEN', refusal);
}

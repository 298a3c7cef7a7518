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
  if (principal.admin) return;
  throw requestError('FORBIDDEN', `${why}: it takes an administrator.`);
}

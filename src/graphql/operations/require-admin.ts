import type { GraphQLContext } from '../context.ts';
import { requestError } from '../request-errors.ts';

/** @throws GraphQLError FORBIDDEN */
export function requireAdmin({ principal }: GraphQLContext): void {
  if (principal.admin) return;
  throw requestError('FORBIDDEN', 'This holds for the jobs of every client: it takes an administrator.');
}

/** A range of time as callers name it, by the clock on the wall. */
import { type Clock, fromWall } from '../../clock.ts';
import { requestError } from '../request-errors.ts';

/** In epoch milliseconds of `clock`. Without an end it ends now. @throws GraphQLError BAD_USER_INPUT */
export function timeRange(
  { from, to }: { readonly from: Date; readonly to?: Date | null | undefined },
  clock: Clock,
): { readonly from: number; readonly to: number } {
  const range = {
    from: fromWall(from.getTime(), clock),
    to: to ? fromWall(to.getTime(), clock) : clock.now(),
  };
  if (range.from >= range.to) throw requestError('BAD_USER_INPUT', 'from must be before to.');
  return range;
}

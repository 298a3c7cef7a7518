/** Downloads, the newest first. */
import type { PullStateFragment, PullsSubscription } from '../../generated/graphql.ts';

export const NO_PULLS: readonly PullStateFragment[] = [];

export function withPull(
  pulls: readonly PullStateFragment[],
  { pullsUpdated: pull }: PullsSubscription,
): readonly PullStateFragment[] {
  return pulls.some(({ id }) => id === pull.id)
    ? pulls.map((each) => (each.id === pull.id ? pull : each))
    : [pull, ...pulls];
}

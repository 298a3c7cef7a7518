/** What differs from one server with a line of requests to another. */

import type { Belief } from './belief.ts';
import type { Runner } from './runner.ts';

export interface VictimQuestion {
  /** On the card, or anywhere where only the count is too large. Never one that is loading or leaving. */
  readonly runners: readonly Runner[];
  /** To be freed on that card; 0 where only the count is too large. */
  readonly missingBytes: number;
  bytesOf(runner: Runner): number;
}

export interface ServerRules {
  /** Models in memory at once. */
  readonly mostLoaded: number;
  readonly keepAliveMs: number;
  /** Predicted bytes may take such a share of what is believed to be free. */
  readonly admissibleShare: number;
  readonly belief: Belief;
  /** A model that is to go for another still takes requests until it has none. */
  readonly servesVictims: boolean;
  /** Those that go for a load, at least one; they are waited for. After that everything is judged afresh. */
  victims(question: VictimQuestion): readonly Runner[];
  /** Called when a request takes a runner. */
  used?(runner: Runner): void;
}

/** As many of the first as are needed. */
export function untilEnough(
  ordered: readonly Runner[],
  { missingBytes, bytesOf }: VictimQuestion,
): readonly Runner[] {
  const chosen: Runner[] = [];
  let freed = 0;
  for (const runner of ordered) {
    if (chosen.length > 0 && freed >= missingBytes) break;
    chosen.push(runner);
    freed += bytesOf(runner);
  }
  return chosen;
}

/** Those with nothing to do first, each group in the order of `compare`. */
export function idleFirst(
  runners: readonly Runner[],
  compare: (a: Runner, b: Runner) => number,
): readonly Runner[] {
  return runners.toSorted((a, b) => Number(b.isIdle) - Number(a.isIdle) || compare(a, b));
}

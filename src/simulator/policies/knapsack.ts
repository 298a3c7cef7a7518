/** First come, first served; those go whose memory is just enough, idle ones if they are. */
import { idleFirst, untilEnough, type VictimQuestion } from '../server/rules.ts';
import type { Runner } from '../server/runner.ts';
import { evictionRules } from './eviction-rules.ts';
import { requestContender } from './request-contender.ts';

/** All subsets are tried of so many. */
const MOST_EXACT = 12;

export const knapsack = requestContender((stage) => evictionRules(stage, { victims: smallestEnough }));

function smallestEnough(question: VictimQuestion): readonly Runner[] {
  const { runners, bytesOf } = question;
  const idle = runners.filter(({ isIdle }) => isIdle);
  const smallestFirst = idleFirst(runners, (a, b) => bytesOf(a) - bytesOf(b));
  return (
    subset(idle, question) ??
    subset(smallestFirst.slice(0, MOST_EXACT), question) ??
    untilEnough(smallestFirst, question)
  );
}

/** The one with the fewest bytes that frees enough; null when all of them do not, or they are too many. */
function subset(
  runners: readonly Runner[],
  { missingBytes, bytesOf }: VictimQuestion,
): readonly Runner[] | null {
  if (runners.length === 0 || runners.length > MOST_EXACT) return null;
  let best: { readonly bits: number; readonly bytes: number } | null = null;
  for (let bits = 1; bits < 2 ** runners.length; bits += 1) {
    const bytes = runners.reduce(
      (sum, runner, place) => sum + ((bits >> place) & 1 ? bytesOf(runner) : 0),
      0,
    );
    if (bytes >= missingBytes && (!best || bytes < best.bytes)) best = { bits, bytes };
  }
  const chosen = best?.bits;
  return chosen === undefined ? null : runners.filter((_, place) => (chosen >> place) & 1);
}

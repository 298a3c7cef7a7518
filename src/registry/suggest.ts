import { distance } from 'fastest-levenshtein';
import { canonicalModelName } from '../domain/queue-key.ts';

const MOST = 3;
/** Shorter fragments are in too many names. */
const SHORTEST_FRAGMENT = 3;
/** A name is close when at most this part of it is mistyped; of a short one, two letters. */
const MISTYPED = 0.34;

/** The names that somebody who wrote `wanted` may have meant, closest first, at most three. */
export function suggestNames(wanted: string, names: Iterable<string>): string[] {
  const canonical = canonicalModelName(wanted);
  return [...new Set(names)]
    .map((name) => ({ name, score: score(canonical, name), whole: distance(canonical, name) }))
    .filter((candidate) => candidate.score !== null)
    .sort((a, b) => (a.score ?? 0) - (b.score ?? 0) || a.whole - b.whole || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map((candidate) => candidate.name);
}

/** 0 for the same; null when it is too far off. Another tag of the same model is closer than any typing error. */
function score(wanted: string, name: string): number | null {
  const [wantedBase, wantedTag] = parts(wanted);
  const [base, tag] = parts(name);
  const otherTag = wantedTag === tag ? 0 : 0.5;
  const typed = distance(wantedBase, base);
  if (typed <= Math.max(2, Math.floor(wantedBase.length * MISTYPED)) && typed < wantedBase.length)
    return typed + otherTag;
  const fragment = wantedBase.length >= SHORTEST_FRAGMENT && base.includes(wantedBase);
  return fragment ? MISTYPED * base.length + otherTag : null;
}

function parts(name: string): [base: string, tag: string] {
  const colon = name.lastIndexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}

/** What somebody meant who wrote a name that no model has. */
import { distance } from 'fastest-levenshtein';

const MOST = 3;
/** Shorter fragments are in too many names. */
const SHORTEST_FRAGMENT = 3;
/** A name is close when at most this part of it is mistyped; of a short one, two letters. */
const MISTYPED = 0.34;

/** The names that somebody who wrote `wanted` may have meant, closest first, at most three. Upper and lower case are the same here. */
export function suggestNames(wanted: string, names: Iterable<string>): string[] {
  return [...new Set(names)]
    .map((name) => ({ name, score: score(wanted, name), whole: distance(lower(wanted), lower(name)) }))
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

function lower(name: string): string {
  return name.toLowerCase();
}

function parts(name: string): [base: string, tag: string] {
  const colon = name.lastIndexOf(':');
  if (colon < 0) return [lower(name), ''];
  return [lower(name.slice(0, colon)), lower(name.slice(colon + 1))];
}

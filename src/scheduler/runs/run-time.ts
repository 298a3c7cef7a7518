/** What jobs of each model take in their slots, as far as they ran lately. */

/** Weight of the newest job in the mean. */
const NEWEST = 0.1;
/** Weights of which it is remembered; the longest unused are forgotten first. */
const MOST_MODELS = 4_096;

/** @param runMs by weights, in milliseconds */
export function learnRun(
  runMs: ReadonlyMap<string, number>,
  weights: string,
  ranMs: number,
): ReadonlyMap<string, number> {
  const before = runMs.get(weights);
  const learned = new Map(runMs);
  // Taken out and put in again, so that the map's own order is that of last use.
  learned.delete(weights);
  learned.set(weights, before === undefined ? ranMs : before + NEWEST * (ranMs - before));
  const [oldest] = learned.keys();
  if (learned.size > MOST_MODELS && oldest !== undefined) learned.delete(oldest);
  return learned;
}

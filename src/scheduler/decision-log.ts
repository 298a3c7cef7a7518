/** The newest decisions, numbered; old ones are forgotten, dispatches sooner than the others, which they would push out. */
import {
  type Decision,
  type DecisionLane,
  type DecisionPlace,
  type DecisionSource,
  laneOf,
  MOST_DECISIONS,
  type NewDecision,
} from '../domain/decision.ts';

export class DecisionLog implements DecisionSource {
  readonly #lanes: Record<DecisionLane, Decision[]> = { dispatches: [], others: [] };
  readonly #listeners = new Set<(decision: Decision) => void>();
  #end: DecisionPlace = { sequence: 0, othersUpTo: 0 };
  /** Both lanes in order; null when something was added since. */
  #all: readonly Decision[] | null = null;

  get end(): DecisionPlace {
    return this.#end;
  }

  add(decision: NewDecision): Decision {
    const { sequence, othersUpTo } = this.#end;
    this.#end = {
      sequence: sequence + 1,
      othersUpTo: othersUpTo + (laneOf(decision) === 'others' ? 1 : 0),
    };
    const numbered = { ...decision, ...this.#end };
    this.#keep(numbered);
    for (const listener of this.#listeners) listener(numbered);
    return numbered;
  }

  /** Takes up those of earlier lives, before any of this one. @param decisions the newest last */
  restore(decisions: readonly Decision[]): void {
    for (const decision of decisions) this.#keep(decision);
    const newest = decisions.at(-1);
    if (newest) this.#end = { sequence: newest.sequence, othersUpTo: newest.othersUpTo };
  }

  all(): readonly Decision[] {
    this.#all ??= [
      ...this.#lanes.dispatches.slice(-MOST_DECISIONS.dispatches),
      ...this.#lanes.others.slice(-MOST_DECISIONS.others),
    ].sort((a, b) => a.sequence - b.sequence);
    return this.#all;
  }

  onAdded(listener: (decision: Decision) => void): () => void {
    const own = (decision: Decision) => listener(decision);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #keep(decision: Decision): void {
    const lane = laneOf(decision);
    const kept = this.#lanes[lane];
    kept.push(decision);
    // In portions, so that forgetting costs nothing per decision.
    if (kept.length > MOST_DECISIONS[lane] * 1.25) kept.splice(0, kept.length - MOST_DECISIONS[lane]);
    this.#all = null;
  }
}

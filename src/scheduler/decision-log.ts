/** The newest decisions, numbered; old ones are forgotten, dispatches sooner than the others, which they would push out. */
import {
  type Decision,
  type DecisionJournal,
  type DecisionLane,
  type DecisionPlace,
  type KeptDecisions,
  laneOf,
  MOST_DECISIONS,
  type NewDecision,
  NO_DECISIONS,
} from '../domain/decision.ts';

export class DecisionLog implements DecisionJournal {
  readonly #lanes: Record<DecisionLane, Decision[]> = { dispatches: [], others: [] };
  readonly #listeners = new Set<(decision: Decision) => void>();
  readonly #waiters = new Set<() => void>();
  #end = NO_DECISIONS;
  #written = 0;
  /** Both lanes in order; null when something was added since. */
  #all: readonly Decision[] | null = null;

  get end(): DecisionPlace {
    return this.#end;
  }

  get written(): number {
    return this.#written;
  }

  add(decision: NewDecision): Decision {
    const { counts } = this.#end;
    const sequence = this.#end.sequence + 1;
    const ofKind = counts[decision.kind] + 1;
    this.#end = { sequence, counts: { ...counts, [decision.kind]: ofKind } };
    const numbered = { ...decision, sequence, ofKind };
    this.#keep(numbered);
    for (const listener of this.#listeners) listener(numbered);
    return numbered;
  }

  restore({ decisions, end }: KeptDecisions): void {
    for (const decision of decisions) this.#keep(decision);
    this.#end = end;
    this.wrote(end.sequence);
  }

  wrote(sequence: number): void {
    this.#written = sequence;
    const woken = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of woken) wake();
  }

  all(): readonly Decision[] {
    this.#all ??= this.after(0, Number.POSITIVE_INFINITY);
    return this.#all;
  }

  after(sequence: number, limit: number): readonly Decision[] {
    const lanes = Object.keys(MOST_DECISIONS) as DecisionLane[];
    return lanes
      .flatMap((lane) => {
        const kept = this.#lanes[lane];
        const first = Math.max(firstAfter(kept, sequence), kept.length - MOST_DECISIONS[lane]);
        return kept.slice(first, first + limit);
      })
      .sort((a, b) => a.sequence - b.sequence)
      .slice(0, limit);
  }

  onAdded(listener: (decision: Decision) => void): () => void {
    const own = (decision: Decision) => listener(decision);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  onNextWritten(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => void this.#waiters.delete(wake);
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

/** Where the first one with a higher sequence stands. */
function firstAfter(kept: readonly Decision[], sequence: number): number {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((kept[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

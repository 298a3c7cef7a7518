/** The newest decisions, numbered; old ones are forgotten. */
import type { Decision } from '../domain/decision.ts';

const MOST_DECISIONS = 2_000;

export class DecisionLog {
  readonly #decisions: Decision[] = [];
  #sequence = 0;

  add(decision: Omit<Decision, 'sequence'>): Decision {
    this.#sequence += 1;
    const numbered = { ...decision, sequence: this.#sequence };
    this.#decisions.push(numbered);
    // In portions, so that forgetting costs nothing per decision.
    if (this.#decisions.length > MOST_DECISIONS * 1.25)
      this.#decisions.splice(0, this.#decisions.length - MOST_DECISIONS);
    return numbered;
  }

  /** The newest last. */
  all(): readonly Decision[] {
    return this.#decisions.slice(-MOST_DECISIONS);
  }
}

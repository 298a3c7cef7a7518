/** What a run says before its claim is on disk: kept in its order, and told when it is. */
import type { ClaimHold } from './claim-hold.ts';

export class EarlyWords {
  /** Resolves when all that was kept has been told, or never will be. Rejects with what telling it threw. */
  readonly told: Promise<void>;
  /** Null once whatever is said is told at once. */
  #kept: (() => void)[] | null;

  constructor(hold: ClaimHold) {
    this.#kept = hold.isHeld ? null : [];
    this.told = hold.isHeld ? Promise.resolve() : hold.settled.then((isHeld) => this.#settled(isHeld));
    // Who waits for it may have failed before.
    this.told.catch(() => {});
  }

  say(tell: () => void): void {
    if (this.#kept) this.#kept.push(tell);
    else tell();
  }

  #settled(isHeld: boolean): void {
    if (!isHeld) return;
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const tell of kept) tell();
  }
}

/** How far one clock is ahead of another, by messages that each take some time to come: what came fastest tells best. */

/** Clocks run apart and are set: what is older tells nothing. */
const REMEMBERED_MS = 180_000;

interface Heard {
  readonly at: number;
  readonly ahead: number;
}

export class ClockGap {
  /** Those that are less than all that were heard after them: the first is the least. */
  #heard: readonly Heard[] = [];
  #doubted = false;

  /** In ms, at most; 0 before anything was heard. */
  get ahead(): number {
    return this.#heard[0]?.ahead ?? 0;
  }

  /** @param there the other clock's time in ms when it was sent. @param here ours when it came */
  hear(there: number, here: number): void {
    const ahead = here - there;
    const good = this.#doubted
      ? []
      : this.#heard.filter(
          (each) => each.ahead < ahead && each.at <= here && here - each.at <= REMEMBERED_MS,
        );
    this.#doubted = false;
    this.#heard = [...good, { at: here, ahead }];
  }

  /** What was heard is good until something else is. */
  doubt(): void {
    this.#doubted = true;
  }
}

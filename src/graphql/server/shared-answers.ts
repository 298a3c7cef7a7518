/**
 * Answers of subscriptions, made once for all readers of the same event who asked the same and may see the same. They are
 * kept for as long as readers that keep pace take to be told, and no longer.
 */
import type { ExecutionResult } from 'graphql';
import type { Clock } from '../../clock.ts';
import { type ErrorMask, publicError } from './mask-error.ts';

/** The text of an answer; a promise while it is being made. */
export type AnswerText = string | Promise<string>;

type Execute = (event: unknown) => ExecutionResult | Promise<ExecutionResult>;

/** An answer says how things are when it is made, so a reader that comes later is given one of its own. */
const FRESH_MS = 1_000;
const MOST_EVENTS = 256;
const MOST_CHARACTERS = 8 * 1_048_576;

interface Recent {
  readonly until: number;
  readonly bySelection: Map<Selection, AnswerText>;
  characters: number;
}

export interface SharedAnswersOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly maskError: ErrorMask;
}

export class SharedAnswers {
  readonly #options: SharedAnswersOptions;
  readonly #selections = new Map<string, Selection>();
  readonly #recent = new Map<object, Recent>();
  #characters = 0;

  constructor(options: SharedAnswersOptions) {
    this.#options = options;
  }

  /** How many different selections have readers. */
  get selections(): number {
    return this.#selections.size;
  }

  /** How much text is kept. */
  get characters(): number {
    return this.#characters;
  }

  /**
   * The selection of `key`, with one more reader, who has to leave it.
   * @param execute answers an event. It outlasts the reader who brings it, so it must not be bound to one.
   */
  join(key: string, execute: Execute): Selection {
    const selection = this.#selections.get(key) ?? new Selection(key, execute, this);
    this.#selections.set(key, selection);
    selection.readers += 1;
    return selection;
  }

  leave(selection: Selection): void {
    selection.readers -= 1;
    if (selection.readers === 0) this.#selections.delete(selection.key);
  }

  answer(selection: Selection, event: unknown): AnswerText {
    if (typeof event !== 'object' || event === null) return this.#make(selection, event);
    const now = this.#options.clock.monotonic();
    if ((this.#recent.get(event)?.until ?? now) < now) this.#forget(event);
    const known = this.#recent.get(event)?.bySelection.get(selection);
    if (known !== undefined) return known;
    const made = this.#make(selection, event);
    if (selection.readers > 1) this.#keep(selection, event, made, now);
    return made;
  }

  #keep(selection: Selection, event: object, made: AnswerText, now: number): void {
    const recent = this.#recent.get(event) ?? {
      until: now + FRESH_MS,
      bySelection: new Map(),
      characters: 0,
    };
    this.#recent.set(event, recent);
    recent.bySelection.set(selection, made);
    if (typeof made === 'string') this.#count(event, recent, made);
    else this.#whenMade(event, recent, selection, made);
  }

  #make(selection: Selection, event: unknown): AnswerText {
    const result = selection.execute(event);
    return result instanceof Promise ? result.then((settled) => this.#textOf(settled)) : this.#textOf(result);
  }

  #textOf({ errors, ...rest }: ExecutionResult): string {
    if (!errors) return JSON.stringify(rest);
    const told = errors.map((error) => publicError(this.#options.maskError(error)));
    return JSON.stringify({ ...rest, errors: told });
  }

  #whenMade(event: object, recent: Recent, selection: Selection, made: Promise<string>): void {
    made.then(
      (text) => {
        if (recent.bySelection.get(selection) !== made) return;
        recent.bySelection.set(selection, text);
        this.#count(event, recent, text);
      },
      // Each of those who wait for it is told; the next who asks tries again.
      () => recent.bySelection.delete(selection),
    );
  }

  #count(event: object, recent: Recent, text: string): void {
    if (this.#recent.get(event) !== recent) return;
    recent.characters += text.length;
    this.#characters += text.length;
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= MOST_EVENTS && this.#characters <= MOST_CHARACTERS) return;
      this.#forget(oldest);
    }
  }

  #forget(event: object): void {
    this.#characters -= this.#recent.get(event)?.characters ?? 0;
    this.#recent.delete(event);
  }
}

/** What some readers all asked for. */
export class Selection {
  readonly key: string;
  readonly execute: Execute;
  readers = 0;
  readonly #answers: SharedAnswers;

  constructor(key: string, execute: Execute, answers: SharedAnswers) {
    this.key = key;
    this.execute = execute;
    this.#answers = answers;
  }

  answer(event: unknown): AnswerText {
    return this.#answers.answer(this, event);
  }

  leave(): void {
    this.#answers.leave(this);
  }
}

/** The one place that knows what a caller's name means over all backends, each by its own rule. */
import type { BackendId } from '../domain/ids.ts';
import type { ModelNameRule, ModelNames } from '../domain/model-names.ts';
import type { Inventory } from './inventory.ts';
import { suggestNames } from './suggest.ts';

/** The rules of the backends that are configured. */
export interface NameRules {
  of(backendId: BackendId): ModelNameRule;
  /** Of all of them, at least one. */
  readonly all: readonly ModelNameRule[];
}

/** Ends the name in the key of a queue. */
const ENDS_NAME = '#';

export class ModelDirectory implements ModelNames {
  readonly #rules: NameRules;
  readonly #inventories: ReadonlyMap<BackendId, Inventory>;

  /** @param inventories what each backend told last; it may change */
  constructor(rules: NameRules, inventories: ReadonlyMap<BackendId, Inventory>) {
    this.#rules = rules;
    this.#inventories = inventories;
  }

  /**
   * The very name where a backend lists it, else as the first backend lists it that has it. Of a name that is nowhere yet: the form on
   * which all rules agree, else as it is written, from which each backend can still find it by its own rule.
   */
  resolve(name: string): string {
    const written = name.trim();
    const places = [...this.#inventories];
    if (places.some(([, { models }]) => models.has(written))) return written;
    for (const [backendId, { models }] of places) {
      const listed = this.#rules.of(backendId).canonical(name);
      if (models.has(listed)) return listed;
    }
    const [form = written, ...others] = new Set(this.#rules.all.map((rule) => rule.canonical(name)));
    return others.length === 0 ? form : written;
  }

  on(name: string, backendId: BackendId): string {
    const written = name.trim();
    if (this.#inventories.get(backendId)?.models.has(written)) return written;
    return this.#rules.of(backendId).canonical(name);
  }

  isName(name: string): boolean {
    if (name.includes(ENDS_NAME)) return false;
    return this.#rules.all.some((rule) => rule.isValid(rule.canonical(name)));
  }

  suggest(name: string): readonly string[] {
    return suggestNames(
      this.resolve(name),
      [...this.#inventories.values()].flatMap(({ models }) => [...models.keys()]),
    );
  }
}

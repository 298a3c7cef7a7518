/** What people set for single models, by whatever spelling of a name they used. */
import type { BackendId } from '../domain/ids.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { ModelNameRule } from '../domain/model-names.ts';
import type { NameRules } from './model-directory.ts';

export class NamedSettings<T> {
  readonly #written: ReadonlyMap<string, T>;
  readonly #rules: NameRules;
  /** By canonical name, once for each rule: they are asked for at every turn. */
  readonly #byRule = new Map<ModelNameRule, ReadonlyMap<string, T>>();

  constructor(settings: Readonly<Record<string, T>>, rules: NameRules) {
    this.#written = new Map(Object.entries(settings));
    this.#rules = rules;
  }

  /** Those under the very name count before those under another spelling of it. */
  of({ name }: Pick<ModelInfo, 'name'>, backendId: BackendId): T | undefined {
    return this.#written.get(name) ?? this.#canonical(this.#rules.of(backendId)).get(name);
  }

  #canonical(rule: ModelNameRule): ReadonlyMap<string, T> {
    const known = this.#byRule.get(rule);
    if (known) return known;
    const map = new Map([...this.#written].map(([name, value]) => [rule.canonical(name), value]));
    this.#byRule.set(rule, map);
    return map;
  }
}

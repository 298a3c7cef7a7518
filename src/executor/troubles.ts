/** Faults that last: each from its first failure in a row until it works again. */
import type { Clock } from '../clock.ts';
import type { Trouble } from '../domain/system.ts';

export class Troubles {
  readonly #clock: Clock;
  readonly #open = new Map<string, Trouble>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get open(): readonly Trouble[] {
    return [...this.#open.values()];
  }

  /** It failed, perhaps once more. */
  failed(what: Omit<Trouble, 'since'>): void {
    const key = keyOf(what);
    this.#open.set(key, { ...what, since: this.#open.get(key)?.since ?? this.#clock.now() });
  }

  /** It works, or nobody wants it any more. */
  over(what: Pick<Trouble, 'kind' | 'instanceId'>): void {
    this.#open.delete(keyOf(what));
  }
}

function keyOf({ kind, instanceId }: Pick<Trouble, 'kind' | 'instanceId'>): string {
  return `${kind} ${instanceId ?? ''}`;
}

/**
 * Models that are about to leave a backend. While one is withheld nobody may load it or give it jobs: what is loaded of a deleted
 * model can be unloaded by no name, so nothing may be loaded between its unload and its deletion.
 */
import type { BackendId } from '../domain/ids.ts';
import type { ModelResolver } from '../domain/resolver.ts';

export class WithheldModels {
  readonly #holds = new Map<string, number>();
  #version = 0;

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /**
   * Holds add up: it is free again when all of them were disposed of.
   * @param modelName as the backend lists it
   */
  hold(backendId: BackendId, modelName: string): Disposable {
    const key = keyOf(backendId, modelName);
    this.#change(key, 1);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#change(key, -1);
        held = false;
      },
    };
  }

  has(backendId: BackendId, modelName: string): boolean {
    return this.#holds.has(keyOf(backendId, modelName));
  }

  #change(key: string, by: 1 | -1): void {
    const count = (this.#holds.get(key) ?? 0) + by;
    if (count > 0) this.#holds.set(key, count);
    else this.#holds.delete(key);
    this.#version += 1;
  }
}

function keyOf(backendId: BackendId, modelName: string): string {
  return `${backendId} ${modelName}`;
}

/** The same resolver, which also says what is withheld. */
export function withholding(resolver: ModelResolver, withheld: WithheldModels): ModelResolver {
  return {
    // Both only ever grow, so their sum tells every change of either.
    get version() {
      return resolver.version + withheld.version;
    },
    hasListed: (backendId) => resolver.hasListed(backendId),
    isAwaited: (queue, backendId) => resolver.isAwaited?.(queue, backendId) ?? false,
    isNamed: (weights, backendId) => resolver.isNamed(weights, backendId),
    resolve(queue, backendId) {
      const resolved = resolver.resolve(queue, backendId);
      return resolved && withheld.has(backendId, resolved.info.name)
        ? { ...resolved, withheld: true }
        : resolved;
    },
  };
}

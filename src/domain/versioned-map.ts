/** Changes. Whoever keeps an older map and never asks again would otherwise keep every change from then on. */
export const LONGEST_LINEAGE = 16_384;

/**
 * A map whose changes make newer maps in O(1), while the older ones stay what they were. Only the newest holds entries; each older one holds what
 * differs from the next ("rerooting", Baker, "Shallow Binding Makes Functional Arrays Fast", 1991). So whoever keeps an older one can be told
 * what has changed since, and what nobody keeps is no memory.
 */
export class VersionedMap<K, V> {
  /** The same for all that came of one map, one after the other, up to so many changes. */
  readonly lineage: object;
  readonly size: number;
  #entries: Map<K, V> | null;
  #next: Change<K, V> | null = null;
  /** In its lineage, before it. */
  readonly #changes: number;

  private constructor(entries: Map<K, V>, lineage: object, changes: number) {
    this.#entries = entries;
    this.size = entries.size;
    this.lineage = lineage;
    this.#changes = changes;
  }

  static of<K, V>(entries: Iterable<readonly [K, V]> = []): VersionedMap<K, V> {
    return new VersionedMap(new Map(entries), {}, 0);
  }

  get(key: K): V | undefined {
    for (let map: VersionedMap<K, V> = this; ; map = map.#next.map) {
      if (!map.#next) return map.#entries?.get(key);
      if (map.#next.key === key) return map.#next.before;
    }
  }

  /** In the order in which the keys came. */
  entries(): Iterable<readonly [K, V]> {
    if (this.#entries) return this.#entries;
    const newest = this.#newest();
    const copy = new Map(newest.#entries);
    for (const [key, before] of newest.changesSince(this) ?? []) {
      if (before === undefined) copy.delete(key);
      else copy.set(key, before);
    }
    return copy;
  }

  with(key: K, value: V): VersionedMap<K, V> {
    return this.#changed(key, (entries) => void entries.set(key, value));
  }

  without(key: K): VersionedMap<K, V> {
    return this.#changed(key, (entries) => void entries.delete(key));
  }

  /** The keys that were changed since `older`, with the values of then; null when this did not come of it. */
  changesSince(older: VersionedMap<K, V>): ReadonlyMap<K, V | undefined> | null {
    if (older.lineage !== this.lineage) return null;
    const changes = new Map<K, V | undefined>();
    let map = older;
    for (; map !== this && map.#next; map = map.#next.map) {
      const { key, before } = map.#next;
      if (!changes.has(key)) changes.set(key, before);
    }
    return map === this ? changes : null;
  }

  #newest(): VersionedMap<K, V> {
    let map: VersionedMap<K, V> = this;
    while (map.#next) map = map.#next.map;
    return map;
  }

  #changed(key: K, change: (entries: Map<K, V>) => void): VersionedMap<K, V> {
    const entries = this.#entries;
    if (!entries || this.#changes === LONGEST_LINEAGE) {
      return VersionedMap.of(this.entries()).#changed(key, change);
    }
    const before = entries.get(key);
    change(entries);
    const newer = new VersionedMap(entries, this.lineage, this.#changes + 1);
    this.#entries = null;
    this.#next = { map: newer, key, before };
    return newer;
  }
}

interface Change<K, V> {
  readonly map: VersionedMap<K, V>;
  readonly key: K;
  /** Undefined where there was none. */
  readonly before: V | undefined;
}

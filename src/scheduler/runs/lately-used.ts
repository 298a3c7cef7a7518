/** Maps of the state that forget what was longest unused: who asks chooses the keys of some. */
import type { VersionedMap } from '../../domain/versioned-map.ts';

/** At one change, so that none is slow. */
const MOST_FORGOTTEN = 64;

/** With the new value, as the one that was used last. @param most entries that are kept */
export function withUsed<K, V>(map: VersionedMap<K, V>, key: K, value: V, most: number): VersionedMap<K, V> {
  // Taken out and put in again, so that the map's own order is that of last use.
  let used = map.without(key).with(key, value);
  if (used.size <= most) return used;
  const oldest: K[] = [];
  for (const [name] of used.entries()) {
    if (used.size - oldest.length <= most || oldest.length === MOST_FORGOTTEN) break;
    oldest.push(name);
  }
  for (const name of oldest) used = used.without(name);
  return used;
}

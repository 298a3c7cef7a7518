/** The name of a store's history, kept in the store itself, by which a cursor that counts another store's revisions is recognised. */
import type { Random } from '../clock.ts';
import type { Store } from '../domain/store.ts';

const SPACE = 'events';
const KEY = 'history';

export function newHistory(random: Random): string {
  return Buffer.from(random.bytes(6)).toString('base64url');
}

/** Given on the first start, and the same ever after. */
export async function historyOf(store: Pick<Store, 'recall' | 'remember'>, random: Random): Promise<string> {
  const known = (await store.recall(SPACE)).get(KEY);
  if (typeof known === 'string') return known;
  const history = newHistory(random);
  await store.remember(SPACE, KEY, history);
  return history;
}

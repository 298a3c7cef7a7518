/** The slot time of clients as a picture shows it: the busiest, and all others as one. */
import type { ClientsOverTimeQuery } from '../../generated/graphql.ts';

type Clients = readonly Pick<ClientsOverTimeQuery['history']['clients'][number], 'busy' | 'client'>[];

/** Looks that can be told apart; what is more is one. */
const TOLD_APART = 6;

/**
 * By their names, and not by their time, so that a client keeps its colour when another one passes it.
 * @param clients the busiest first
 */
export function seriesOf(clients: Clients) {
  const named = clients
    .flatMap((each) => (each.client == null ? [] : [{ ...each, name: each.client }]))
    .slice(0, TOLD_APART);
  const shown = new Set<string | null | undefined>(named.map(({ name }) => name));
  const others = clients.filter(({ client }) => !shown.has(client));
  const rest = others[0]?.busy.map((_, step) => {
    const known = others.flatMap(({ busy }) => busy[step] ?? []);
    return known.length === 0 ? null : known.reduce((sum, ms) => sum + ms, 0);
  });
  return [
    ...named
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ busy, name }, place) => ({ name, look: `rank-${place} series-rank`, values: busy })),
    ...(rest ? [{ name: 'all others', look: 'series-foreign', values: rest }] : []),
  ];
}

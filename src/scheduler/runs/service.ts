/**
 * Service counters per client: seconds of slots used, so that among equals the client with the least goes first. A client that
 * becomes active is lifted to the least counter of those active before it: absence earns no credit (virtual token counter,
 * Sheng et al., OSDI 2024).
 */

import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { VersionedMap } from '../../domain/versioned-map.ts';
import { orderOf } from '../decide/queue-order.ts';
import type { Demand } from '../decide/snapshot.ts';
import { withUsed } from './lately-used.ts';

export type Service = VersionedMap<string, number>;

/** Clients whose service is remembered; the longest unseen are forgotten first. */
const MOST_CLIENTS = 4_096;

export interface Activation {
  readonly service: Service;
  readonly active: VersionedMap<string, unknown>;
}

/**
 * Takes notice of who waits now. Costs by who came and went since then.
 * @param active the clients that wait, with a number of whatever
 * @param atLimit those of them that the demand has nothing of; asked for where somebody came
 */
export function activate(
  { service: before, active: activeBefore }: Activation,
  active: Activation['active'],
  demand: readonly Demand[],
  atLimit: () => readonly string[] = () => [],
): Activation {
  // Nobody was active before whose counter a newcomer could be lifted to.
  if (activeBefore.size === 0) return { service: before, active };
  const changes = [...(active.changesSince(activeBefore) ?? allOf(activeBefore, active))];
  const newcomers = new Set<string>();
  let floor = Number.POSITIVE_INFINITY;
  for (const [client, then] of changes) {
    const waits = active.get(client) !== undefined;
    if (waits && then === undefined) newcomers.add(client);
    if (!waits && then !== undefined) floor = Math.min(floor, before.get(client) ?? 0);
  }
  if (newcomers.size === 0) return { service: before, active };
  for (const { backlog } of demand) {
    const order = orderOf(backlog, before);
    for (const priority of JOB_PRIORITIES) {
      const cursor = order.usual(priority);
      let first = cursor.next();
      while (first && newcomers.has(first.bucket.client)) first = cursor.next();
      cursor.close();
      floor = Math.min(floor, first?.service ?? Number.POSITIVE_INFINITY);
    }
  }
  for (const client of atLimit())
    if (!newcomers.has(client)) floor = Math.min(floor, before.get(client) ?? 0);
  if (!Number.isFinite(floor)) return { service: before, active };
  let service = before;
  for (const client of newcomers) {
    if ((service.get(client) ?? 0) < floor) service = service.with(client, floor);
  }
  return { service, active };
}

function allOf(before: Activation['active'], now: Activation['active']): ReadonlyMap<string, unknown> {
  const then = new Map(before.entries());
  const all = new Map<string, unknown>(then);
  for (const [client] of now.entries()) if (!all.has(client)) all.set(client, undefined);
  return all;
}

export function charge(service: Service, client: string, seconds: number): Service {
  return withUsed(service, client, (service.get(client) ?? 0) + seconds, MOST_CLIENTS);
}

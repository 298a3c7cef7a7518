/**
 * Service counters per client: seconds of slots used, so that among equals the client with the least goes first. A client that
 * becomes active is lifted to the least counter of those active before it: absence earns no credit (virtual token counter,
 * Sheng et al., OSDI 2024).
 */
import type { Demand } from '../decide/snapshot.ts';

export type Service = ReadonlyMap<string, number>;

/** Clients whose service is remembered; the longest unseen are forgotten first. */
const MOST_CLIENTS = 4_096;

export interface Activation {
  readonly service: Service;
  readonly active: ReadonlySet<string>;
}

/** Takes notice of who waits now. The same objects come back when nobody came or went. */
export function activate(before: Activation, demand: readonly Demand[]): Activation {
  const active = new Set<string>();
  const newcomers: string[] = [];
  for (const { backlog } of demand) {
    for (const { client } of backlog.buckets) {
      const seen = active.size;
      if (active.add(client).size > seen && !before.active.has(client)) newcomers.push(client);
    }
  }
  if (newcomers.length === 0)
    return active.size === before.active.size ? before : { service: before.service, active };
  let floor = before.active.size > 0 ? Number.POSITIVE_INFINITY : 0;
  for (const client of before.active) floor = Math.min(floor, before.service.get(client) ?? 0);
  const service = new Map(before.service);
  for (const client of newcomers) service.set(client, Math.max(floor, service.get(client) ?? 0));
  return { service, active };
}

export function charge(service: Service, client: string, seconds: number): Service {
  const charged = new Map(service);
  // Taken out and put in again, so that the map's own order is that of last use.
  charged.delete(client);
  charged.set(client, (service.get(client) ?? 0) + seconds);
  for (const oldest of charged.keys()) {
    if (charged.size <= MOST_CLIENTS) break;
    charged.delete(oldest);
  }
  return charged;
}

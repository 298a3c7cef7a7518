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
  for (const { backlog } of demand) for (const bucket of backlog.buckets) active.add(bucket.client);
  const newcomers = [...active].filter((client) => !before.active.has(client));
  if (newcomers.length === 0)
    return active.size === before.active.size ? before : { service: before.service, active };
  const present = [...before.active].map((client) => before.service.get(client) ?? 0);
  const floor = present.length > 0 ? present.reduce((least, one) => Math.min(least, one)) : 0;
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

/** A life of a simulated cluster in which everything happens that can: jobs, pins, leases, failing loads, lost servers, a pause. */
import { type Random, seededRandom } from '../../src/clock.ts';
import { newId, stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import type { Policy } from '../../src/scheduler/decide/policy.ts';
import type { ClusterModel } from './cluster-models.ts';
import { type ClusterServer, SimulatedCluster } from './simulated-cluster.ts';
import { randomPriority } from './simulated-world.ts';

export interface Drive {
  readonly events: number;
  readonly violations: readonly string[];
  readonly unfinished: number;
}

const CARD_GIB = 24;
const LARGEST_GIB = 20;

/** @param policy default the usual one */
export function drive(seed: number, turns: number, policy?: Policy): Drive {
  const random = seededRandom(seed);
  const servers = Array.from({ length: 1 + below(3, random) }, (_, i): ClusterServer => {
    const isManaged = random.next() < 0.7;
    return {
      name: `s${i}`,
      mode: isManaged ? 'MANAGED' : 'ATTACHED',
      cards: Array.from({ length: isManaged ? 1 + below(4, random) : 1 }, () => CARD_GIB * GiB),
      ...(random.next() < 0.3 && { maxLoadedModels: 1 + below(4, random) }),
    };
  });
  const models = Array.from({ length: 10 }, (_, i): ClusterModel => {
    const isLarge = random.next() < 0.2;
    const gib = isLarge ? CARD_GIB + random.next() * 2 * CARD_GIB : 1 + random.next() * LARGEST_GIB;
    const bytes = Math.ceil(gib * GiB);
    const aloneBytes = Math.floor(random.next() * Math.min(bytes, 2 * GiB));
    const isRare = random.next() < 0.3;
    return {
      name: `m${i}:latest`,
      bytes,
      overhead: { aloneBytes, splitBytes: Math.ceil(aloneBytes * (1 + random.next())) },
      bytesPerToken: random.next() < 0.3 ? Math.floor(GiB / 16_384) : 0,
      loadMs: 500 + random.next() * 4_000,
      runMs: 200 + random.next() * 3_000,
      parallel: 1 + below(4, random),
      ...(isRare && { on: [`s${below(servers.length, random)}`] }),
    };
  });
  const cluster = new SimulatedCluster({ servers, models, random, ...(policy && { policy }) });
  const { loop } = cluster;
  let events = 0;
  const handle = loop.handle.bind(loop);
  loop.handle = (event) => {
    events += 1;
    handle(event);
  };
  const things = happenings(cluster, servers, models, random);
  for (let turn = 0; turn < turns; turn += 1) {
    pick(things, random)();
    cluster.run(below(2_500, random));
  }
  // Left alone, it finishes what it was given.
  cluster.failingLoads = 0;
  loop.handle({ type: 'resume' });
  cluster.runUntilDone(4 * 3_600_000);
  return { events, violations: cluster.rules.violations, unfinished: cluster.jobs.unfinished };
}

function happenings(
  cluster: SimulatedCluster,
  servers: readonly ClusterServer[],
  models: readonly ClusterModel[],
  random: Random,
): readonly (() => void)[] {
  const { loop, clock } = cluster;
  const name = () => pick(models, random).name;
  const submit = () => {
    const isLong = random.next() < 0.1;
    cluster.submit({
      model: name(),
      priority: randomPriority(random),
      client: `c${below(4, random)}`,
      ...(isLong && { contextLength: 16_384 }),
    });
  };
  const burst = () => {
    const model = name();
    for (let i = 0; i < 6; i += 1) cluster.submit({ model, client: 'flood' });
  };
  const pin = () => {
    const one = { modelName: name(), backendId: null, until: clock.now() + 15_000, askedAt: clock.now() };
    loop.handle({ type: 'wish', change: { kind: 'pin', pin: one } });
  };
  const lease = () => {
    const server = pick(servers, random);
    const card = below(server.cards.length, random);
    const reservation = {
      id: newId('rsv', clock, random),
      owner: 'x',
      gpuId: stableId('gpu', server.name, `GPU-${card}`),
      bytes: Math.ceil(random.next() * 3 * GiB),
      expiresAt: clock.now() + 20_000,
      kind: 'LEASE',
      whileProcess: null,
      ready: false,
      foreignBefore: 0,
    } as const;
    loop.handle({ type: 'wish', change: { kind: 'reserve', reservation } });
  };
  const unload = () => {
    const weights = name();
    for (const { id, variant } of loop.state.instances.values())
      if (variant.weights === weights) cluster.rules.mayLeave.add(id);
    loop.handle({ type: 'unload-weights', weights, backendId: null });
  };
  const fail = () => {
    cluster.failingLoads += 1;
  };
  const crash = () => cluster.crash(pick(servers, random).name, 4_000);
  const pause = () => {
    loop.handle({ type: 'pause' });
    clock.after(3_000, () => loop.handle({ type: 'resume' }));
  };
  return [submit, submit, submit, submit, burst, burst, pin, lease, unload, fail, crash, pause];
}

function below(limit: number, random: Random): number {
  return Math.floor(random.next() * limit);
}

function pick<T>(from: readonly T[], random: Random): T {
  const one = from[below(from.length, random)];
  if (one === undefined) throw new Error('There is nothing to pick from.');
  return one;
}

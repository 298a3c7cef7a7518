/** What a plan says that each waiting queue waits for, against what the plan does; and that people are told just that. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { QueueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import { fitWithout } from '../../src/scheduler/decide/fit.ts';
import type { Plan } from '../../src/scheduler/decide/plan.ts';
import type { Policy } from '../../src/scheduler/decide/policy.ts';
import {
  type BackendSnapshot,
  type Demand,
  type Snapshot,
  serves,
} from '../../src/scheduler/decide/snapshot.ts';
import type { Verdict } from '../../src/scheduler/decide/verdict.ts';
import { explain } from '../../src/scheduler/explain/explain.ts';
import { drive } from './random-drive.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

type Kind = Verdict['kind'];

/** What is wrong with the verdict of a queue, by what the plan does; null where nothing is. */
function wrongWith(demand: Demand, snapshot: Snapshot, plan: Plan, now: number): string | null {
  const verdict = plan.verdicts.of(demand.backlog.queue);
  if (!verdict) return 'nothing is said';
  const { options } = demand;
  const isFor = (backend: BackendSnapshot) => options.some(({ backendId }) => backendId === backend.id);
  const places = snapshot.backends.filter(isFor);
  const serving = places.flatMap(({ instances }) =>
    instances.filter((one) => options.some((option) => serves(one, option))),
  );
  const slots = serving
    .filter(({ id, status }) => status === 'READY' && !plan.drains.includes(id))
    .reduce((sum, { config }) => sum + config.parallel, 0);
  const begun = plan.loads.filter((load) => options.some((option) => serves(load.option, option)));
  const isLoading = begun.length > 0 || serving.some(({ status }) => status === 'LOADING');
  const swapsOf = (backend: BackendSnapshot) => plan.swaps.get(backend.id) ?? backend.swaps;
  const swaps = places.flatMap((backend) =>
    swapsOf(backend).filter(({ target }) => options.some((option) => serves(target, option))),
  );
  const used = (backend: BackendSnapshot) =>
    backend.instances.filter(({ status }) => status === 'LOADING').length +
    plan.loads.filter(({ option }) => option.backendId === backend.id).length +
    swapsOf(backend).length;
  const isOneOf = (...kinds: readonly Kind[]) => kinds.includes(verdict.kind);
  if (snapshot.paused !== isOneOf('PAUSED')) return 'whether it is paused';
  if (snapshot.paused) return null;
  if (slots > 0) return verdict.kind === 'TURN' && verdict.slots === slots ? null : `${slots} slots serve it`;
  if (isLoading !== isOneOf('LOADING')) return 'whether it loads';
  if (isOneOf('TURN')) return 'nothing serves it';
  if (isLoading) return null;
  const isPlanned = swaps.length > 0;
  if (isPlanned && !isOneOf('MAKING_ROOM', 'IMPOSSIBLE', 'SPILLED', 'RAN_OUT', 'TOO_LARGE_NOW'))
    return 'room is being made';
  if (!isPlanned && isOneOf('MAKING_ROOM')) return 'no room is being made';
  if (isOneOf('CHANNELS') && places.every((backend) => used(backend) < backend.loadChannels))
    return 'a load could begin';
  const isLeftAlone = (backend: BackendSnapshot) => plan.loads.length === 0 && swapsOf(backend).length === 0;
  const fits = (backend: BackendSnapshot) =>
    options.some((option) => option.backendId === backend.id && fitWithout(option, backend, []));
  // Of several places one is told of; another may have room, and something else against it.
  if (isOneOf('NO_ROOM') && places.length === 1 && places.some((one) => isLeftAlone(one) && fits(one)))
    return 'there is room';
  // What ends by time alone is decided about anew when it does.
  const ends = isOneOf('HELD', 'SPILLED', 'RAN_OUT', 'COURTESY', 'ABOUT_TO_LOAD', 'NO_ROOM');
  if (isOneOf('ABOUT_TO_LOAD') && verdict.until === null) return 'nothing decided about it';
  if (!ends || verdict.until === null || verdict.until === Number.POSITIVE_INFINITY) return null;
  if (verdict.until <= now) return 'it is over';
  return plan.wakeAt !== null && plan.wakeAt <= verdict.until ? null : 'nobody looks when it is over';
}

/** The usual policy, with what is found wrong in its plans, and what it said. */
function checked() {
  const wrong = new Set<string>();
  const kinds = new Map<Kind, number>();
  const policy: Policy = {
    decide: (snapshot, now) => {
      const plan = USUAL_POLICY.decide(snapshot, now);
      for (const demand of snapshot.demand) {
        const found = wrongWith(demand, snapshot, plan, now);
        const verdict = plan.verdicts.of(demand.backlog.queue);
        if (verdict) kinds.set(verdict.kind, (kinds.get(verdict.kind) ?? 0) + 1);
        if (found) wrong.add(`${verdict?.kind}: ${found}`);
      }
      return plan;
    },
  };
  return { policy, wrong, kinds };
}

describe('the verdict of a plan', () => {
  it('is what the plan does, for each queue that waits, in whatever happens', () => {
    const { policy, wrong, kinds } = checked();
    for (let seed = 1; seed <= 6; seed += 1) expect(drive(seed, 60, policy).violations).toEqual([]);
    expect([...wrong]).toEqual([]);
    const all: readonly Kind[] = [
      'PAUSED',
      'LOADING',
      'TURN',
      'UNREACHABLE',
      'MAKING_ROOM',
      'CHANNELS',
      'NO_ROOM',
    ];
    for (const kind of all) expect(kinds.get(kind) ?? 0, kind).toBeGreaterThan(10);
  });

  it('is the same for the same snapshot, whatever was asked before', () => {
    let plans = 0;
    const policy: Policy = {
      decide: (snapshot, now) => {
        const [first, second] = [USUAL_POLICY, USUAL_POLICY].map((each) => {
          const { verdicts, ...plan } = each.decide(snapshot, now);
          return { plan, said: snapshot.demand.map(({ backlog }) => verdicts.of(backlog.queue)) };
        });
        expect(second).toEqual(first);
        plans += 1;
        return USUAL_POLICY.decide(snapshot, now);
      },
    };
    drive(11, 25, policy);
    expect(plans).toBeGreaterThan(100);
  });

  it('is what people are told, and is not found again', () => {
    const model = (name: string) => ({ name, bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000 });
    const servers = [{ name: 'box', cards: [24 * GiB] }];
    const world = new SimulatedCluster({
      servers,
      models: ['a', 'b', 'c'].map(model),
      random: seededRandom(1),
    });
    for (let i = 0; i < 90; i += 1) world.submit({ model: ['a', 'b', 'c'][i % 3] ?? 'a' });
    const told = new Set<string>();
    const input = { options: [], modelsKnown: true, faults: [] };
    world.onChange = () => {
      const { plan } = world.loop;
      for (const { queue } of world.jobs.backlog.queues()) {
        const verdict = plan?.verdicts.of(queue) ?? null;
        if (!verdict) continue;
        expect(world.loop.verdictOf(queue)).toBe(verdict);
        const job = { queue, status: 'PENDING', notBefore: null, priority: 'NORMAL', createdAt: 0 } as never;
        told.add(explain({ job, verdict, ...input }, world.clock.now())?.reason ?? 'nothing');
      }
    };
    world.runUntilDone(600_000);
    expect(world.jobs.unfinished).toBe(0);
    expect([...told].sort()).toEqual(['LOADING', 'QUEUE_ORDER', 'SWAP_NOT_WORTH', 'VRAM']);
  });

  it('is there for a queue that came after the plan, by one that is only tried', () => {
    const models = [{ name: 'a', bytes: GiB, loadMs: 2_000, runMs: 1_000 }];
    const world = new SimulatedCluster({
      servers: [{ name: 'box', cards: [4 * GiB] }],
      models,
      random: seededRandom(1),
    });
    world.run(5_000);
    const { queue } = world.submit({ model: 'a' });
    expect(world.loop.plan?.verdicts.of(queue)).toBeNull();
    expect(world.loop.verdictOf(queue)).toMatchObject({ kind: 'LOADING' });
    expect(world.loads).toEqual([]);
    expect(world.loop.state.instances.size).toBe(0);
  });

  it('goes as the example of DESIGN.md tells', () => {
    const model = (name: string, gib: number) => ({ name, bytes: gib * GiB, loadMs: 4_000, runMs: 10_000 });
    const servers = [{ name: 'box', cards: [24 * GiB] }];
    const models = [model('a', 16), model('b', 16), model('c', 6)];
    const world = new SimulatedCluster({ servers, models, random: seededRandom(1) });
    const said = ({ queue }: { readonly queue: QueueKey }) => {
      const job = { queue, status: 'PENDING', notBefore: null, priority: 'NORMAL', createdAt: 0 } as never;
      const input = { options: [], modelsKnown: true, faults: [] };
      const verdict = world.loop.verdictOf(queue);
      return `${verdict?.kind}: ${explain({ job, verdict, ...input }, world.clock.now())?.explanation}`;
    };
    for (let i = 0; i < 10; i += 1) world.submit({ model: 'a' });
    world.run(6_000);
    const b = world.submit({ model: 'b' });
    world.run(60_000);
    const c = world.submit({ model: 'c', priority: 'LOW', runMs: 40_000 });
    world.run(10);
    expect(said(c)).toMatch(/^LOADING: /);
    expect(said(b)).toMatch(/^NO_ROOM: .*a .* has work of its own, c .* has been loading for /);
    world.run(6_000);
    expect(said(b)).toMatch(
      /^NO_ROOM: Needs 16.0 GiB, 2.0 GiB free; a .* has work of its own, c .* a swap is forced in 1 min 5\d s\.$/,
    );
    for (let ms = 0; said(b).startsWith('NO_ROOM') && ms < 60_000; ms += 100) world.run(100);
    expect(said(b)).toMatch(
      /^MAKING_ROOM: Room for its 16.0 GiB is being made: a is to go and finishes one job first\.$/,
    );
    world.runUntilDone(120_000);
    expect(world.loads.map((load) => load.model)).toEqual(['a', 'c', 'b']);
    expect(world.residents('box')).toEqual(['c', 'b']);
  });
});

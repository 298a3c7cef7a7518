/** One turn of the scheduling loop, as a pure function: the server and the simulator drive the same one. */
import { nextInstanceStatus } from '../domain/instance.ts';
import { append } from '../domain/long-lists.ts';
import { apply } from './apply.ts';
import { settled } from './decide/forced-share.ts';
import type { Plan } from './decide/plan.ts';
import type { Policy } from './decide/policy.ts';
import { reasonAbout } from './decide/reason.ts';
import type { Effect, EventOf, SchedulerEvent } from './events.ts';
import { markDeficits } from './ledger/cards.ts';
import { loaded, loadFailed } from './loads/outcome.ts';
import { refuseImpossible } from './loads/refuse-impossible.ts';
import { unloaded } from './observe/freed-memory.ts';
import { observe } from './observe/observe.ts';
import { learnWork } from './runs/learn-work.ts';
import { activate, charge } from './runs/service.ts';
import { isBroken, withRun } from './runs/strikes.ts';
import { withVisit } from './runs/visits.ts';
import { snapshotOf } from './snapshot/snapshot-of.ts';
import { type SchedulerState, withInstance, withoutEntry } from './state.ts';
import type { Reduced, World } from './turn.ts';
import { tellMissing } from './wishes/missing-models.ts';
import { drainReplaced } from './wishes/replaced.ts';
import { keepWishes, nextExpiry, wishesOf } from './wishes/upkeep.ts';
import { withWish } from './wishes/wishes.ts';

export interface Step {
  readonly state: SchedulerState;
  readonly effects: readonly Effect[];
  readonly plan: Plan;
  /** When to look again although nothing happened, epoch milliseconds; null for never. */
  readonly wakeAt: number | null;
}

export function step(
  before: SchedulerState,
  event: SchedulerEvent,
  world: World,
  policy: Policy,
  now: number,
): Step {
  const heard = hear(before, event, world, now);
  const { service, active } = activate(
    { service: heard.state.service, active: heard.state.activeClients },
    world.clients,
    world.demand,
    () => world.clientsAtLimit?.() ?? [],
  );
  const withWishes = keepWishes({ ...heard.state, service, activeClients: active }, world, now);
  const told = tellMissing(withWishes, world);
  const kept = drainReplaced(told.state, world);
  const marked = markDeficits(kept.state, now);
  const snapshot = snapshotOf(marked, world.demand, wishesOf(marked, world), now, world.roomOf);
  const refused = refuseImpossible(marked, snapshot.backends, world, now);
  const { state } = refused;
  const plan = policy.decide(snapshot, now);
  const applied = apply(state, plan, world, now);
  // What begins to load has slots to claim for: claimed while it loads, their jobs start in the moment in which it is ready.
  const nextTurn = plan.loads.length > 0 ? now : Number.POSITIVE_INFINITY;
  const wakeAt = Math.min(
    plan.wakeAt ?? Number.POSITIVE_INFINITY,
    nextExpiry(state.wishes),
    nextTurn,
    refused.wakeAt,
  );
  return {
    state: markDeficits(applied.state, now),
    plan,
    effects: [...heard.effects, ...told.effects, ...kept.effects, ...refused.effects, ...applied.effects],
    wakeAt: Number.isFinite(wakeAt) ? wakeAt : null,
  };
}

/** The event alone, before anything is decided. */
function hear(state: SchedulerState, event: SchedulerEvent, world: World, now: number): Reduced {
  switch (event.type) {
    case 'look':
      return { state, effects: [] };
    case 'together':
      return together(state, event.events, world, now);
    case 'pause':
      return { state: { ...state, paused: true }, effects: [] };
    case 'resume':
      return { state: { ...state, paused: false }, effects: [] };
    case 'observed':
      return observe(state, event.observation, world, now);
    case 'wish':
      return { state: { ...state, wishes: withWish(state.wishes, event.change) }, effects: [] };
    case 'unload-weights':
      return unloadWeights(state, event);
    case 'claimed':
      return claimed(state, event);
    case 'left':
      return left(state, event, world, now);
    case 'recalled':
      return { state: { ...state, work: { ...state.work, ...event.work } }, effects: [] };
    case 'loaded':
      return loaded(state, event, now);
    case 'load-failed':
      return loadFailed(state, event, world, now);
    case 'unloaded':
      return unloaded(state, event.instanceId, now);
    default:
      return event satisfies never;
  }
}

function together(
  before: SchedulerState,
  events: readonly SchedulerEvent[],
  world: World,
  now: number,
): Reduced {
  let state = before;
  const effects: Effect[] = [];
  for (const event of events) {
    const heard = hear(state, event, world, now);
    state = heard.state;
    append(effects, heard.effects);
  }
  return { state, effects };
}

function claimed(state: SchedulerState, event: EventOf<'claimed'>): Reduced {
  const claim = state.claims.get(event.claimNumber);
  if (!claim) return { state, effects: [] };
  const unasked = { ...state, claims: withoutEntry(state.claims, event.claimNumber) };
  const weights = state.instances.get(claim.instanceId)?.variant.weights;
  // A claim that brings nothing was no visit: what it was for has gone, or is still on its way.
  const isVisit = weights !== undefined && claim.visitAt !== null && event.jobs.length > 0;
  const answered = isVisit ? withVisit(unasked, weights, claim.visitAt) : unasked;
  const instance = answered.instances.get(claim.instanceId);
  if (!instance) return { state: answered, effects: [] };
  const asked = claim.picks.reduce((sum, pick) => sum + pick.count, 0);
  const jobs = [...instance.jobs, ...event.jobs];
  const overdue = claim.overdue ? new Set([...instance.overdue, ...event.jobs]) : instance.overdue;
  // What came too late for a load that failed goes back, and starts nowhere.
  const isGone = instance.status === 'FAILED' || instance.status === 'UNLOADING';
  const effects: Effect[] = (isGone ? [] : event.jobs).map((jobId) => ({
    type: 'decided',
    jobId,
    reason: {
      kind: 'DISPATCH',
      backendId: instance.backendId,
      modelName: instance.variant.modelName,
      instanceId: instance.id,
      explanation: `Slot ${instance.jobs.length + 1 + event.jobs.indexOf(jobId)} of ${instance.config.parallel} of an instance that is ${instance.status}${instance.spilled || instance.partialOffload ? ' and partly on the CPU' : ''}.`,
    },
  }));
  return {
    state: withInstance(answered, {
      ...instance,
      jobs,
      overdue,
      asking: Math.max(0, instance.asking - asked),
    }),
    effects,
  };
}

function left(before: SchedulerState, event: EventOf<'left'>, world: World, now: number): Reduced {
  const seconds = event.ranMs / 1000 / (world.weightOf?.(event.client) ?? 1);
  const charged = { ...before, service: charge(before.service, event.client, seconds) };
  const instance = charged.instances.get(event.instanceId);
  if (!instance) return { state: charged, effects: [] };
  const { client, ranMs, work } = event;
  const { weights } = instance.variant;
  const state =
    event.succeeded && ranMs > 0
      ? { ...charged, work: learnWork(charged.work, { weights, client, ranMs, work }) }
      : charged;
  const at = instance.jobs.indexOf(event.jobId);
  const jobs = at < 0 ? instance.jobs : instance.jobs.toSpliced(at, 1);
  const overdue = new Set(instance.overdue);
  const wasOverdue = overdue.delete(event.jobId);
  const overdueCreditMs = settled(instance.overdueCreditMs, event.ranMs, wasOverdue);
  // It gets no new job until a later reading has shown that it is still there.
  const isDoubted = event.evidence !== 'none';
  const suspectSince = isDoubted ? now : instance.suspectSince;
  const lastUsedAt = event.ranMs > 0 ? now : instance.lastUsedAt;
  const effects: Effect[] = isDoubted ? [{ type: 'poke', backendId: instance.backendId, when: 'soon' }] : [];
  const strikes = withRun(instance.strikes, event.jobId, event);
  const mayBreak = instance.status === 'READY' || instance.status === 'DRAINING';
  const status =
    mayBreak && isBroken(strikes) ? nextInstanceStatus(instance.status, 'break') : instance.status;
  return {
    state: withInstance(state, {
      ...instance,
      status,
      jobs,
      overdue,
      overdueCreditMs,
      suspectSince,
      lastUsedAt,
      strikes,
    }),
    effects,
  };
}

/** A person wants it gone: it drains, whatever waits for it. A load that is under way ends. */
function unloadWeights(before: SchedulerState, event: EventOf<'unload-weights'>): Reduced {
  let state = before;
  const effects: Effect[] = [];
  for (const instance of before.instances.values()) {
    const { id, backendId, variant, status } = instance;
    const meant =
      variant.weights === event.weights && (event.backendId === null || event.backendId === backendId);
    if (!meant || (status !== 'READY' && status !== 'LOADING')) continue;
    if (status === 'LOADING') {
      if (instance.unwanted) continue;
      state = withInstance(state, { ...instance, unwanted: true });
      effects.push({ type: 'cancel-load', instanceId: id });
    } else state = withInstance(state, { ...instance, status: nextInstanceStatus(status, 'drain') });
    const explanation = status === 'LOADING' ? 'It was asked to go while it loaded.' : 'It was asked to go.';
    effects.push({
      type: 'decided',
      reason: reasonAbout(instance, 'DRAIN', explanation, { cause: 'ASKED' }),
      jobId: null,
    });
  }
  return { state, effects };
}

/** A plan carried into the state, and what has to be done for it. */
import type { BackendId, InstanceId } from '../domain/ids.ts';
import { type InstanceEvent, nextInstanceStatus } from '../domain/instance.ts';
import { spend } from './decide/forced-share.ts';
import { hostBytesOf } from './decide/host.ts';
import type { Plan } from './decide/plan.ts';
import type { Effect } from './events.ts';
import { gpusOfFootprint, rawFreeBytes } from './ledger/cards.ts';
import { isOurProcess } from './observe/freed-memory.ts';
import { probedBefore } from './observe/probed-memory.ts';
import { NO_STRIKES } from './runs/strikes.ts';
import { type InstanceRecord, type SchedulerState, withBackend, withEntry, withInstance } from './state.ts';
import type { Reduced, World } from './turn.ts';

/** Carries a plan into the state, and says what has to be done for it. */
export function apply(before: SchedulerState, plan: Plan, world: World, now: number): Reduced {
  let state = before;
  const ids = new Map(plan.loads.map(({ reason }) => [reason, world.newInstanceId()]));
  const effects: Effect[] = plan.reasons.map((reason) => {
    const instanceId = ids.get(reason);
    return { type: 'decided', reason: instanceId ? { ...reason, instanceId } : reason, jobId: null };
  });
  const move = (id: InstanceId, event: InstanceEvent) => {
    const instance = state.instances.get(id);
    if (instance)
      state = withInstance(state, { ...instance, status: nextInstanceStatus(instance.status, event) });
  };
  for (const claim of plan.claims) {
    const instance = state.instances.get(claim.instanceId);
    const backend = instance && state.backends.get(instance.backendId);
    if (!instance || !backend) continue;
    const asked = claim.picks.reduce((sum, pick) => sum + pick.count, 0);
    const claimNumber = state.nextClaim;
    // One whose last job ended in this very turn goes on.
    const wasIdle = instance.activeJobs === 0 && (instance.lastUsedAt < now || instance.loadedAt === null);
    const visitAt = wasIdle && !isBusyElsewhere(state, instance) ? now : null;
    const claims = withEntry(state.claims, claimNumber, { ...claim, visitAt });
    state = { ...state, nextClaim: claimNumber + 1, claims };
    const claimedAt = Object.fromEntries(claim.picks.map(({ priority }) => [priority, now]));
    state = withInstance(state, {
      ...instance,
      asking: instance.asking + asked,
      claimedAt: { ...instance.claimedAt, ...claimedAt },
      busySince: wasIdle ? now : instance.busySince,
    });
    effects.push({ type: 'claim', claimNumber, claim, backendName: backend.settings.name });
  }
  for (const id of plan.drains) move(id, 'drain');
  for (const id of plan.unloads) {
    move(id, 'unload');
    const instance = state.instances.get(id);
    if (!instance) continue;
    state = withInstance(state, { ...instance, unloadStartedAt: now });
    effects.push({ type: 'unload', instanceId: id });
    // The process of our own ends while the reading is under way: it may show already what came back.
    if (isOurProcess(state, instance))
      effects.push({ type: 'poke', backendId: instance.backendId, when: 'now', since: now });
  }
  for (const [backendId, swaps] of plan.swaps) {
    const backend = state.backends.get(backendId);
    if (backend) state = withBackend(state, { ...backend, swaps });
  }
  for (const [backendId, seconds] of plan.forced) {
    const backend = state.backends.get(backendId);
    if (backend) state = withBackend(state, { ...backend, forced: spend(backend.forced, seconds, now) });
  }
  for (const { option, placement, evicts, reason } of plan.loads) {
    for (const evicted of evicts) state = yieldToServer(state, evicted);
    const id = ids.get(reason) ?? world.newInstanceId();
    const backend = state.backends.get(option.backendId);
    state = withInstance(state, {
      id,
      backendId: option.backendId,
      variant: option.variant,
      config: option.config,
      status: 'LOADING',
      footprint: placement,
      hostBytes: hostBytesOf(
        option,
        backend?.settings.capabilities.hostBytesPerInstance ?? 0,
        backend?.gpus ?? null,
      ),
      spilled: false,
      partialOffload: option.cpuBytes > 0,
      adopted: false,
      loadStartedAt: now,
      loadedAt: null,
      lastUsedAt: now,
      activeJobs: 0,
      keepAliveMs: option.keepAliveMs,
      suspectSince: null,
      unloadStartedAt: null,
      unloadedAt: null,
      pinned: false,
      nameless: false,
      yielded: false,
      unwanted: false,
      expectedLoadMs: option.loadMs,
      freeBeforeLoad: freeNow(state, option.backendId),
      reportedBytes: null,
      driverBytes: option.driverBytes * placement.length,
      probed: probedBefore(backend?.gpus ?? []),
      strikes: NO_STRIKES,
      claimedAt: {},
      busySince: now,
      overdue: new Set(),
      overdueCreditMs: 0,
      jobs: [],
      asking: 0,
    });
    const gpus = backend ? gpusOfFootprint(backend, placement) : [];
    const spec = { variant: option.variant, config: option.config, gpus };
    effects.push({
      type: 'load',
      instanceId: id,
      backendId: option.backendId,
      spec,
      expectedMs: option.loadMs,
    });
  }
  return { state, effects };
}

/** Other instances of its weights have jobs: what comes is one crowd with those. */
function isBusyElsewhere({ instances }: SchedulerState, { id, variant }: InstanceRecord): boolean {
  return instances
    .values()
    .some((other) => other.id !== id && other.variant.weights === variant.weights && other.activeJobs > 0);
}

/** Before the load is entered, so that what is free for it is what will be. */
function yieldToServer(state: SchedulerState, id: InstanceId): SchedulerState {
  const instance = state.instances.get(id);
  return instance ? withInstance(state, { ...instance, yielded: true }) : state;
}

function freeNow(state: SchedulerState, backendId: BackendId): InstanceRecord['freeBeforeLoad'] {
  const backend = state.backends.get(backendId);
  return backend ? rawFreeBytes(state, backend) : new Map();
}

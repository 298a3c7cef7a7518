/** A backend as a plan and time leave it, while a walk goes on. Pure functions from one snapshot of it to the next. */
import type { InstanceId } from '../../domain/ids.ts';
import { bytesOn } from '../../domain/instance.ts';
import { budgetsAt, lessThan, NOTHING_SPENT, secondsLeft } from '../decide/forced-share.ts';
import { hostBytesOf } from '../decide/host.ts';
import type { Plan, PlannedLoad } from '../decide/plan.ts';
import { emptied, withLoad } from '../decide/planned.ts';
import type { BackendSnapshot, InstanceSnapshot } from '../decide/snapshot.ts';

/** @param newId for what it loads */
export function afterPlan(
  backend: BackendSnapshot,
  plan: Plan,
  newId: () => InstanceId,
  now: number,
): BackendSnapshot {
  const instances = backend.instances.map((instance): InstanceSnapshot => {
    if (plan.unloads.includes(instance.id)) return { ...instance, status: 'UNLOADING', unloadStartedAt: now };
    return plan.drains.includes(instance.id) ? { ...instance, status: 'DRAINING' } : instance;
  });
  const told: BackendSnapshot = {
    ...backend,
    instances,
    swaps: plan.swaps.get(backend.id) ?? backend.swaps,
    forcedSeconds: lessThan(backend.forcedSeconds, plan.forced.get(backend.id) ?? NOTHING_SPENT),
  };
  const own = plan.loads.filter(({ option }) => option.backendId === backend.id);
  return own.reduce((before, load) => loading(before, load, newId(), now), told);
}

function loading(before: BackendSnapshot, load: PlannedLoad, id: InstanceId, now: number): BackendSnapshot {
  const evicted = before.instances.filter((instance) => load.evicts.includes(instance.id));
  const backend = evicted.length > 0 ? emptied(before, evicted) : before;
  const { option, placement } = load;
  const bytes = placement.reduce((sum, part) => sum + part.bytes, 0);
  const instance: InstanceSnapshot = {
    id,
    backendId: backend.id,
    variant: option.variant,
    config: option.config,
    status: 'LOADING',
    footprint: placement,
    hostBytes: hostBytesOf(option, backend.host?.bytesPerInstance ?? 0, backend.gpus),
    spilled: false,
    adopted: false,
    loadStartedAt: now,
    loadedAt: null,
    lastUsedAt: now,
    activeJobs: 0,
    claimedAt: {},
    busySince: now,
    visits: null,
    suspect: false,
    keepAliveMs: option.keepAliveMs,
    pinned: false,
    nameless: false,
    expectedLoadMs: option.loadMs,
    freeBeforeLoad: new Map(backend.gpus.map((gpu) => [gpu.id, gpu.freeBytes + gpu.headroomBytes])),
    asking: 0,
    reportedBytes: bytes - option.driverBytes * placement.length,
    unloadStartedAt: null,
    unloadedAt: null,
    overdueJobs: 0,
    overdueCreditMs: 0,
  };
  // It is counted among the instances from now on, and no more as one that is planned.
  const { maxLoadedModels } = backend;
  return { ...withLoad(backend, load), maxLoadedModels, instances: [...backend.instances, instance] };
}

export function loaded(backend: BackendSnapshot, instance: InstanceSnapshot, now: number): BackendSnapshot {
  return {
    ...withInstance(backend, { ...instance, status: 'READY', loadedAt: now, lastUsedAt: now }),
    gpus: backend.gpus.map((gpu) => ({
      ...gpu,
      movingBytes: Math.max(0, gpu.movingBytes - bytesOn(gpu.id, instance.footprint)),
    })),
  };
}

export function gone(backend: BackendSnapshot, instance: InstanceSnapshot): BackendSnapshot {
  return emptied(backend, [instance]);
}

export function withInstance(backend: BackendSnapshot, changed: InstanceSnapshot): BackendSnapshot {
  return { ...backend, instances: backend.instances.map((one) => (one.id === changed.id ? changed : one)) };
}

export function later(backend: BackendSnapshot, from: number, to: number): BackendSnapshot {
  return { ...backend, forcedSeconds: secondsLeft(budgetsAt(backend.forcedSeconds, from), to) };
}

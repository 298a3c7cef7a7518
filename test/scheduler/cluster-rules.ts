/** What may never happen, whatever the policy: looked at in each turn of a simulated cluster's loop. */
import type { BackendId, InstanceId } from '../../src/domain/ids.ts';
import type { TaskOf } from '../../src/scheduler/effects.ts';
import {
  type BackendRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
} from '../../src/scheduler/state.ts';

export class ClusterRules {
  readonly violations: string[] = [];
  /** Instances that somebody asked to unload, or whose load failed: they may leave, whatever they are. */
  readonly mayLeave = new Set<InstanceId>();
  #before: SchedulerState | null = null;

  /** @param state after the turn that asked for it */
  asks(effect: TaskOf<'claim' | 'load'>, state: SchedulerState): void {
    const before = this.#before;
    if (effect.type === 'claim') {
      const instance = state.instances.get(effect.claim.instanceId);
      const { as } = effect.claim;
      const was = before?.instances.get(effect.claim.instanceId)?.status ?? instance?.status;
      const statuses = [was, instance?.status];
      const isRight =
        as === 'QUEUED'
          ? was === 'LOADING'
          : statuses.includes('READY') || this.#cannotLeaveYet(instance, state);
      if (!isRight) this.violations.push(`${as} jobs are claimed for an instance that is ${was}`);
    }
    if (effect.type === 'load') {
      const backend = state.backends.get(effect.backendId);
      if (backend) this.#checkRoom(state, backend, effect.spec.variant.modelName);
    }
  }

  /** Where a server handles one unload after the other, who is to go serves until its turn has come. */
  #cannotLeaveYet(instance: InstanceRecord | undefined, state: SchedulerState): boolean {
    const settings = instance && state.backends.get(instance.backendId)?.settings;
    if (instance?.status !== 'DRAINING' || !settings?.capabilities.admitsByItself) return false;
    return instancesOf(state, settings.id).some(({ status }) => status === 'UNLOADING');
  }

  /** After each turn. */
  turned(state: SchedulerState): void {
    const before = this.#before;
    this.#before = state;
    if (!before) return;
    for (const [id, instance] of state.instances) {
      const was = before.instances.get(id);
      if (!was || was.status === instance.status || this.mayLeave.has(id)) continue;
      const { modelName } = instance.variant;
      const isReplaced = state.backends
        .get(instance.backendId)
        ?.swaps.some(({ target }) => target.variant.weights === instance.variant.weights);
      if (instance.status === 'DRAINING' && was.pinned && instance.pinned && !isReplaced)
        this.violations.push(`${modelName} is told to go although it is pinned`);
      // One that became ready in this turn may be told to go in it.
      if (was.status === 'LOADING' && instance.status !== 'READY' && instance.loadedAt === null)
        this.violations.push(`${modelName} is told to go while it loads`);
    }
    for (const backend of state.backends.values()) this.#checkVictims(before, backend);
  }

  #checkVictims(before: SchedulerState, { settings, swaps }: BackendRecord): void {
    const known = new Set(before.backends.get(settings.id)?.swaps);
    for (const swap of swaps) {
      if (known.has(swap)) continue;
      for (const id of swap.victims) {
        const status = before.instances.get(id)?.status;
        if (status !== 'READY')
          this.violations.push(`a victim of ${swap.target.variant.modelName} is ${status}`);
      }
    }
  }

  /** By what the instances were given: each keeps it until it is gone. */
  #checkRoom(state: SchedulerState, backend: BackendRecord, modelName: string): void {
    const here = instancesOf(state, backend.settings.id);
    for (const { id, reading } of backend.gpus ?? []) {
      const given = here.flatMap(({ footprint }) => footprint).filter(({ gpuId }) => gpuId === id);
      const reserved = [...state.wishes.reservations.values()].filter((one) => one.ready && one.gpuId === id);
      const claimed = [...given, ...reserved].reduce((sum, { bytes }) => sum + bytes, 0);
      if (claimed > reading.totalBytes)
        this.violations.push(`${modelName} overdraws card ${reading.index} of ${backend.settings.name}`);
    }
    const most = backend.settings.maxLoadedModels;
    if (most !== null && here.length > most)
      this.violations.push(`${here.length} models of at most ${most} are loaded`);
    const loading = here.filter(({ status }) => status === 'LOADING').length;
    if (loading > backend.settings.capabilities.loadChannels)
      this.violations.push(`${loading} loads at once on ${backend.settings.name}`);
  }
}

export function namesOn(state: SchedulerState, backendId: BackendId): readonly string[] {
  return instancesOf(state, backendId)
    .filter(({ status }) => status === 'READY')
    .map(({ variant }) => variant.modelName);
}

/** A plan while it is made. Lives for one call of `decide`; the parts of the policy write into it. */
import type { BackendId, InstanceId } from '../../domain/ids.ts';
import { servable } from './fill.ts';
import type { Plan, PlannedClaim, PlannedLoad, Reason } from './plan.ts';
import { withIntent, withLoad } from './planned.ts';
import {
  type BackendSnapshot,
  type InstanceSnapshot,
  type Intent,
  type LoadOption,
  type Snapshot,
  serves,
} from './snapshot.ts';

export class Draft {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly claims: PlannedClaim[] = [];
  readonly loads: PlannedLoad[] = [];
  readonly draining = new Set<InstanceId>();
  readonly #unloads: InstanceId[] = [];
  readonly #intents = new Map<BackendId, readonly Intent[]>();
  readonly #reasons: Reason[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(snapshot: Snapshot, now: number) {
    this.snapshot = snapshot;
    this.now = now;
  }

  plan(): Plan {
    return {
      claims: this.claims,
      drains: [...this.draining],
      unloads: this.#unloads,
      loads: this.loads,
      intents: this.#intents,
      reasons: this.#reasons,
      wakeAt: Number.isFinite(this.#wakeAt) ? this.#wakeAt : null,
    };
  }

  reason(kind: Reason['kind'], backend: BackendSnapshot, modelName: string, explanation: string): void {
    this.#reasons.push({ kind, backendId: backend.id, modelName, explanation });
  }

  /** Look again at that time, epoch milliseconds, although nothing may have happened. */
  wakeBy(at: number): void {
    if (at > this.now) this.#wakeAt = Math.min(this.#wakeAt, at);
  }

  drain(backend: BackendSnapshot, instance: InstanceSnapshot, explanation: string): void {
    this.draining.add(instance.id);
    this.reason('DRAIN', backend, instance.variant.modelName, explanation);
  }

  unload(backend: BackendSnapshot, instance: InstanceSnapshot, explanation: string): void {
    this.#unloads.push(instance.id);
    this.reason('UNLOAD', backend, instance.variant.modelName, explanation);
  }

  /** By this plan. */
  isToldToGo({ id }: InstanceSnapshot): boolean {
    return this.#unloads.includes(id);
  }

  load(backend: BackendSnapshot, load: PlannedLoad, explanation: string): void {
    this.loads.push(load);
    this.reason('LOAD', backend, load.option.variant.modelName, explanation);
  }

  intentsOf(backend: BackendSnapshot): readonly Intent[] {
    return this.#intents.get(backend.id) ?? backend.intents;
  }

  setIntents(backend: BackendSnapshot, intents: readonly Intent[]): void {
    this.#intents.set(backend.id, intents);
  }

  backendOf(option: LoadOption): BackendSnapshot | undefined {
    return this.snapshot.backends.find((backend) => backend.id === option.backendId);
  }

  /** Loads that may still begin, given so many open intents. */
  freeChannels(backend: BackendSnapshot, intents = this.intentsOf(backend).length): number {
    const loading = backend.instances.filter((instance) => instance.status === 'LOADING').length;
    const planned = this.loads.filter((load) => load.option.backendId === backend.id).length;
    return backend.loadChannels - loading - planned - intents;
  }

  /** READY, and not drained by this plan. */
  standing(backend: BackendSnapshot): readonly InstanceSnapshot[] {
    return backend.instances.filter(
      (instance) => instance.status === 'READY' && !this.draining.has(instance.id),
    );
  }

  /** Jobs wait that it could serve. */
  hasWork(instance: InstanceSnapshot): boolean {
    return servable(this.snapshot.demand, instance).length > 0;
  }

  /** It runs nothing, was given nothing, and nothing waits for it. */
  isIdle(instance: InstanceSnapshot): boolean {
    const claimed = this.claims.some((claim) => claim.instanceId === instance.id);
    return instance.activeJobs === 0 && !claimed && !this.hasWork(instance);
  }

  /** Served by an instance, or about to be by a plan: loading it once more would help nobody. */
  isServed(option: LoadOption): boolean {
    const backend = this.backendOf(option);
    if (!backend) return false;
    const loading = backend.instances.filter((instance) => instance.status === 'LOADING');
    const planned = [
      ...this.loads.map((load) => load.option),
      ...this.intentsOf(backend).map((intent) => intent.target),
    ];
    return (
      [...this.standing(backend), ...loading].some((instance) => serves(instance, option)) ||
      planned.some((other) => serves(other, option))
    );
  }

  /** The backend with what this plan has decided already counted as taken: its loads, and the plans that are open. */
  withPlanned(backend: BackendSnapshot, intents = this.intentsOf(backend)): BackendSnapshot {
    const loads = this.loads.filter((load) => load.option.backendId === backend.id);
    return intents.reduce(withIntent, loads.reduce(withLoad, backend));
  }
}

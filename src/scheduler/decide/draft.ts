/** A plan while it is made. Lives for one call of `decide`; the parts of the policy write into it. */
import type { BackendId, InstanceId } from '../../domain/ids.ts';
import type { LeaveCause } from '../../domain/instance.ts';
import { type AtLimit, atLimit, withoutThose } from './at-limit.ts';
import { DemandByWeights, InstancesByWeights } from './by-weights.ts';
import { evictedFor } from './fit.ts';
import { NOTHING_SPENT, type SwapRight, type SwapSeconds } from './forced-share.ts';
import type { Plan, PlannedClaim, PlannedLoad } from './plan.ts';
import { withLoad, withSwap } from './planned.ts';
import { type Head, headOf } from './precedence.ts';
import { type Reason, reasonAbout } from './reason.ts';
import {
  type BackendSnapshot,
  type Demand,
  type InstanceSnapshot,
  type LoadOption,
  type Snapshot,
  type Swap,
  serves,
} from './snapshot.ts';
import type { Timed } from './timed.ts';
import type { Refusal, Resident, Verdicts } from './verdict.ts';
import { weightedWaiting } from './waiting.ts';

/** Of the jobs that an instance could serve. */
interface Waiting {
  readonly weight: number;
  readonly head: Head | null;
}

export class Draft {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly claims: PlannedClaim[] = [];
  readonly loads: PlannedLoad[] = [];
  readonly draining = new Set<InstanceId>();
  readonly #backends: ReadonlyMap<BackendId, BackendSnapshot>;
  readonly #unloads: InstanceId[] = [];
  readonly #swaps = new Map<BackendId, readonly Swap[]>();
  readonly #awaited = new Map<BackendId, Swap>();
  readonly #forced = new Map<BackendId, SwapSeconds>();
  readonly #reasons: Reason[] = [];
  readonly #refusals = new Map<string, Refusal>();
  readonly #demand: DemandByWeights;
  readonly #instances: InstancesByWeights;
  readonly #servable = new Map<InstanceId, readonly Demand[]>();
  readonly #waiting = new Map<InstanceId, Waiting>();
  readonly #busy = new Map<BackendSnapshot, boolean>();
  /** Backends with what was planned when it was last asked for. */
  readonly #planned = new Map<
    BackendSnapshot,
    { readonly loads: number; readonly swaps: readonly Swap[]; readonly planned: BackendSnapshot }
  >();
  /** Worked out when it is first asked for, after the claims. */
  #atLimit: AtLimit | null = null;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(snapshot: Snapshot, now: number) {
    this.snapshot = snapshot;
    this.now = now;
    this.#demand = new DemandByWeights(snapshot.demand);
    this.#instances = new InstancesByWeights(snapshot.backends);
    this.#backends = new Map(snapshot.backends.map((backend) => [backend.id, backend]));
  }

  plan(verdicts: Verdicts): Plan {
    return {
      claims: this.claims,
      drains: [...this.draining],
      unloads: this.#unloads,
      loads: this.loads,
      swaps: this.#swaps,
      forced: this.#forced,
      reasons: this.#reasons,
      verdicts,
      wakeAt: Number.isFinite(this.#wakeAt) ? this.#wakeAt : null,
    };
  }

  reason(kind: Reason['kind'], backend: BackendSnapshot, modelName: string, explanation: string): void {
    this.#reasons.push({ kind, backendId: backend.id, modelName, explanation });
  }

  /** What the plan goes by: it looks again when that may have changed. */
  note<T>({ is, until }: Timed<T>): T {
    this.wakeBy(until);
    return is;
  }

  /** The plan is to be made anew at that time, epoch milliseconds, although nothing may have happened. */
  wakeBy(at: number): void {
    if (at > this.now) this.#wakeAt = Math.min(this.#wakeAt, at);
  }

  /** @param inFavourOf the model that it makes room for. Absent: none */
  drain(instance: InstanceSnapshot, cause: LeaveCause, explanation: string, inFavourOf?: string): void {
    this.draining.add(instance.id);
    const leaving = inFavourOf === undefined ? { cause } : { cause, inFavourOf };
    this.#reasons.push(reasonAbout(instance, 'DRAIN', explanation, leaving));
  }

  /** @param cause of one that was not drained before */
  unload(
    backend: BackendSnapshot,
    instance: InstanceSnapshot,
    explanation: string,
    cause?: LeaveCause,
  ): void {
    this.#unloads.push(instance.id);
    const swap = this.swapsOf(backend).find(({ victims }) => victims.includes(instance.id));
    const leaving = {
      ...(cause && { cause }),
      ...(swap && { inFavourOf: swap.target.variant.modelName }),
    };
    this.#reasons.push(reasonAbout(instance, 'UNLOAD', explanation, leaving));
  }

  /** Takes down why it is not loaded. The last reason holds. */
  refuse(option: LoadOption, refusal: Refusal): void {
    this.#refusals.set(shapeKey(option), refusal);
  }

  refusalOf(option: LoadOption): Refusal | undefined {
    return this.#refusals.get(shapeKey(option));
  }

  /** The instance as this plan leaves it. */
  left(instance: InstanceSnapshot): Resident {
    if (this.isToldToGo(instance)) return { ...instance, status: 'UNLOADING', unloadStartedAt: this.now };
    return this.draining.has(instance.id) ? { ...instance, status: 'DRAINING' } : instance;
  }

  /** Since when instances load that will serve it, epoch milliseconds; those of this plan since now. */
  loadingOf(option: LoadOption): readonly number[] {
    const begun = this.loads.some((load) => serves(load.option, option)) ? [this.now] : [];
    const loading = this.#instances.serving(option).filter(({ status }) => status === 'LOADING');
    return [...loading.map(({ loadStartedAt }) => loadStartedAt), ...begun];
  }

  /** By this plan. */
  isToldToGo({ id }: InstanceSnapshot): boolean {
    return this.#unloads.includes(id);
  }

  load(backend: BackendSnapshot, load: Omit<PlannedLoad, 'evicts' | 'reason'>, explanation: string): void {
    const evicts = evictedFor(load.option, this.withPlanned(backend));
    const reason: Reason = {
      kind: 'LOAD',
      backendId: backend.id,
      modelName: load.option.variant.modelName,
      explanation: `${explanation}${leftToServer(evicts)}`,
      footprint: load.placement,
    };
    this.loads.push({ ...load, evicts: evicts.map(({ id }) => id), reason });
    this.#reasons.push(reason);
  }

  /** Seconds of loads that residents with work may still give way for. */
  forcedSeconds({ id, forcedSeconds }: BackendSnapshot, right: SwapRight): number {
    return forcedSeconds[right] - (this.#forced.get(id)?.[right] ?? 0);
  }

  spendForced({ id }: BackendSnapshot, right: SwapRight, loadsMs: readonly number[]): void {
    const seconds = loadsMs.reduce((sum, ms) => sum + ms, 0) / 1000;
    const spent = this.#forced.get(id) ?? NOTHING_SPENT;
    this.#forced.set(id, { ...spent, [right]: spent[right] + seconds });
  }

  swapsOf(backend: BackendSnapshot): readonly Swap[] {
    return this.#swaps.get(backend.id) ?? backend.swaps;
  }

  setSwaps(backend: BackendSnapshot, swaps: readonly Swap[]): void {
    this.#swaps.set(backend.id, swaps);
  }

  /** For the most urgent model that finds no room on a backend yet: others leave it its room, and who is to leave for it. */
  keepRoom(backend: BackendSnapshot, swap: Swap): void {
    this.#awaited.set(backend.id, swap);
  }

  /** The swap for which room is kept there: its victims still work. */
  awaitedOn({ id }: BackendSnapshot): Swap | undefined {
    return this.#awaited.get(id);
  }

  backendOf(option: LoadOption): BackendSnapshot | undefined {
    return this.#backends.get(option.backendId);
  }

  /** Loads that may still begin, given so many open swaps. */
  freeChannels(backend: BackendSnapshot, swaps = this.swapsOf(backend).length): number {
    const loading = backend.instances.filter((instance) => instance.status === 'LOADING').length;
    const planned = this.loads.filter((load) => load.option.backendId === backend.id).length;
    return backend.loadChannels - loading - planned - swaps;
  }

  /** Worked out before this plan loads anything: all channels load, or are kept for open swaps. */
  areChannelsBusy(backend: BackendSnapshot): boolean {
    const known = this.#busy.get(backend) ?? this.freeChannels(backend) <= 0;
    this.#busy.set(backend, known);
    return known;
  }

  standing(backend: BackendSnapshot): readonly InstanceSnapshot[] {
    return backend.instances.filter((instance) => this.stands(instance));
  }

  /** READY, and not drained by this plan. */
  stands({ status, id }: InstanceSnapshot): boolean {
    return status === 'READY' && !this.draining.has(id);
  }

  /** What waits that it could serve. Asked often in a turn, in which it does not change. */
  servable(instance: InstanceSnapshot): readonly Demand[] {
    const known = this.#servable.get(instance.id);
    if (known) return known;
    const found = this.#demand.servable(instance);
    this.#servable.set(instance.id, found);
    return found;
  }

  /** What of it is worth a load: what could run, once the claims of this plan are carried out. Null where that is nothing. */
  worthLoading(demand: Demand): Demand | null {
    this.#atLimit ??= atLimit(this.snapshot, this.claims);
    return this.#atLimit.size === 0 ? demand : withoutThose(demand, this.#atLimit);
  }

  /** The weighted waiting of the jobs that it could serve. */
  waitingWeight(instance: InstanceSnapshot): number {
    return this.#waitingOf(instance).weight;
  }

  /** The foremost of the jobs that it could serve; null where none waits. */
  headOf(instance: InstanceSnapshot): Head | null {
    return this.#waitingOf(instance).head;
  }

  #waitingOf(instance: InstanceSnapshot): Waiting {
    const known = this.#waiting.get(instance.id);
    if (known) return known;
    const demand = this.servable(instance);
    const weight = demand.reduce((sum, { backlog }) => sum + weightedWaiting(backlog, this.now), 0);
    const found = { weight, head: headOf(demand, this.snapshot.service, this.now) };
    this.#waiting.set(instance.id, found);
    return found;
  }

  /** Jobs wait that it could serve. */
  hasWork(instance: InstanceSnapshot): boolean {
    return this.servable(instance).length > 0;
  }

  /** It runs nothing, was given nothing, and nothing waits for it. */
  isIdle(instance: InstanceSnapshot): boolean {
    const claimed = this.claims.some((claim) => claim.instanceId === instance.id);
    return instance.activeJobs === 0 && !claimed && !this.hasWork(instance);
  }

  /** Served by an instance there, or about to be by a plan: loading it once more there would help nobody. */
  isServed(option: LoadOption): boolean {
    const backend = this.backendOf(option);
    if (!backend) return false;
    return (
      this.#instances
        .serving(option)
        .some((instance) => instance.status === 'LOADING' || this.stands(instance)) ||
      this.loads.some((load) => serves(load.option, option)) ||
      this.swapsOf(backend).some(({ target }) => serves(target, option))
    );
  }

  /** Served on any of the backends where it could run, or about to be. */
  isServedAnywhere({ options }: Demand): boolean {
    return options.some((option) => this.isServed(option));
  }

  /** Slots of the instances that serve it now, on whatever backend. */
  readySlots({ options }: Demand): number {
    const serving = new Set(options.flatMap((option) => this.#instances.serving(option)));
    return [...serving]
      .filter((instance) => this.stands(instance))
      .reduce((sum, { config }) => sum + config.parallel, 0);
  }

  /** On its way into memory, on whatever backend. */
  isComing(weights: string): boolean {
    return (
      this.loads.some(({ option }) => option.variant.weights === weights) ||
      this.snapshot.backends.some(
        (backend) =>
          backend.instances.some((one) => one.status === 'LOADING' && one.variant.weights === weights) ||
          this.swapsOf(backend).some(({ target }) => target.variant.weights === weights),
      )
    );
  }

  /** The backend with what this plan has decided already counted as taken: its loads, and the swaps that are open. */
  withPlanned(backend: BackendSnapshot, swaps = this.swapsOf(backend)): BackendSnapshot {
    const known = this.#planned.get(backend);
    if (known?.loads === this.loads.length && known.swaps === swaps) return known.planned;
    const loads = this.loads.filter((load) => load.option.backendId === backend.id);
    const planned = swaps.reduce(withSwap, loads.reduce(withLoad, backend));
    this.#planned.set(backend, { loads: this.loads.length, swaps, planned });
    return planned;
  }

  /** The same, and with the room that is kept for the most urgent one. */
  besideAwaited(backend: BackendSnapshot): BackendSnapshot {
    const planned = this.withPlanned(backend);
    const awaited = this.#awaited.get(backend.id);
    return awaited ? withSwap(planned, awaited) : planned;
  }
}

/** What is loaded as one. */
function shapeKey({ backendId, variant: { weights, contextLength, options } }: LoadOption): string {
  return `${backendId} ${weights} ${options.shift} ${contextLength}`;
}

function leftToServer(evicts: readonly InstanceSnapshot[]): string {
  if (evicts.length === 0) return '';
  const names = evicts.map(({ variant }) => variant.modelName).join(', ');
  return ` The server evicts ${names} for it where it needs that room: weights that no name means any more.`;
}

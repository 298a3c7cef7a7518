/**
 * The loop around `step`: gathers events, keeps the one timer, and hands effects to whoever carries them out. State changes nowhere
 * else, so whatever reads it in a step may act on it in that step.
 */
import type { Clock, Random, Timer } from '../clock.ts';
import type { ArrivalListener } from '../domain/arrival-listener.ts';
import { type BacklogView, type BucketKey, emptyBacklog, type QueueBacklog } from '../domain/backlog.ts';
import { type ClientTable, limitsOf, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import { newId } from '../domain/ids.ts';
import type { LeaveCause } from '../domain/instance.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { ModelResolver } from '../domain/resolver.ts';
import { USUAL_POLICY } from './decide/decide.ts';
import type { Plan } from './decide/plan.ts';
import type { Policy } from './decide/policy.ts';
import { type Demand, type LoadOption, type Snapshot, serves } from './decide/snapshot.ts';
import type { Verdict } from './decide/verdict.ts';
import { DecisionLog } from './decision-log.ts';
import { carryOut, type Effects } from './effects.ts';
import type { SchedulerEvent } from './events.ts';
import { ExpectedClaims } from './expected-claims.ts';
import { decisionOf } from './explain/decision-of.ts';
import { Forecasts } from './forecast/forecasts.ts';
import { servedFrom } from './forecast/served-from.ts';
import { loadOption } from './snapshot/options.ts';
import { snapshotOf, withoutClaimed } from './snapshot/snapshot-of.ts';
import { type BackendSettings, type InstanceRecord, initialState, type SchedulerState } from './state.ts';
import { step } from './step.ts';
import type { World } from './turn.ts';
import { wishesOf } from './wishes/upkeep.ts';

export interface LoopDependencies {
  readonly backends: readonly BackendSettings[];
  readonly backlog: BacklogView;
  readonly resolver: ModelResolver;
  readonly clock: Clock;
  readonly random: Random;
  /** Default the usual one. */
  readonly policy?: Policy;
  /** What single clients may take, as the backlog goes by it. Default: no limits. */
  readonly clients?: ClientTable | undefined;
  /** Told how long each turn took, in milliseconds. */
  readonly turned?: ((ms: number) => void) | undefined;
  /** Told why an instance is told to leave. */
  readonly leaving?: ((cause: LeaveCause) => void) | undefined;
  /** Called after each turn in which the state changed. */
  changed(state: SchedulerState): void;
}

export class SchedulerLoop implements ArrivalListener {
  readonly decisions = new DecisionLog();
  readonly policy: Policy;
  /** When jobs should start. */
  readonly forecasts: Forecasts;
  readonly #deps: LoopDependencies;
  readonly #events: SchedulerEvent[] = [];
  /** Heard with the next turn, before what it is about. */
  readonly #noted: SchedulerEvent[] = [];
  #state: SchedulerState;
  /** Who carries out what is decided; null before the start and after the stop. */
  #effects: Effects | null = null;
  #isTurning = false;
  /** Since the last turn. */
  readonly #expected = new ExpectedClaims();
  #plan: Plan | null = null;
  /** Verdicts of queues that the last plan does not know. */
  #tried: { readonly after: Plan | null; readonly verdicts: Map<QueueKey, Verdict> } = {
    after: null,
    verdicts: new Map(),
  };
  /** The backlog and the models that the last turn saw. */
  #seen = '';
  #look: Timer | null = null;
  #wake: Timer | null = null;
  /** Where each queue of the present demand could run. Models change seldom, the backlog with each job. */
  #options: { readonly version: number; byQueue: Map<QueueKey, readonly LoadOption[]> } = {
    version: Number.NaN,
    byQueue: new Map(),
  };
  #demand: { readonly versions: string; readonly value: readonly Demand[] } = { versions: '', value: [] };

  constructor(deps: LoopDependencies) {
    this.#deps = deps;
    this.policy = deps.policy ?? USUAL_POLICY;
    this.#state = initialState(deps.backends);
    this.forecasts = new Forecasts({
      policy: this.policy,
      clock: deps.clock,
      version: () => this.#plan,
      work: () => this.#state.work,
      present: { queue: (queue) => this.#presentOf(queue), service: () => this.#state.service },
      limits: deps.backlog.held,
      servedFrom: (options) =>
        this.#state.paused ? null : servedFrom(this.#state.instances.values(), options),
      snapshot: (change) => this.#snapshot(change),
      optionsOf: (queue) => this.#optionsOf(queue),
    });
  }

  get state(): SchedulerState {
    return this.#state;
  }

  /** Made in the last turn; null before the first. Another object after each. */
  get plan(): Plan | null {
    return this.#plan;
  }

  /** What a queue waits for by the last plan. Of one that it does not know, by one that is only tried now. */
  verdictOf(queue: QueueKey): Verdict | null {
    const known = this.#plan?.verdicts.of(queue);
    if (known) return known;
    if (this.#tried.after !== this.#plan) this.#tried = { after: this.#plan, verdicts: new Map() };
    const { verdicts } = this.#tried;
    const verdict = verdicts.get(queue) ?? this.#try(queue).verdicts.of(queue);
    if (verdict) verdicts.set(queue, verdict);
    return verdict;
  }

  #try(queue: QueueKey): Plan {
    const snapshot = this.#snapshot((demand) => {
      const isKnown = demand.some(({ backlog }) => backlog.queue === queue);
      return isKnown
        ? demand
        : [...demand, { backlog: emptyBacklog(queue), options: this.#optionsOf(queue) }];
    });
    return this.policy.decide(snapshot, this.#deps.clock.now());
  }

  #snapshot(change: (demand: readonly Demand[]) => readonly Demand[]): Snapshot {
    const wishes = wishesOf(this.#state, this.#world());
    const { backlog, clock } = this.#deps;
    const roomOf = (client: string) => backlog.held.room(client);
    return snapshotOf(this.#state, change(this.#currentDemand()), wishes, clock.now(), roomOf);
  }

  /** Without what is being claimed. */
  #presentOf(queue: QueueKey): QueueBacklog | undefined {
    const backlog = this.#deps.backlog.queue(queue);
    return backlog && withoutClaimed(this.#state, [{ backlog, options: [] }])[0]?.backlog;
  }

  #optionsOf(queue: QueueKey): readonly LoadOption[] {
    const { backends, resolver } = this.#deps;
    return backends.flatMap(({ id }) => loadOption(queue, id, resolver) ?? []);
  }

  /** Decides from now on; what comes of it is told by `handle`. */
  start(effects: Effects): void {
    if (this.#effects) return;
    this.#effects = effects;
    this.look();
  }

  /** Decides nothing more; what is under way goes on without it. Safe to call twice. */
  stop(): void {
    this.#effects = null;
    this.#events.length = 0;
    this.#noted.length = 0;
    this.#look?.cancel();
    this.#look = null;
    this.#wake?.cancel();
    this.#wake = null;
  }

  /** Something may have changed. However often this is called in a tick, it costs one turn. */
  look(): void {
    if (this.#look || !this.#effects) return;
    this.#look = this.#deps.clock.soon(() => {
      this.#look = null;
      this.handle({ type: 'look' });
    });
  }

  /**
   * The store has committed something. Most commits are about what the loop has heard before, as the end of a job: they cost a turn only where the numbers of the
   * queue are others than in the last one.
   */
  committed(): void {
    if (this.#versions !== this.#seen) this.look();
  }

  /** Takes an event in with the next turn, which is soon: what many jobs do in a tick is decided about once. */
  note(event: SchedulerEvent): void {
    if (!this.#effects) return;
    this.#noted.push(event);
    this.look();
  }

  /**
   * A job is about to be committed. Answers whether it is to count already: where an instance that is ready has a slot for it, as it is then claimed with the same
   * commit. Any other one waits for its commit, so that nothing loads or goes for a job that is not taken in the end.
   */
  arriving({ queue, client }: BucketKey): boolean {
    if (
      !this.#effects ||
      this.#state.paused ||
      this.#expected.of(client) >= this.#deps.backlog.held.room(client)
    )
      return false;
    const instance = this.#slotFor(queue);
    if (!instance) return false;
    this.#expected.add(instance.id, client);
    this.look();
    return true;
  }

  /** The writes of this tick are about to go: what is to be looked at is looked at now, so that its claims go with them. */
  gathered(): void {
    if (!this.#look) return;
    this.#look.cancel();
    this.#look = null;
    this.handle({ type: 'look' });
  }

  /** An instance with more free slots than jobs that are expected for it. */
  #slotFor(queue: QueueKey): InstanceRecord | null {
    const { resolver } = this.#deps;
    for (const instance of this.#state.instances.values()) {
      const { id, status, activeJobs, config } = instance;
      if (status !== 'READY' || config.parallel - activeJobs - this.#expected.on(id) <= 0) continue;
      const option = loadOption(queue, instance.backendId, resolver);
      if (option && serves(instance, option)) return instance;
    }
    return null;
  }

  /** Takes an event in and decides. Events that arrive during a turn get turns of their own after it. */
  handle(event: SchedulerEvent): void {
    const effects = this.#effects;
    if (!effects) return;
    this.#events.push(event);
    if (this.#isTurning) return;
    this.#isTurning = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift())
        this.#turn(this.#withNoted(next), effects);
    } finally {
      this.#isTurning = false;
    }
  }

  #withNoted(event: SchedulerEvent): SchedulerEvent {
    if (this.#noted.length === 0) return event;
    return { type: 'together', events: [...this.#noted.splice(0), event] };
  }

  #turn(event: SchedulerEvent, effects: Effects): void {
    const { clock, turned } = this.#deps;
    const [now, begin] = [clock.now(), clock.monotonic()];
    const before = this.#state;
    this.#seen = this.#versions;
    const { state, effects: asked, plan, wakeAt } = step(before, event, this.#world(), this.policy, now);
    this.#state = state;
    this.#plan = plan;
    // It has given them their slots, or there were none.
    this.#expected.clear();
    for (const effect of asked) {
      if (effect.type === 'decided') {
        const { reason, jobId } = effect;
        this.decisions.add(decisionOf(reason, jobId, now));
        if (reason.cause) this.#deps.leaving?.(reason.cause);
      } else carryOut(effects, effect);
    }
    this.#wake?.cancel();
    this.#wake =
      wakeAt === null ? null : this.#deps.clock.after(wakeAt - now, () => this.handle({ type: 'look' }));
    turned?.(clock.monotonic() - begin);
    if (state !== before) this.#deps.changed(state);
  }

  #world(): World {
    const { backlog, resolver, clock, random, clients = NO_CLIENT_LIMITS } = this.#deps;
    return {
      clients: backlog.clients,
      clientsAtLimit: () => backlog.held.clients,
      roomOf: (client) => backlog.held.room(client),
      weightOf: (client) => limitsOf(clients, client).weight,
      demand: this.#currentDemand(),
      hasListed: (backendId) => resolver.hasListed(backendId),
      isNamed: (weights, backendId) => resolver.isNamed(weights, backendId),
      resolve: (queue, backendId) => resolver.resolve(queue, backendId),
      newInstanceId: () => newId('ins', clock, random),
    };
  }

  /** Another one after each change of the backlog or of the models. */
  get #versions(): string {
    const { backlog, resolver } = this.#deps;
    return `${backlog.version} ${resolver.version}`;
  }

  /** Worked out anew only when the backlog or the models have changed. */
  #currentDemand(): readonly Demand[] {
    const { backlog, resolver } = this.#deps;
    const versions = this.#versions;
    if (this.#demand.versions === versions) return this.#demand.value;
    if (this.#options.version !== resolver.version)
      this.#options = { version: resolver.version, byQueue: new Map() };
    const known = this.#options.byQueue;
    const value = backlog.queues().map((queue) => {
      const options = known.get(queue.queue) ?? this.#optionsOf(queue.queue);
      return { backlog: queue, options };
    });
    // Of those that wait alone: who asks chooses the names.
    this.#options.byQueue = new Map(value.map(({ backlog: { queue }, options }) => [queue, options]));
    this.#demand = { versions, value };
    return value;
  }
}

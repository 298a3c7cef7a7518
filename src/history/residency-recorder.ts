/**
 * Takes down who is in memory where. It is told of the instances whenever they may have changed, and of jobs as they end, and writes what is
 * new: at once where an instance has changed, and each ten seconds where only its jobs or its bytes have.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Decision, DecisionSource } from '../domain/decision.ts';
import { messageOf, StoreClosedError } from '../domain/errors.ts';
import type { BackendId, InstanceId } from '../domain/ids.ts';
import { bytesOn, type Footprint, type Instance } from '../domain/instance.ts';
import { isTerminal } from '../domain/job.ts';
import type { Residency, ResidencyStore } from '../domain/residency.ts';
import type { JobChange } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

const SELDOM_MS = 10_000;
/** What is in memory when a server starts is found within this, or it is not what was there before. */
const FOUND_AGAIN_MS = 300_000;
/** Written when the store can write again; the oldest of more are lost. */
const MOST_UNWRITTEN = 1_000;

export interface ResidencyRecorderParts {
  readonly store: Pick<ResidencyStore, 'keep' | 'interrupt'>;
  readonly decisions: Pick<DecisionSource, 'onAdded'>;
  /** Whether the backend's server answers. */
  readonly isThere: (backendId: BackendId) => boolean;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

/** Why an instance came and went, in the words of the decisions about it. */
interface Reasons {
  readonly came?: string;
  readonly went?: string;
}

const FOUND = 'It was there already: somebody else had loaded it, or an earlier run of this server.';

export class ResidencyRecorder {
  readonly #parts: ResidencyRecorderParts;
  /** What is in memory, by its present instance. */
  readonly #open = new Map<InstanceId, Residency>();
  readonly #reasons = new Map<InstanceId, Reasons>();
  /** What ended with an earlier life of this server, and may be found in memory still. */
  #interrupted: Residency[] = [];
  /** Not written yet, by the name of the stay. */
  readonly #unwritten = new Map<InstanceId, Residency>();
  #seen: ReadonlyMap<InstanceId, Instance> = new Map();
  #timer: Timer | null = null;
  #dueAt = Number.POSITIVE_INFINITY;
  #settling: Timer | null = null;
  #writing: Promise<void> | null = null;
  #unfollow: (() => void) | null = null;

  constructor(parts: ResidencyRecorderParts) {
    this.#parts = parts;
  }

  /** Before anything is decided. */
  async start(): Promise<void> {
    const { store, decisions, clock } = this.#parts;
    this.#interrupted = [...(await store.interrupt())];
    this.#unfollow = decisions.onAdded((decision) => this.#note(decision));
    this.#settling = clock.after(FOUND_AGAIN_MS, () => this.#settle());
  }

  /** Nothing is in memory any more as far as this server is concerned; the next one takes up what it finds. */
  async stop(): Promise<void> {
    this.#unfollow?.();
    this.#settling?.cancel();
    const goneAt = this.#parts.clock.now();
    for (const stay of this.#open.values())
      this.#put({
        ...stay,
        goneAt,
        endingAt: stay.endingAt ?? goneAt,
        endReason: stay.endReason ?? 'The server was stopped.',
        interrupted: true,
      });
    this.#open.clear();
    await this.#writing;
    await this.#write();
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** To be called whenever the instances may have changed. */
  look(instances: ReadonlyMap<InstanceId, Instance>): void {
    if (instances === this.#seen) return;
    this.#seen = instances;
    for (const id of [...this.#open.keys()]) if (!instances.has(id)) this.#gone(id);
    for (const instance of instances.values()) this.#changed(instance);
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    for (const { job, previousStatus } of changes) {
      if (previousStatus !== 'RUNNING' || !isTerminal(job.status) || job.instanceId === null) continue;
      const stay = this.#open.get(job.instanceId);
      if (stay) this.#keep({ ...stay, jobs: stay.jobs + 1 }, SELDOM_MS);
    }
  }

  #note({ kind, instanceId, explanation }: Decision): void {
    if (instanceId === null) return;
    const known = this.#reasons.get(instanceId) ?? {};
    if (kind === 'LOAD' && known.came === undefined)
      this.#reasons.set(instanceId, { ...known, came: explanation });
    // A load that failed tells so as a further decision about it. What made it go is said first; that its last job is done comes after.
    else if ((kind === 'LOAD' || kind === 'DRAIN' || kind === 'UNLOAD') && known.went === undefined)
      this.#reasons.set(instanceId, { ...known, went: explanation });
  }

  #changed(instance: Instance): void {
    const before = this.#open.get(instance.id) ?? this.#begin(instance);
    const { variant, footprint, status, loadedAt } = instance;
    const isLeaving = status === 'DRAINING' || status === 'UNLOADING' || status === 'FAILED';
    const after: Residency = {
      ...before,
      contextLength: variant.contextLength,
      memory: footprint,
      readyAt: before.readyAt ?? loadedAt,
      endingAt: before.endingAt ?? (isLeaving ? this.#parts.clock.now() : null),
      endReason: isLeaving ? (this.#reasons.get(instance.id)?.went ?? before.endReason) : null,
    };
    if (!this.#open.has(instance.id) || !isSame(before, after)) this.#keep(after, 0);
    // Where exactly it lies may be read anew with every reading.
    else if (!sameMemory(before.memory, footprint)) this.#keep(after, SELDOM_MS);
  }

  #begin(instance: Instance): Residency {
    const { id, backendId, variant, footprint, adopted, loadStartedAt } = instance;
    const before = adopted ? this.#takeUp(instance) : null;
    if (before)
      return { ...before, instanceId: id, goneAt: null, endingAt: null, endReason: null, interrupted: false };
    return {
      id,
      instanceId: id,
      backendId,
      modelName: variant.modelName,
      weights: variant.weights,
      contextLength: variant.contextLength,
      memory: footprint,
      loadingAt: loadStartedAt,
      readyAt: null,
      endingAt: null,
      goneAt: null,
      reason: adopted ? FOUND : (this.#reasons.get(id)?.came ?? 'It was wanted.'),
      endReason: null,
      jobs: 0,
      interrupted: false,
    };
  }

  /** The newest that ended with a server and is the same to all appearances. */
  #takeUp({ backendId, variant }: Instance): Residency | null {
    const place = this.#interrupted.findLastIndex(
      (stay) =>
        stay.backendId === backendId &&
        stay.weights === variant.weights &&
        stay.contextLength === variant.contextLength,
    );
    return place < 0 ? null : (this.#interrupted.splice(place, 1)[0] ?? null);
  }

  #gone(id: InstanceId): void {
    const stay = this.#open.get(id);
    if (!stay) return;
    const { clock, isThere } = this.#parts;
    const went = this.#reasons.get(id)?.went ?? stay.endReason;
    const byItself = isThere(stay.backendId)
      ? 'It went without being told to: its server has let go of it.'
      : 'Its server answers no more.';
    const goneAt = clock.now();
    this.#open.delete(id);
    this.#reasons.delete(id);
    this.#put({ ...stay, goneAt, endingAt: stay.endingAt ?? goneAt, endReason: went ?? byItself });
    this.#writeIn(0);
  }

  /** What was not found in memory until now had ended. */
  #settle(): void {
    for (const stay of this.#interrupted.splice(0)) this.#put({ ...stay, interrupted: false });
    this.#writeIn(0);
  }

  #keep(stay: Residency, withinMs: number): void {
    this.#open.set(stay.instanceId, stay);
    this.#put(stay);
    this.#writeIn(withinMs);
  }

  #put(stay: Residency): void {
    this.#unwritten.delete(stay.id);
    this.#unwritten.set(stay.id, stay);
    for (const oldest of this.#unwritten.keys()) {
      if (this.#unwritten.size <= MOST_UNWRITTEN) break;
      this.#unwritten.delete(oldest);
    }
  }

  #writeIn(ms: number): void {
    const { clock } = this.#parts;
    const dueAt = clock.monotonic() + ms;
    if (this.#timer && this.#dueAt <= dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = clock.after(ms, () => {
      this.#timer = null;
      this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#write());
    });
  }

  async #write(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const taken = [...this.#unwritten.values()];
    this.#unwritten.clear();
    try {
      await this.#parts.store.keep(taken);
    } catch (error) {
      for (const stay of taken) if (!this.#unwritten.has(stay.id)) this.#put(stay);
      if (error instanceof StoreClosedError) return;
      this.#parts.logger.error(`Who is in memory could not be taken down: ${messageOf(error)}`);
      this.#writeIn(SELDOM_MS);
    }
  }
}

function isSame(a: Residency, b: Residency): boolean {
  return (
    a.contextLength === b.contextLength &&
    a.readyAt === b.readyAt &&
    a.endingAt === b.endingAt &&
    a.endReason === b.endReason
  );
}

function sameMemory(a: Footprint, b: Footprint): boolean {
  return a === b || (a.length === b.length && a.every(({ gpuId, bytes }) => bytesOn(gpuId, b) === bytes));
}

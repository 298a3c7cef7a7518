/**
 * What will happen if nothing else comes: the policy itself decides on one hypothetical snapshot after the other, and between two decisions
 * instances serve their queues as fast as finished jobs were. Costs by decisions, of which there are at most `MOST_LOOKS`, and never by jobs.
 */
import type { InstanceId } from '../../domain/ids.ts';
import { least } from '../../domain/long-lists.ts';
import type { Variant } from '../../domain/model.ts';
import type { Plan } from '../decide/plan.ts';
import type { Policy } from '../decide/policy.ts';
import { type BackendSnapshot, type InstanceSnapshot, type Snapshot, serves } from '../decide/snapshot.ts';
import { afterPlan, gone, later, loaded, withInstance } from './hypothetical-backend.ts';
import type { Line } from './line.ts';

/** A visit takes about four: the load, the end of its queue, the end of its last jobs, the unload. Chosen. */
const MOST_LOOKS = 160;
/** From the word to go until the memory is back, in milliseconds. SCHEDULING: 0.5 to 1.5 s are typical. */
const UNLOAD_MS = 1_000;
/** What has taken longer than it should is expected to end so much later, in milliseconds. Chosen. */
const LATE_MS = 1_000;

export interface WalkParts {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  readonly lines: readonly Line[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What is brought into memory and out of it on the way. */
export interface Move {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: 'load' | 'unload';
  readonly backendId: BackendSnapshot['id'];
  readonly variant: Variant;
  /** Whether it was in memory before the walk. */
  readonly wasThere: boolean;
}

/** Fills the lines. @returns what moves meanwhile, in order */
export function walk(parts: WalkParts): readonly Move[] {
  return new Walk(parts).run();
}

class Walk {
  readonly #snapshot: Snapshot;
  readonly #policy: Policy;
  readonly #lines: readonly Line[];
  #backends: readonly BackendSnapshot[];
  #now: number;
  /** When the last jobs of instances that get no more are done; Infinity where nobody knows. */
  readonly #quietAt = new Map<InstanceId, number>();
  #nextInstance = 1;
  readonly #moves: Move[] = [];

  constructor({ snapshot, policy, lines, now }: WalkParts) {
    this.#snapshot = snapshot;
    this.#policy = policy;
    this.#lines = lines;
    this.#backends = snapshot.backends.map(answered);
    this.#now = now;
  }

  run(): readonly Move[] {
    if (!this.#snapshot.paused) this.#walk();
    return this.#moves;
  }

  #walk(): void {
    for (let look = 0; look < MOST_LOOKS && this.#waiting.length > 0; look += 1) {
      const plan = this.#policy.decide(this.#hypothetical(), this.#now);
      if (plan.loads.some(({ option }) => this.#isUnknown(option.backendId))) return;
      this.#note(plan);
      this.#backends = this.#backends.map((backend) =>
        afterPlan(backend, plan, () => `ins_forecast${this.#nextInstance++}` as InstanceId, this.#now),
      );
      this.#fillFreeSlots();
      const next = Math.min(this.#nextEvent(), this.#isAnyUnserved() ? (plan.wakeAt ?? Infinity) : Infinity);
      if (!Number.isFinite(next)) return;
      this.#goOn(Math.max(next, this.#now + 1));
    }
  }

  #note({ loads, unloads }: Plan): void {
    const leaving = new Set([...unloads, ...loads.flatMap(({ evicts }) => evicts)]);
    const there = this.#snapshot.backends.flatMap(({ instances }) => instances);
    for (const { id, backendId, variant } of this.#instances.filter((one) => leaving.has(one.id))) {
      const wasThere = there.some((one) => one.id === id);
      this.#moves.push({ at: this.#now, kind: 'unload', backendId, variant, wasThere });
    }
    for (const { option } of loads) {
      const { backendId, variant } = option;
      this.#moves.push({ at: this.#now, kind: 'load', backendId, variant, wasThere: false });
    }
  }

  get #waiting(): readonly Line[] {
    return this.#lines.filter((line) => !line.isEmpty);
  }

  #hypothetical(): Snapshot {
    return {
      ...this.#snapshot,
      backends: this.#backends,
      demand: this.#waiting.map((line) => line.rest()),
    };
  }

  /** Nobody knows for how long the jobs of a model there will go on, so nobody knows when others come there. */
  #isUnknown(backendId: BackendSnapshot['id']): boolean {
    const backend = this.#backends.find(({ id }) => id === backendId);
    return (backend?.instances ?? []).some((instance) =>
      this.#servedBy(instance).some(({ runMs }) => runMs === null),
    );
  }

  #isServing({ status, suspect, backendId }: InstanceSnapshot): boolean {
    const backend = this.#backends.find(({ id }) => id === backendId);
    return status === 'READY' && !suspect && (backend?.available ?? false);
  }

  #servedBy(instance: InstanceSnapshot): readonly Line[] {
    if (!this.#isServing(instance)) return [];
    return this.#waiting.filter(({ demand }) => demand.options.some((option) => serves(instance, option)));
  }

  get #instances(): readonly InstanceSnapshot[] {
    return this.#backends.flatMap(({ instances }) => instances);
  }

  /** What has a free slot starts the first that waits for it at once. */
  #fillFreeSlots(): void {
    for (const instance of this.#instances) {
      let free = instance.config.parallel - instance.activeJobs;
      for (const line of free > 0 ? this.#servedBy(instance) : []) {
        const some = Math.min(free, Math.ceil(line.left));
        const claimedAt = Object.fromEntries(line.priorities.map((priority) => [priority, this.#now]));
        line.start(Math.min(some, line.left), this.#now, this.#now);
        free -= some;
        this.#change({
          ...instance,
          activeJobs: instance.config.parallel - free,
          claimedAt: { ...instance.claimedAt, ...claimedAt },
        });
        if (free <= 0) break;
      }
    }
  }

  /** Jobs in a millisecond, by line. A slot that could serve several lines is shared by them. */
  #rates(): ReadonlyMap<Line, number> {
    const rates = new Map<Line, number>();
    for (const instance of this.#instances) {
      const lines = this.#servedBy(instance);
      for (const line of lines) {
        const rate =
          line.runMs === null ? 0 : instance.config.parallel / lines.length / Math.max(1, line.runMs);
        rates.set(line, (rates.get(line) ?? 0) + rate);
      }
    }
    return rates;
  }

  #isAnyUnserved(): boolean {
    const rates = this.#rates();
    return this.#waiting.some((line) => !rates.has(line));
  }

  /** When something ends that decisions go by, epoch milliseconds; Infinity for never. */
  #nextEvent(): number {
    const ends = this.#instances.map((instance) => this.#endOf(instance));
    const clears = [...this.#rates()].map(([line, rate]) =>
      rate > 0 ? this.#now + line.left / rate : Number.POSITIVE_INFINITY,
    );
    return least([...ends, ...clears]);
  }

  #endOf(instance: InstanceSnapshot): number {
    const after = (at: number) => (at > this.#now ? at : this.#now + LATE_MS);
    switch (instance.status) {
      case 'LOADING':
        return after(instance.loadStartedAt + instance.expectedLoadMs);
      case 'UNLOADING':
        return after((instance.unloadedAt ?? instance.unloadStartedAt ?? this.#now) + UNLOAD_MS);
      case 'READY':
      case 'DRAINING':
        return this.#quietFrom(instance);
      case 'FAILED':
      case 'GONE':
        return Number.POSITIVE_INFINITY;
      default:
        return instance.status satisfies never;
    }
  }

  /** When an instance that gets no job any more has done its last. */
  #quietFrom(instance: InstanceSnapshot): number {
    const { id, activeJobs, variant } = instance;
    if (activeJobs === 0 || this.#servedBy(instance).length > 0) {
      this.#quietAt.delete(id);
      return Number.POSITIVE_INFINITY;
    }
    const known = this.#quietAt.get(id);
    if (known !== undefined) return known;
    const runMs = this.#snapshot.runMs.get(variant.weights);
    // Of n jobs that each have some part of their time behind them the last ends after n/(n+1) of it, in the mean.
    const quietAt =
      this.#now + (runMs === undefined ? Number.POSITIVE_INFINITY : (runMs * activeJobs) / (activeJobs + 1));
    this.#quietAt.set(id, quietAt);
    return quietAt;
  }

  #goOn(to: number): void {
    const due = this.#instances.filter((instance) => this.#endOf(instance) <= to);
    for (const instance of this.#instances) {
      const served = this.#servedBy(instance);
      if (served.length === 0) continue;
      const claimed = served.flatMap(({ priorities }) => priorities).map((priority) => [priority, to]);
      this.#change({
        ...instance,
        lastUsedAt: to,
        claimedAt: { ...instance.claimedAt, ...Object.fromEntries(claimed) },
      });
    }
    for (const [line, rate] of this.#rates()) {
      const jobs = Math.min(line.left, rate * (to - this.#now));
      if (jobs > 0) line.start(jobs, this.#now, this.#now + jobs / rate);
    }
    this.#backends = this.#backends.map((backend) => later(backend, this.#now, to));
    this.#now = to;
    for (const instance of due) this.#end(instance);
  }

  #end(instance: InstanceSnapshot): void {
    switch (instance.status) {
      case 'LOADING':
        this.#at(instance, (backend) => loaded(backend, instance, this.#now));
        return;
      case 'UNLOADING':
        this.#at(instance, (backend) => gone(backend, instance));
        return;
      default:
        this.#quietAt.delete(instance.id);
        this.#change({ ...instance, activeJobs: 0, lastUsedAt: this.#now });
    }
  }

  #change(instance: InstanceSnapshot): void {
    this.#at(instance, (backend) => withInstance(backend, instance));
  }

  #at({ backendId }: InstanceSnapshot, change: (backend: BackendSnapshot) => BackendSnapshot): void {
    this.#backends = this.#backends.map((backend) => (backend.id === backendId ? change(backend) : backend));
  }
}

/** What is being asked of the store is as good as given: its jobs are no part of the demand. */
function answered(backend: BackendSnapshot): BackendSnapshot {
  return { ...backend, instances: backend.instances.map((instance) => ({ ...instance, asking: 0 })) };
}

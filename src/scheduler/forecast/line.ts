/** The waiting jobs of one queue while a walk goes on: how many are left of each priority, and when the others started. Jobs are amounts here. */
import type { QueueBacklog } from '../../domain/backlog.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { least } from '../../domain/long-lists.ts';
import { VersionedMap } from '../../domain/versioned-map.ts';
import type { Demand } from '../decide/snapshot.ts';

/** Less than this of a job is none. */
const NOTHING = 1e-6;

interface Point {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Jobs that have started by then. */
  readonly started: number;
}

export class Line {
  readonly demand: Demand;
  /** Of one job in its slot, in milliseconds; null where nobody knows. */
  readonly runMs: number | null;
  /** Without its clients: who of them comes first is decided within its amounts. */
  readonly #buckets: QueueBacklog['buckets'] = VersionedMap.of();
  readonly #left: Record<JobPriority, number>;
  /** Straight between two points. */
  readonly #curves: Readonly<Record<JobPriority, Point[]>> = { HIGH: [], NORMAL: [], LOW: [] };

  constructor(demand: Demand, runMs: number | null) {
    const { HIGH, NORMAL, LOW } = demand.backlog.byPriority;
    this.demand = demand;
    this.runMs = runMs;
    this.#left = { HIGH: HIGH.count, NORMAL: NORMAL.count, LOW: LOW.count };
  }

  get left(): number {
    return JOB_PRIORITIES.reduce((sum, priority) => sum + this.#left[priority], 0);
  }

  get isEmpty(): boolean {
    return this.left < NOTHING;
  }

  /** Of which there are any left. */
  get priorities(): readonly JobPriority[] {
    return JOB_PRIORITIES.filter((priority) => this.#left[priority] >= NOTHING);
  }

  /** So many start, evenly from one instant to another, the most urgent first. */
  start(jobs: number, from: number, to: number): void {
    let gone = 0;
    for (const priority of JOB_PRIORITIES) {
      const some = Math.min(this.#left[priority], jobs - gone);
      if (some <= 0) continue;
      const at = (amount: number) => from + ((to - from) * amount) / jobs;
      const curve = this.#curves[priority];
      const before = curve.at(-1)?.started ?? 0;
      curve.push({ at: at(gone), started: before }, { at: at(gone + some), started: before + some });
      const left = this.#left[priority] - some;
      this.#left[priority] = left < NOTHING ? 0 : left;
      gone += some;
    }
  }

  /** When the one starts that so many of its priority come before, epoch milliseconds; null where the walk did not come so far. */
  startOf(priority: JobPriority, ahead: number): number | null {
    const curve = this.#curves[priority];
    const wanted = ahead + 1 - NOTHING;
    const next = curve.findIndex(({ started }) => started >= wanted);
    const [before, after] = [curve[next - 1], curve[next]];
    if (!after) return null;
    if (!before || after.started === before.started) return after.at;
    const share = Math.max(0, wanted - before.started) / (after.started - before.started);
    return before.at + share * (after.at - before.at);
  }

  /** How many have started by then, of these priorities. */
  startedBy(at: number, priorities: readonly JobPriority[] = JOB_PRIORITIES): number {
    return priorities.reduce((sum, priority) => sum + startedBy(this.#curves[priority], at), 0);
  }

  /** The instants between which its jobs start. */
  get instants(): readonly number[] {
    return JOB_PRIORITIES.flatMap((priority) => this.#curves[priority].map(({ at }) => at));
  }

  /** What of it still waits, as decisions see it: the oldest went first. */
  rest(): Demand {
    const { backlog } = this.demand;
    const parts = JOB_PRIORITIES.map((priority) => [priority, this.#restOf(priority)] as const);
    const byPriority = Object.fromEntries(parts) as QueueBacklog['byPriority'];
    const count = parts.reduce((sum, [, part]) => sum + part.count, 0);
    const oldest = parts.flatMap(([, { oldestCreatedAt }]) => oldestCreatedAt ?? []);
    const oldestCreatedAt = least(oldest);
    return {
      ...this.demand,
      backlog: { queue: backlog.queue, count, byPriority, oldestCreatedAt, buckets: this.#buckets },
    };
  }

  #restOf(priority: JobPriority): QueueBacklog['byPriority'][JobPriority] {
    const before = this.demand.backlog.byPriority[priority];
    const count = Math.ceil(this.#left[priority]);
    if (count === 0 || before.oldestCreatedAt === null)
      return { count: 0, createdAtSum: 0, oldestCreatedAt: null };
    const mean = before.createdAtSum / before.count;
    const newest = Math.max(mean, 2 * mean - before.oldestCreatedAt);
    const spanMs = (newest - before.oldestCreatedAt) * (count / before.count);
    return { count, createdAtSum: count * (newest - spanMs / 2), oldestCreatedAt: newest - spanMs };
  }
}

function startedBy(curve: readonly Point[], at: number): number {
  const next = curve.findIndex((point) => point.at > at);
  if (next < 0) return curve.at(-1)?.started ?? 0;
  const [before, after] = [curve[next - 1], curve[next]];
  if (!before || !after) return 0;
  return before.started + ((after.started - before.started) * (at - before.at)) / (after.at - before.at);
}

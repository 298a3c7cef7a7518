/**
 * The head of all that waits, in the order in which jobs are expected to start. It costs by the head that is asked for: queues are merged by
 * when they should start their next job, jobs are picked from buckets in the order in which the scheduler serves clients, and the store is
 * asked for the oldest of those buckets alone. Only conditions that no bucket knows of make it look at more.
 */
import type { Clock } from '../clock.ts';
import {
  Backlog,
  type BacklogView,
  type Bucket,
  type BucketKey,
  bucketId,
  type QueueBacklog,
} from '../domain/backlog.ts';
import { JOB_PRIORITIES, type Job, type JobPriority } from '../domain/job.ts';
import type { JobFilter } from '../domain/job-filter.ts';
import { MinHeap } from '../domain/min-heap.ts';
import { parseQueueKey, type QueueKey } from '../domain/queue-key.ts';
import type { ClaimPick, ReadScope } from '../domain/store.ts';
import type { WaitingReads } from '../domain/waiting.ts';
import { claimOrder } from '../scheduler/decide/claim-order.ts';
import { OVERDUE_SLOT_SHARE } from '../scheduler/decide/constants.ts';
import type { ServiceCounters } from '../scheduler/decide/queue-order.ts';
import { weightedWaiting } from '../scheduler/decide/waiting.ts';

/** What is known of the starts of a queue's jobs. */
export interface QueueOutlook {
  /** When the first should start, epoch milliseconds; null where nobody knows. */
  readonly startAt: number | null;
  /** From one start to the next. */
  readonly gapMs: number;
  /** Among those of which nobody knows: the less, the sooner. */
  readonly rank: number;
}

export interface QueueLineParts {
  readonly backlog: BacklogView;
  readonly clock: Clock;
  service(): ServiceCounters;
  outlook(queue: QueueKey): QueueOutlook;
}

export interface QueueHead {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The first ones, in order. */
  readonly jobs: readonly Job[];
  /** Those in which what is meant waits, in the order of their next starts; at most 100. */
  readonly queues: readonly QueueKey[];
  /** All that wait and are meant. */
  readonly totalCount: number;
}

export interface HeadQuery {
  readonly filter: JobFilter;
  readonly first: number;
}

const MOST_QUEUES = 100;
/** Of more queues those are looked at in which the most waits. */
const MOST_CONSIDERED = 1_000;

export class QueueLine {
  readonly #parts: QueueLineParts;

  constructor(parts: QueueLineParts) {
    this.#parts = parts;
  }

  /** @throws what reads with a scope do */
  async head({ filter, first }: HeadQuery, reads: WaitingReads, scope: ReadScope): Promise<QueueHead> {
    const at = this.#parts.clock.now();
    const isMeant = filter.statuses?.includes('PENDING') ?? true;
    const isOfBuckets = hasBucketConditionsOnly(filter);
    const { backlogs, held, total } = !isMeant
      ? { backlogs: [], held: [], total: 0 }
      : isOfBuckets
        ? this.#meant(filter)
        : this.#parted(await reads.buckets(filter, scope));
    const queues = [
      ...this.#byStart(backlogs, at, (queue) => this.#parts.outlook(queue)),
      ...this.#byStart(held, at, () => AT_LIMIT),
    ];
    const line = this.#line(queues, filter.priorities ?? JOB_PRIORITIES, first, at);
    const picks = picksOf(line);
    const ofPicks = isOfBuckets ? {} : withoutStatuses(filter);
    const found = await reads.jobs({ picks, ofPicks, others: filter, limit: first }, scope);
    return {
      at,
      jobs: [...found.queued, ...inOrder(line, picks, found.picked), ...found.delayed].slice(0, first),
      queues: [...new Set(queues.map(({ backlog }) => backlog.queue))].slice(0, MOST_QUEUES),
      totalCount: total + found.queuedCount + found.delayedCount,
    };
  }

  /** Clients at their limit apart. */
  #parted({ buckets, total }: { readonly buckets: readonly Bucket[]; readonly total: number }): Meant {
    const { held } = this.#parts.backlog;
    const [open, atLimit] = [
      buckets.filter(({ client }) => !held.isHeld(client)),
      buckets.filter(({ client }) => held.isHeld(client)),
    ];
    return { backlogs: backlogsOf(open), held: backlogsOf(atLimit), total };
  }

  /** What buckets tell is at hand: nothing is read. */
  #meant({ models, priorities = JOB_PRIORITIES, ...filter }: JobFilter): Meant {
    const { backlog } = this.#parts;
    const clients = clientsOf(filter);
    const isOfModels = (queue: QueueKey) =>
      models === undefined || models.includes(parseQueueKey(queue).model);
    const held = backlog.held.buckets.filter(
      ({ queue, priority, client }) =>
        isOfModels(queue) && priorities.includes(priority) && (clients?.includes(client) ?? true),
    );
    const all = backlog.queues().filter(({ queue }) => isOfModels(queue));
    if (clients) {
      const buckets = all.flatMap((one) => bucketsOf(one, clients, priorities));
      return { backlogs: backlogsOf(buckets), held: backlogsOf(held), total: jobsOf(buckets) + jobsOf(held) };
    }
    const count = ({ byPriority }: QueueBacklog) =>
      [...new Set(priorities)].reduce((sum, priority) => sum + byPriority[priority].count, 0);
    const backlogs = all.filter((one) => count(one) > 0);
    const total = backlogs.reduce((sum, one) => sum + count(one), jobsOf(held));
    return { backlogs, held: backlogsOf(held), total };
  }

  #byStart(
    backlogs: readonly QueueBacklog[],
    now: number,
    outlookOf: (queue: QueueKey) => QueueOutlook,
  ): readonly Next[] {
    return backlogs
      .map((backlog) => ({ backlog, weight: weightedWaiting(backlog, now) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, MOST_CONSIDERED)
      .map(({ backlog, weight }): Next => {
        const outlook = outlookOf(backlog.queue);
        return { backlog, outlook, startAt: outlook.startAt, weight, order: null, taken: 0 };
      })
      .sort((a, b) => (startsBefore(a, b) ? -1 : startsBefore(b, a) ? 1 : 0));
  }

  /** One bucket for each of the first jobs. The order within a queue is worked out when its first job is reached. */
  #line(
    queues: readonly Next[],
    priorities: readonly JobPriority[],
    first: number,
    now: number,
  ): readonly BucketKey[] {
    const heap = new MinHeap<Next>([...queues], startsBefore);
    const line: BucketKey[] = [];
    for (let next = heap.pop(); next && line.length < first; next = heap.pop()) {
      const order = next.order ?? this.#orderOf(next.backlog, priorities, first - line.length, now);
      const bucket = order[next.taken];
      if (!bucket) continue;
      line.push(bucket);
      const { startAt, gapMs } = next.outlook;
      const taken = next.taken + 1;
      heap.push({ ...next, order, taken, startAt: startAt === null ? null : startAt + taken * gapMs });
    }
    return line;
  }

  #orderOf(
    backlog: QueueBacklog,
    priorities: readonly JobPriority[],
    count: number,
    now: number,
  ): readonly BucketKey[] {
    const mostOverdue = Math.ceil(count * OVERDUE_SLOT_SHARE);
    const service = this.#parts.service();
    const wanted = JOB_PRIORITIES.filter((priority) => priorities.includes(priority));
    const { overdue, usual } = claimOrder([backlog], new Map(), service, count, mostOverdue, now, wanted);
    return shared(slotsOf(overdue), slotsOf(usual));
  }
}

/** Of clients at their limit nobody knows when one of their jobs ends: they come last. */
const AT_LIMIT: QueueOutlook = { startAt: null, gapMs: 0, rank: Number.POSITIVE_INFINITY };

/** What is meant by a filter. */
interface Meant {
  readonly backlogs: readonly QueueBacklog[];
  /** Of clients at their limit. */
  readonly held: readonly QueueBacklog[];
  readonly total: number;
}

/** A queue, with where its next job stands. */
interface Next {
  readonly backlog: QueueBacklog;
  readonly outlook: QueueOutlook;
  readonly startAt: number | null;
  readonly weight: number;
  /** Null until it is needed. */
  readonly order: readonly BucketKey[] | null;
  readonly taken: number;
}

function startsBefore(a: Next, b: Next): boolean {
  const [startOfA, startOfB] = [a.startAt ?? Number.POSITIVE_INFINITY, b.startAt ?? Number.POSITIVE_INFINITY];
  if (startOfA !== startOfB) return startOfA < startOfB;
  if (a.outlook.rank !== b.outlook.rank) return a.outlook.rank < b.outlook.rank;
  if (a.weight !== b.weight) return a.weight > b.weight;
  return a.backlog.queue < b.backlog.queue;
}

function hasBucketConditionsOnly({
  client: _c,
  clients: _cs,
  models: _m,
  priorities: _p,
  statuses: _s,
  ...rest
}: JobFilter) {
  return Object.values(rest).every((value) => value === undefined);
}

function withoutStatuses({ statuses: _, ...filter }: JobFilter): JobFilter {
  return filter;
}

/** Whose buckets are meant; null for everybody's. */
function clientsOf({ client, clients }: JobFilter): readonly string[] | null {
  if (client === undefined) return clients ? [...new Set(clients)] : null;
  return clients === undefined || clients.includes(client) ? [client] : [];
}

function bucketsOf(
  { queue, buckets }: QueueBacklog,
  clients: readonly string[],
  priorities: readonly JobPriority[],
): readonly Bucket[] {
  return clients.flatMap((client) =>
    [...new Set(priorities)].flatMap((priority) => buckets.get(bucketId({ queue, priority, client })) ?? []),
  );
}

function backlogsOf(buckets: readonly Bucket[]): readonly QueueBacklog[] {
  const backlog = new Backlog();
  backlog.apply(buckets, 0);
  return backlog.queues();
}

function jobsOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}

function slotsOf(picks: readonly ClaimPick[]): readonly BucketKey[] {
  return picks.flatMap(({ count, ...bucket }) => Array.from({ length: count }, () => bucket));
}

/** Those that come before their turn take their share of the slots. */
function shared(overdue: readonly BucketKey[], usual: readonly BucketKey[]): readonly BucketKey[] {
  const order: BucketKey[] = [];
  let [early, late] = [0, 0];
  while (early < overdue.length || late < usual.length) {
    const isEarly =
      early < overdue.length && (early < (order.length + 1) * OVERDUE_SLOT_SHARE || late === usual.length);
    const bucket = isEarly ? overdue[early++] : usual[late++];
    if (bucket) order.push(bucket);
  }
  return order;
}

function picksOf(line: readonly BucketKey[]): readonly ClaimPick[] {
  const groups = Map.groupBy(line, bucketId);
  return [...groups.values()].flatMap((slots) => (slots[0] ? [{ ...slots[0], count: slots.length }] : []));
}

/** Each slot of a bucket is taken by its next oldest job. */
function inOrder(
  line: readonly BucketKey[],
  picks: readonly ClaimPick[],
  picked: readonly (readonly Job[])[],
): readonly Job[] {
  const left = new Map(picks.map((pick, i) => [bucketId(pick), [...(picked[i] ?? [])]]));
  return line.flatMap((bucket) => left.get(bucketId(bucket))?.shift() ?? []);
}

/**
 * What jobs wait for over time. Jobs of one queue wait for the same thing, so it is taken down by queue, and costs by models, not by jobs; a job gets its
 * part when it leaves the queue. What is of its own (its claim for a model that loads, the pause before another try, the limit of its client) goes on top.
 */
import type { Clock, Timer } from '../clock.ts';
import type { JobWaiting } from '../domain/decision.ts';
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, type JobStatus } from '../domain/job.ts';
import {
  type EndedCourse,
  fewWaits,
  type JobCourse,
  type JobWait,
  NO_COURSE,
  overlaid,
  waitsWithin,
} from '../domain/job-course.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { JobChange } from '../domain/store.ts';

export interface JobCoursesParts {
  /** In which something waits. */
  readonly queues: () => readonly QueueKey[];
  /** Clients at their limit of whom something waits. */
  readonly clientsAtLimit: () => readonly string[];
  /** Why what has nothing of its own waits in this queue. */
  readonly explainQueue: (queue: QueueKey) => JobWaiting | null;
  readonly explain: (job: Job) => JobWaiting | null;
  readonly clock: Clock;
}

/** Between two looks at what is waited for. */
const LOOK_MS = 1_000;
/** Of one queue or client. */
const MOST_SPANS = 64;
/** Of more that end at once nobody is told what each of them waited for. */
const MOST_UNKEPT = 10_000;
/** The others wait with one of these: nobody looks at so many. */
const MOST_LOOKED_AT = 200;

interface Course {
  waits: readonly JobWait[];
  firstOutputAt: number | null;
  /** From when on its waiting is not in `waits` yet. */
  since: number;
}

export class JobCourses {
  readonly #parts: JobCoursesParts;
  readonly #queues = new Map<QueueKey, readonly JobWait[]>();
  readonly #clients = new Map<string, readonly JobWait[]>();
  /** Of jobs that have left the queue once and have not ended. */
  readonly #courses = new Map<JobId, Course>();
  /** Of those whose end was written without them. */
  readonly #unkept = new Map<JobId, EndedCourse>();
  #timer: Timer | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: JobCoursesParts) {
    this.#parts = parts;
  }

  /** To be called whenever what is waited for may have changed: it is looked at once in a while. */
  changed(): void {
    if (this.#timer) return;
    const { clock } = this.#parts;
    const left = Math.max(0, this.#lookedAt + LOOK_MS - clock.monotonic());
    this.#timer = clock.after(left, () => {
      this.#timer = null;
      this.look();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  look(): void {
    const { clientsAtLimit, clock, explainQueue, queues } = this.#parts;
    this.#lookedAt = clock.monotonic();
    const now = clock.now();
    follow(this.#queues, queues().slice(0, MOST_LOOKED_AT), now, explainQueue);
    follow(this.#clients, clientsAtLimit().slice(0, MOST_LOOKED_AT), now, () => ({
      reason: 'CLIENT_LIMIT',
      explanation: 'Its client ran as many jobs as it may.',
    }));
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    const now = this.#parts.clock.now();
    for (const { job, previousStatus } of changes) {
      if (isTerminal(job.status)) this.#over(job, previousStatus, now);
      else if (job.status === 'PENDING') this.#back(job, previousStatus, now);
      else if (previousStatus !== job.status) this.#taken(job, previousStatus, now);
    }
  }

  /** The first of what an attempt answers has come. */
  outputBegan(id: JobId): void {
    const course = this.#courses.get(id);
    if (course) course.firstOutputAt ??= this.#parts.clock.now();
  }

  unkept(limit: number): readonly EndedCourse[] {
    return [...this.#unkept.values().take(limit)];
  }

  kept(courses: readonly EndedCourse[]): void {
    // One that ended again meanwhile has another.
    for (const course of courses) if (this.#unkept.get(course.id) === course) this.#unkept.delete(course.id);
  }

  /** As it is; of one that has ended, until it is kept with it. */
  of(job: Job): JobCourse | null {
    if (!isTerminal(job.status)) return this.#present(job);
    const unkept = this.#unkept.get(job.id);
    return unkept?.revision === job.revision ? unkept.course : null;
  }

  #present(job: Job): JobCourse {
    const { clock, explain } = this.#parts;
    const known = this.#courses.get(job.id);
    const { waits = [], firstOutputAt = null } = known ?? NO_COURSE;
    if (job.status === 'RUNNING') return { firstOutputAt, waits };
    const since = known?.since ?? job.createdAt;
    const now = clock.now();
    const past = job.status === 'PENDING' ? this.#inQueue(job, since, now) : [];
    const present = explain(job);
    if (!present) return { firstOutputAt: null, waits: fewWaits([...waits, ...past]) };
    const { reason, explanation } = present;
    const last = past.at(-1);
    const goesOn = last?.reason === reason;
    const from = goesOn ? last.from : (last?.to ?? since);
    const before = goesOn ? past.slice(0, -1) : past;
    return {
      firstOutputAt: null,
      waits: fewWaits([...waits, ...before, { reason, explanation, from: Math.min(from, now), to: null }]),
    };
  }

  /** As it is kept of a job that ends now. */
  ended(job: Job): JobCourse {
    const now = this.#parts.clock.now();
    const { firstOutputAt, waits } = this.#present(job);
    return { firstOutputAt, waits: waits.map((wait) => ({ ...wait, to: wait.to ?? now })) };
  }

  #taken(job: Job, previousStatus: JobChange['previousStatus'], now: number): void {
    const known = this.#courses.get(job.id);
    const since = known?.since ?? job.createdAt;
    const left = previousStatus ?? 'PENDING';
    this.#courses.set(job.id, {
      waits: fewWaits([...(known?.waits ?? []), ...this.#since(job, left, since, now)]),
      firstOutputAt: null,
      since: now,
    });
  }

  /** Who ended a run to its end has written its course with that. */
  #over(job: Job, previousStatus: JobChange['previousStatus'], heardAt: number): void {
    const now = job.finishedAt ?? heardAt;
    const known = this.#courses.get(job.id);
    this.#courses.delete(job.id);
    if (job.status === 'COMPLETE' || (job.status === 'FAILED' && previousStatus !== 'PENDING')) return;
    const { waits, firstOutputAt, since } = known ?? { ...NO_COURSE, since: job.createdAt };
    const last = previousStatus === null ? [] : this.#since(job, previousStatus, since, now);
    // Another try was awaited that does not come any more.
    const all = waitsWithin(fewWaits([...waits, ...last]), Number.NEGATIVE_INFINITY, now);
    if ((all.length === 0 && firstOutputAt === null) || this.#unkept.size >= MOST_UNKEPT) return;
    const { id, revision } = job;
    this.#unkept.set(id, { id, revision, course: { firstOutputAt, waits: all } });
  }

  /** What it waited for in the status that it leaves. */
  #since(job: Job, left: JobStatus, since: number, now: number): readonly JobWait[] {
    switch (left) {
      case 'PENDING':
        return this.#inQueue(job, since, now);
      case 'QUEUED':
        return since < now ? [loadingOf(job, since, now)] : [];
      default:
        return [];
    }
  }

  /** Of a new one nothing is known that its queue does not tell. */
  #back(job: Job, previousStatus: JobChange['previousStatus'], now: number): void {
    // Before it was tried again it did not wait.
    if (previousStatus && isTerminal(previousStatus))
      this.#courses.set(job.id, { waits: [], firstOutputAt: null, since: now });
    const known = this.#courses.get(job.id);
    if (!known || previousStatus === 'PENDING') return;
    if (previousStatus)
      known.waits = fewWaits([...known.waits, ...this.#since(job, previousStatus, known.since, now)]);
    known.firstOutputAt = null;
    known.since = now;
    const { notBefore } = job;
    if (notBefore === null || notBefore <= now) return;
    const explanation = job.history.at(-1)?.failure?.message ?? 'The last attempt failed.';
    known.waits = fewWaits([
      ...known.waits,
      { reason: 'RETRY_DELAY', explanation, from: now, to: notBefore },
    ]);
    known.since = notBefore;
  }

  #inQueue({ client, queue }: Job, from: number, to: number): readonly JobWait[] {
    const spans = this.#queues.get(queue) ?? [];
    const found = waitsWithin(spans, from, to);
    const [first, ...rest] = found;
    // It is looked at now and then: what is seen first was so since.
    const whole = first && first.from - from < 2 * LOOK_MS ? [{ ...first, from }, ...rest] : found;
    return overlaid(whole, waitsWithin(this.#clients.get(client) ?? [], from, to));
  }
}

function loadingOf({ modelName }: Job, from: number, to: number): JobWait {
  return { reason: 'LOADING', explanation: `${modelName} was loading.`, from, to };
}

/** Goes on with the spans of those that wait, and forgets those of all others. */
function follow<K>(
  spans: Map<K, readonly JobWait[]>,
  present: readonly K[],
  now: number,
  explain: (key: K) => Pick<JobWaiting, 'reason' | 'explanation'> | null,
): void {
  const there = new Set(present);
  for (const key of spans.keys()) if (!there.has(key)) spans.delete(key);
  for (const key of there) {
    const found = explain(key);
    const known = spans.get(key) ?? [];
    const last = known.at(-1);
    if (!found) continue;
    const { reason, explanation } = found;
    const next = { reason, explanation, from: now, to: null };
    if (!last) spans.set(key, [next]);
    else if (last.reason === reason) spans.set(key, [...known.slice(0, -1), { ...last, explanation }]);
    else spans.set(key, fewWaits([...known.slice(0, -1), { ...last, to: now }, next], MOST_SPANS));
  }
}

/**
 * Jobs whose caller waits for them on an open connection: what every gateway stands on. A live job is accepted, queued, explained and kept
 * like any other. What it has beside is somebody who hears it speak and is told its end, and who may go away: then nobody wants it any more.
 *
 * The life of one: an id is made, its listener and its waiter are entered under it, and it is submitted. So nothing of it can be missed. It
 * ends with the end of the job, with a refusal of the submission, or when its caller leaves; whatever comes first.
 */
import { type Clock, nextTurn } from '../clock.ts';
import type { OnClientGone } from '../config/config.ts';
import { messageOf, ServerStoppingError } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import type { JobEnd } from '../events/job-end.ts';
import type { JobEnds } from '../events/job-ends.ts';
import type { LiveListener } from '../events/live-listeners.ts';
import type { OutputHub } from '../events/output-hub.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accepted, AcceptService } from './accept-service.ts';
import type { JobSubmission } from './submission.ts';

export interface LiveCaller {
  /** Hears each record of the answer in the tick in which it came. Absent: the caller wants the end alone. */
  readonly listener?: LiveListener;
  /** Aborts when the caller is gone. */
  readonly gone: AbortSignal;
  /** Absent: as configured. */
  readonly onClientGone?: OnClientGone;
}

export interface LiveJob {
  /** Of the job that is submitted. A duplicate, or one that is taken up, has another one: that of `accepted`. */
  readonly id: JobId;
  /**
   * Resolves when the job is on disk. Of a duplicate no record is heard, and it goes on when the caller leaves: it is somebody else's too.
   * When that one leaves, the job is taken up for this caller.
   * @throws (rejects) as `AcceptService.admit`, or with the reason of `gone`, or ServerStoppingError
   */
  readonly accepted: Promise<Accepted>;
  /**
   * Resolves with the end of the job, whichever it is, once that is on disk.
   * @throws (rejects) as `accepted`, or with what the listener threw
   */
  readonly ended: Promise<JobEnd>;
  /** @throws as `accepted` */
  queued(): Promise<QueuedPlace>;
}

export interface QueuedPlace {
  /** Jobs that are before it; null when it does not wait in the queue (any more). */
  readonly position: number | null;
  /** From its acceptance until its present run began, or until now. Loading its model is a part of it. */
  readonly waitedMs: number;
}

export interface LiveJobsDependencies {
  readonly accept: Pick<AcceptService, 'newJobId' | 'admit' | 'cancel'>;
  readonly outputs: Pick<OutputHub, 'listen'>;
  readonly ends: Pick<JobEnds, 'next' | 'endOf'>;
  readonly store: Pick<Store, 'jobs' | 'queuePositions'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onClientGone: OnClientGone;
}

export class LiveJobs {
  readonly #deps: LiveJobsDependencies;
  readonly #open = new Set<OpenJob>();
  readonly #leaving = new Set<Promise<void>>();
  #isStopped = false;

  constructor(deps: LiveJobsDependencies) {
    this.#deps = deps;
  }

  /** Live jobs under way. */
  get size(): number {
    return this.#open.size;
  }

  /** Submits a job for a caller who waits. Never throws: what goes wrong is told by `accepted` and `ended`. */
  open(principal: Principal, submission: JobSubmission, caller: LiveCaller): LiveJob {
    const job: OpenJob = new OpenJob(this.#deps, principal, submission, caller, {
      over: () => this.#open.delete(job),
      leaving: (cancelled) => this.#track(cancelled),
    });
    this.#open.add(job);
    job.begin(this.#isStopped ? new ServerStoppingError() : null);
    return job;
  }

  /**
   * The server is stopping, and starts no more jobs. Whoever's job does not run is told so at once, the others when `ran` has resolved;
   * resolves when the jobs of all who were told are cancelled.
   * @param ran resolves when what runs has ended, or had its time
   */
  async stop(ran: Promise<unknown>): Promise<void> {
    this.#isStopped = true;
    for (const job of await this.#waiting()) job.leave(new ServerStoppingError(), STOPPED);
    await ran;
    // Whoever's job has ended just now hears of that.
    await nextTurn();
    for (const job of [...this.#open]) job.leave(new ServerStoppingError(), STOPPED);
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
  }

  /** Those whose job is not on disk yet, or in the queue; none when the store cannot tell. */
  async #waiting(): Promise<readonly OpenJob[]> {
    const open = [...this.#open];
    try {
      const jobs = await this.#deps.store.jobs(open.map(({ jobId }) => jobId));
      return open.filter((_, at) => {
        const status = jobs[at]?.status ?? 'PENDING';
        return status === 'PENDING' || status === 'QUEUED';
      });
    } catch (error) {
      this.#deps.logger.warn(`Callers whose jobs do not run are told late of the stop: ${messageOf(error)}`);
      return [];
    }
  }

  #track(work: Promise<void>): void {
    const task = work.finally(() => this.#leaving.delete(task));
    this.#leaving.add(task);
  }
}

/** One for all: an error of its own for each would have its stack taken. */
const OVER = new Error('Nobody waits here any more.');

const STOPPED = 'The server stopped while its client waited.';

interface OpenJobHooks {
  over(): void;
  /** Resolves, and never rejects, when the job is cancelled. */
  leaving(cancelled: Promise<void>): void;
}

class OpenJob implements LiveJob {
  readonly id: JobId;
  readonly accepted: Promise<Accepted>;
  readonly ended: Promise<JobEnd>;
  /** Of the job that its caller waits for: that of another submission, should this one be a duplicate. */
  jobId: JobId;
  readonly #deps: LiveJobsDependencies;
  readonly #principal: Principal;
  readonly #submission: JobSubmission;
  readonly #caller: LiveCaller;
  readonly #onClientGone: OnClientGone;
  readonly #hooks: OpenJobHooks;
  readonly #acceptance = Promise.withResolvers<Accepted>();
  readonly #end = Promise.withResolvers<JobEnd>();
  /** Aborts when the caller has left, or knows the end: nobody waits here any more. */
  readonly #left = new AbortController();
  /** What came of the submission, the caller being there or not. */
  #admission: Promise<Accepted> | null = null;
  #unlisten = () => {};
  #startedAt: number | null = null;

  constructor(
    deps: LiveJobsDependencies,
    principal: Principal,
    submission: JobSubmission,
    caller: LiveCaller,
    hooks: OpenJobHooks,
  ) {
    this.#deps = deps;
    this.#principal = principal;
    this.#submission = submission;
    this.#caller = caller;
    this.#onClientGone = caller.onClientGone ?? deps.onClientGone;
    this.#hooks = hooks;
    this.id = submission.id ?? deps.accept.newJobId();
    this.jobId = this.id;
    this.accepted = this.#acceptance.promise;
    this.ended = this.#end.promise;
    // A caller may look at one of them alone.
    this.accepted.catch(() => {});
    this.ended.catch(() => {});
  }

  /** @param refusal why it is not even submitted. */
  begin(refusal: Error | null): void {
    const { gone } = this.#caller;
    if (refusal || gone.aborted) {
      this.#close(refusal ?? gone.reason);
      return;
    }
    gone.addEventListener('abort', this.#onGone, { once: true });
    this.#listen(this.id);
    this.#follow().then(
      (ended) => {
        this.#end.resolve(ended);
        this.#close();
      },
      (error) => this.#close(error),
    );
  }

  /** @returns the end of its job */
  async #follow(): Promise<JobEnd> {
    const { accept, ends } = this.#deps;
    const end = ends.next(this.id, this.#left.signal);
    end.catch(() => {});
    const live = this.#onClientGone === 'cancel';
    const submission = { ...this.#submission, id: this.id, live };
    try {
      for (;;) {
        this.#admission = accept.admit(this.#principal, submission);
        const accepted = await this.#admission;
        const { job, takenUp } = accepted;
        this.jobId = job.id;
        if (takenUp) this.#listen(job.id);
        this.#acceptance.resolve(accepted);
        if (!accepted.deduplicated) return await end;
        const ended = await ends.endOf(job.id, this.#left.signal);
        // Whose it was has left. Nobody else can have cancelled it, so that it is taken up for this caller.
        if (takenUp || !ended.job.callerLeft) return ended;
      }
    } finally {
      // Who waited for the end of a job that was refused, or is another one, waits no more.
      this.#left.abort(OVER);
    }
  }

  #listen(id: JobId): void {
    this.#unlisten();
    this.#unlisten = this.#deps.outputs.listen(id, this.#listener());
  }

  async queued(): Promise<QueuedPlace> {
    const { store, clock } = this.#deps;
    const { job } = await this.accepted;
    const scope = { caller: this.#principal.client, signal: this.#caller.gone };
    const [position = null] = await store.queuePositions([job.id], scope);
    return { position, waitedMs: Math.max(0, (this.#startedAt ?? clock.now()) - job.createdAt) };
  }

  /** Whoever waited does so no more. @param why as the job tells it, should it be cancelled. */
  leave(reason: unknown, why: string): void {
    if (this.#left.signal.aborted) return;
    this.#left.abort(reason);
    this.#close(reason);
    switch (this.#onClientGone) {
      case 'finish':
        return;
      case 'cancel':
        this.#hooks.leaving(this.#cancel(why));
        return;
      default:
        this.#onClientGone satisfies never;
    }
  }

  readonly #onGone = () => this.leave(this.#caller.gone.reason, 'The client has gone.');

  async #cancel(why: string): Promise<void> {
    const accepted = await this.#admission?.catch(() => null);
    if (!accepted || (accepted.deduplicated && !accepted.takenUp)) return;
    const { id } = accepted.job;
    try {
      await this.#deps.accept.cancel(this.#principal, id, why, { callerLeft: true });
    } catch (error) {
      this.#deps.logger.warn(`${id} could not be cancelled when its client left: ${messageOf(error)}`);
    }
  }

  #listener(): LiveListener {
    const { listener } = this.#caller;
    const { clock } = this.#deps;
    const heard = <T>(tell: () => T): T => {
      try {
        return tell();
      } catch (error) {
        this.leave(error, 'Its answer could not be passed on.');
        throw error;
      }
    };
    return {
      attempt: (number) => {
        this.#startedAt = clock.now();
        heard(() => listener?.attempt?.(number));
      },
      cut: () => heard(() => listener?.cut?.()),
      record: (raw: JsonObject, attempt) => heard(() => listener?.record(raw, attempt) ?? false),
    };
  }

  #close(error?: unknown): void {
    this.#caller.gone.removeEventListener('abort', this.#onGone);
    this.#unlisten();
    if (error !== undefined) {
      this.#acceptance.reject(error);
      this.#end.reject(error);
    }
    this.#hooks.over();
  }
}

/** Validation, model resolution and admission behind the one door. */

import { createHash } from 'node:crypto';
import { ClientLimitError } from '../domain/allowance.ts';
import { limitsOf, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import { type InputIssue, InvalidInputError } from '../domain/errors.ts';
import { type JobId, newId } from '../domain/ids.ts';
import type { JobPriority } from '../domain/job.ts';
import { canonicalJson } from '../domain/json.ts';
import { letChange, may, onlyClient, type Principal, sees } from '../domain/principal.ts';
import type { Piece, PieceOutcome } from '../domain/request-batch.ts';
import type {
  CancelOptions,
  CancelOutcome,
  NewJob,
  PriorityOutcome,
  ReadScope,
  RetryOutcome,
  Submission,
  SubmitOutcome,
} from '../domain/store.ts';
import { sizeOf } from '../kinds/job-size.ts';
import {
  type Accepted,
  type AcceptedBatch,
  type AcceptService,
  IdempotencyConflictError,
  type Outline,
  type PreparedJob,
  type RequestedChange,
} from './accept-service.ts';
import { type AcceptDependencies, type AdmittedJob, admittedJob, priorityProblem } from './admit.ts';
import { BlobCollector, unknownImages } from './blobs.ts';
import { changeMany, type JobSelection, type ManyChanged } from './change-many.ts';
import { jobLeft } from './come-back.ts';
import { MOST_JOBS_IN_BATCH } from './input-schema.ts';
import { type Judgement, judgeJobs } from './judge-jobs.ts';
import { queueFull } from './queue-full.ts';
import { roomProblem, spentProblem } from './queue-room.ts';
import { checkedJob, readBatch, readJob } from './read-input.ts';
import { RequestAllowance } from './request-allowance.ts';
import type { BatchSubmission, JobSubmission } from './submission.ts';

export type { AcceptDependencies, ModelDirectory } from './admit.ts';

export function createAcceptService(deps: AcceptDependencies): AcceptService {
  return new FrontDoor(deps);
}

class FrontDoor implements AcceptService {
  readonly #deps: AcceptDependencies;
  /** Of the request that it is the door of; null where each call is a request. */
  readonly #shared: RequestAllowance | null;

  constructor(deps: AcceptDependencies, shared: RequestAllowance | null = null) {
    this.#deps = deps;
    this.#shared = shared;
  }

  ofOneRequest(): AcceptService {
    return new FrontDoor(this.#deps, this.#newAllowance());
  }

  get #allowance(): RequestAllowance {
    return this.#shared ?? this.#newAllowance();
  }

  #newAllowance(): RequestAllowance {
    return new RequestAllowance(this.#deps.bytesOfRequest);
  }

  count(input: unknown): void {
    this.#allowance.take(input, []);
  }

  newJobId(): JobId {
    return newId('job', this.#deps.clock, this.#deps.random);
  }

  async submit(
    principal: Principal,
    input: unknown,
    more: Pick<JobSubmission, 'patienceMs'> = {},
  ): Promise<Accepted> {
    this.#allowance.take(input, ['request']);
    return this.#queue(principal, { ...more, ...readJob(input, this.#deps.clock) });
  }

  /** One job that a route has read from a body of its own: it holds nothing twice, and the route has bounded it. */
  async admit(principal: Principal, submission: JobSubmission): Promise<Accepted> {
    return this.#queue(principal, checkedJob(submission, this.#deps.clock));
  }

  async submitBatch(principal: Principal, input: unknown): Promise<AcceptedBatch> {
    const { jobs, ...batch } = readBatch(input);
    return this.#queueBatch(principal, batch, this.#judgeInputs(principal, jobs));
  }

  async admitBatch(principal: Principal, submission: BatchSubmission): Promise<AcceptedBatch> {
    const { jobs: _, ...batch } = readBatch(submission);
    const check = (job: JobSubmission) => checkedJob(job, this.#deps.clock);
    return this.#queueBatch(principal, batch, this.#judge(principal, submission.jobs, check));
  }

  check(principal: Principal, input: unknown): readonly InputIssue[] {
    return this.#looked(principal, input).issues;
  }

  outline(principal: Principal, input: unknown): Outline {
    const { issues, jobs } = this.#looked(principal, input);
    const { client } = principal;
    const refused = [roomProblem(this.#deps, client, jobs.length), spentProblem(this.#deps, client)];
    return {
      issues: [...issues, ...refused.filter((issue) => issue !== null)],
      jobs: jobs.map(({ queue, priority, request }) => ({ queue, priority, size: sizeOf(request) })),
    };
  }

  #looked(
    principal: Principal,
    input: unknown,
  ): { readonly issues: readonly InputIssue[]; readonly jobs: readonly NewJob[] } {
    try {
      const { admitted, issues, refusals } = this.#judgeInputs(principal, readBatch(input).jobs);
      const refused = refusals.map(({ at, error }) => ({ path: [...at, 'model'], message: error.message }));
      return { issues: [...issues, ...refused], jobs: admitted.map(({ job }) => job) };
    } catch (error) {
      if (error instanceof InvalidInputError) return { issues: error.issues, jobs: [] };
      throw error;
    }
  }

  prepare(principal: Principal, submission: JobSubmission): PreparedJob {
    const collector = new BlobCollector();
    const checked = checkedJob(submission, this.#deps.clock);
    const { job } = admittedJob(this.#deps, principal, checked, collector);
    return { job, blobs: collector.blobs };
  }

  checkAllowance(client: string): void {
    this.#deps.allowances?.checkWork(client);
  }

  retryAfterMs(client: string | null): number {
    return this.#deps.retryAfterMs(client);
  }

  largestPiece(client: string): number {
    const { maxQueued } = limitsOf(this.#deps.clients ?? NO_CLIENT_LIMITS, client);
    return Math.min(MOST_JOBS_IN_BATCH, this.#batchShare, maxQueued ?? Number.POSITIVE_INFINITY);
  }

  async admitPiece(piece: Omit<Piece, 'queueLimit'>): Promise<PieceOutcome> {
    // A batch waits for what comes back, as it waits for room.
    if (this.#hasNothingLeft(piece.jobs)) return { kind: 'queue-full', room: 0 };
    return this.#deps.store.requestBatches.take({ ...piece, queueLimit: this.#batchShare });
  }

  #hasNothingLeft([first]: Piece['jobs']): boolean {
    try {
      if (first) this.checkAllowance(first.client);
      return false;
    } catch (error) {
      if (error instanceof ClientLimitError) return true;
      throw error;
    }
  }

  /** What batches of requests may take of the queue. */
  get #batchShare(): number {
    return Math.max(1, Math.floor(this.#deps.queueLimit / 2));
  }

  async cancel(
    principal: Principal,
    id: JobId,
    reason: string | null,
    options?: CancelOptions,
  ): Promise<CancelOutcome> {
    if (await this.#isForeign(principal, id)) return { kind: 'not-found' };
    return this.#deps.store.cancel(id, reason, options);
  }

  async retry(
    principal: Principal,
    id: JobId,
  ): Promise<Exclude<RetryOutcome, { readonly kind: 'queue-full' }>> {
    if (await this.#isForeign(principal, id)) return { kind: 'not-found' };
    this.checkAllowance(principal.client);
    const outcome = await this.#deps.store.retry(id, this.#deps.queueLimit);
    if (outcome.kind === 'queue-full') throw queueFull(outcome, this.#deps.retryAfterMs);
    return outcome;
  }

  async setPriority(principal: Principal, id: JobId, priority: JobPriority): Promise<PriorityOutcome> {
    const problem = priorityProblem(principal, priority);
    if (problem) throw new InvalidInputError([problem]);
    if (await this.#isForeign(principal, id)) return { kind: 'not-found' };
    return this.#deps.store.setPriority(id, priority);
  }

  async changeMany(
    principal: Principal,
    selection: JobSelection,
    change: RequestedChange,
    scope: ReadScope,
  ): Promise<ManyChanged> {
    const problem = change.kind === 'setPriority' ? priorityProblem(principal, change.priority) : null;
    if (problem) throw new InvalidInputError([problem]);
    if (change.kind === 'retry') this.checkAllowance(principal.client);
    const { queueLimit } = this.#deps;
    const whole = change.kind === 'retry' ? { ...change, queueLimit } : change;
    return changeMany(this.#deps, principal, selection, whole, scope);
  }

  async #queue(principal: Principal, submission: JobSubmission): Promise<Accepted> {
    const collector = new BlobCollector();
    const admitted = admittedJob(this.#deps, principal, submission, collector);
    const { job, wishes } = admitted;
    this.checkAllowance(principal.client);
    const takesUp = submission.comesBack ? await jobLeft(this.#deps, job, this.#deps.clock.now()) : null;
    const outcome = await this.#store({
      jobs: [job],
      batch: null,
      blobs: collector.blobs,
      imagesOf: onlyClient(principal),
      idempotency: identity(principal, submission.idempotencyKey, essence(admitted)),
      takesUp,
    });
    const first = outcome.jobs[0];
    if (!first) throw new Error('The store answered a submission without a job.');
    const takenUp = outcome.kind === 'taken-up';
    return { job: first, deduplicated: takenUp || outcome.kind === 'duplicate', takenUp, wishes };
  }

  /** A model that is missing or too large is told only when nothing else is wrong. */
  async #queueBatch(
    principal: Principal,
    batch: Omit<BatchSubmission, 'jobs'>,
    { collector, admitted, issues, refusals }: Judgement,
  ): Promise<AcceptedBatch> {
    if (issues.length > 0) throw new InvalidInputError(issues);
    if (refusals[0]) throw refusals[0].error;
    this.checkAllowance(principal.client);
    const { clock, random } = this.#deps;
    const { keep = false, metadata = null } = batch;
    const name = batch.name ?? null;
    const more = { ...(keep && { keep }), ...(metadata && { metadata }) };
    const outcome = await this.#store({
      jobs: admitted.map(({ job }) => job),
      batch: { id: newId('bat', clock, random), name, client: principal.client, kept: keep, metadata },
      blobs: collector.blobs,
      imagesOf: onlyClient(principal),
      idempotency: identity(principal, batch.idempotencyKey, { name, ...more, jobs: admitted.map(essence) }),
    });
    if (!outcome.batchId) {
      throw new InvalidInputError([
        { path: ['idempotencyKey'], message: 'was used for a single job, not for a batch.' },
      ]);
    }
    return { batchId: outcome.batchId, deduplicated: outcome.kind === 'duplicate' };
  }

  #judgeInputs(principal: Principal, inputs: readonly unknown[]): Judgement {
    return this.#judge(principal, inputs, (input) => readJob(input, this.#deps.clock));
  }

  #judge<Input>(
    principal: Principal,
    inputs: readonly Input[],
    read: (input: Input) => JobSubmission,
  ): Judgement {
    return judgeJobs(this.#deps, principal, inputs, { read, allowance: this.#allowance });
  }

  async #store(
    submission: Omit<Submission, 'queueLimit'>,
  ): Promise<Extract<SubmitOutcome, { kind: 'accepted' | 'duplicate' | 'taken-up' }>> {
    const { store, queueLimit, retryAfterMs } = this.#deps;
    const outcome = await store.submit({ ...submission, queueLimit });
    switch (outcome.kind) {
      case 'accepted':
      case 'duplicate':
      case 'taken-up':
        return outcome;
      case 'conflict':
        throw new IdempotencyConflictError(outcome.existing);
      case 'queue-full':
        throw queueFull(outcome, retryAfterMs);
      case 'unknown-images':
        throw unknownImages(submission, outcome.hashes);
      default:
        return outcome satisfies never;
    }
  }

  /** Whose a job is never changes, so that it can be asked before. @throws ForbiddenError for one that is only there to be read */
  async #isForeign(principal: Principal, id: JobId): Promise<boolean> {
    if (may(principal, 'OPERATE')) return false;
    const job = await this.#deps.store.job(id);
    if (job === null) return false;
    if (!sees(principal, job)) return true;
    letChange(principal, job);
    return false;
  }
}

/** What makes two submissions the same: everything that was asked for, nothing that we made up, nor who waits for it. */
function essence({ job: { id: _, live: __, cache: ___, ...job }, asked }: AdmittedJob): object {
  return { ...job, ...asked };
}

function identity(principal: Principal, key: string | undefined, asked: object): Submission['idempotency'] {
  if (key === undefined) return null;
  return {
    client: principal.client,
    key,
    inputHash: createHash('sha256').update(canonicalJson(asked)).digest('hex'),
  };
}

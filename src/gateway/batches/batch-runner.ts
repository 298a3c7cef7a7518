/**
 * Works off batches of requests. Each has a driver, which reads how far the batch is, does one step, and reads again; a step is one commit or
 * has no effect, so a server that ends anywhere leaves a batch that the next one goes on with, and does nothing twice:
 *
 *   VALIDATING ──▶ FAILED
 *       │
 *       ▼
 *   IN_PROGRESS: pieces of lines become jobs ─▶ all lines taken ─▶ all jobs ended ─▶ FINALIZING ─▶ COMPLETED, EXPIRED
 *       │
 *       ▼ (also from VALIDATING)
 *   CANCELLING: the rest of the lines is refused, and waiting jobs are cancelled ─▶ CANCELLED
 *
 * A driver waits for its jobs without asking: commits wake it.
 */
import type { AcceptService } from '../../accept/accept-service.ts';
import { type Clock, nextTurn, type Random } from '../../clock.ts';
import { loggedMessage, StoreClosedError } from '../../domain/errors.ts';
import { type BatchId, newId } from '../../domain/ids.ts';
import { isTerminal } from '../../domain/job.ts';
import {
  type BatchJobCounts,
  isEnded,
  type NewOutputFile,
  type RequestBatch,
} from '../../domain/request-batch.ts';
import type { JobChange, Store } from '../../domain/store.ts';
import type { OutputPart } from '../../domain/stored-file.ts';
import { Alarm } from './alarm.ts';
import type { BatchEndpoints } from './endpoints.ts';
import type { LineJobs } from './line-jobs.ts';
import { outcomesOf } from './outcomes.ts';
import { lineOf } from './output-lines.ts';
import { nextPiece } from './pieces.ts';
import { validate } from './validation.ts';

export interface BatchRunnerDependencies {
  readonly store: Store;
  readonly accept: Pick<AcceptService, 'admitPiece' | 'largestPiece'>;
  readonly lineJobs: LineJobs;
  readonly endpoints: BatchEndpoints;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (message: string) => void;
}

const AFTER_FAILURE_MS = 5_000;
/** With the queue full, how long until a piece is offered again. */
const QUEUE_FULL_MS = 1_000;
const CANCELLED_AT_ONCE = 500;
/** Lines that are added up before others have their turn. */
const LINES_AT_ONCE = 64;

/** What a step leaves to do: go on at once, wait for jobs to end, or wait for so many milliseconds. */
type Next = 'go-on' | 'wait' | number;

export class BatchRunner {
  readonly #deps: BatchRunnerDependencies;
  readonly #drivers = new Map<BatchId, { readonly alarm: Alarm; readonly done: Promise<void> }>();
  readonly #stopping = new AbortController();
  /** One at a time: each keeps the ids of its lines in memory. */
  #validating: Promise<void> = Promise.resolve();

  constructor(deps: BatchRunnerDependencies) {
    this.#deps = deps;
  }

  /** Goes on with what the last server left. */
  async start(): Promise<void> {
    for (const id of await this.#deps.store.requestBatches.unended()) this.look(id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { alarm } of this.#drivers.values()) alarm.ring();
    await Promise.all([...this.#drivers.values()].map(({ done }) => done));
  }

  /** It was made, or somebody changed it. */
  look(id: BatchId): void {
    if (this.#stopping.signal.aborted) return;
    const driver = this.#drivers.get(id);
    if (driver) {
      driver.alarm.ring();
      return;
    }
    const alarm = new Alarm(this.#deps.clock);
    const done = this.#drive(id, alarm).finally(() => this.#drivers.delete(id));
    this.#drivers.set(id, { alarm, done });
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    if (this.#drivers.size === 0) return;
    for (const { job } of changes)
      if (job.batchId !== null && isTerminal(job.status)) this.#drivers.get(job.batchId)?.alarm.ring();
  }

  async #drive(id: BatchId, alarm: Alarm): Promise<void> {
    const { log, store } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      alarm.silence();
      try {
        const counted = await store.requestBatches.batch(id);
        if (!counted || isEnded(counted.batch.status)) return;
        const next = await this.#step(counted.batch, counted);
        if (next !== 'go-on') await alarm.wait(next === 'wait' ? null : next);
      } catch (error) {
        if (this.#stopping.signal.aborted || error instanceof StoreClosedError) return;
        log(`A batch could not be worked on: ${loggedMessage(error)}`);
        await alarm.wait(AFTER_FAILURE_MS);
      }
    }
  }

  async #step(batch: RequestBatch, counts: BatchJobCounts): Promise<Next> {
    const { store } = this.#deps;
    const { id, content } = batch;
    const hasEnded = counts.jobs.PENDING + counts.jobs.QUEUED + counts.jobs.RUNNING === 0;
    switch (batch.status) {
      case 'VALIDATING':
        if (content !== null) await this.#validate(batch, content);
        return 'go-on';
      case 'IN_PROGRESS':
        if (content !== null) return await this.#take(batch, content);
        if (!hasEnded) return 'wait';
        await store.requestBatches.step({ id, event: 'answered' });
        return 'go-on';
      case 'CANCELLING':
        // Lines that nobody has looked at have no answers.
        if (content !== null && batch.total !== null) return await this.#take(batch, content);
        if ((await store.requestBatches.cancelJobs(id, CANCELLED_AT_ONCE)) > 0 || !hasEnded) return 'go-on';
        await store.requestBatches.step({ id, event: 'end', output: await this.#output(batch) });
        return 'go-on';
      case 'FINALIZING': {
        const event = counts.overdue + batch.refused.EXPIRED > 0 ? 'expire' : 'complete';
        await store.requestBatches.step({ id, event, output: await this.#output(batch) });
        return 'go-on';
      }
      case 'FAILED':
      case 'COMPLETED':
      case 'EXPIRED':
      case 'CANCELLED':
        return 'go-on';
      default:
        return batch.status satisfies never;
    }
  }

  async #validate(batch: RequestBatch, content: NonNullable<RequestBatch['content']>): Promise<void> {
    const { lineJobs, store } = this.#deps;
    const { signal } = this.#stopping;
    const before = this.#validating;
    const validated = before.then(async () => {
      signal.throwIfAborted();
      const { problems, total } = await validate(batch, content, { files: store.files, lineJobs }, signal);
      const { id } = batch;
      await store.requestBatches.step(
        problems.length > 0 ? { id, event: 'invalid', problems } : { id, event: 'valid', total },
      );
    });
    // Whoever is next does not care how this one went.
    this.#validating = validated.catch(() => {});
    await validated;
  }

  async #take(batch: RequestBatch, content: NonNullable<RequestBatch['content']>): Promise<Next> {
    const { accept, clock, lineJobs, store } = this.#deps;
    const isLate = clock.now() >= batch.expiresAt;
    const refuseAll = batch.status === 'CANCELLING' ? 'CANCELLED' : isLate ? 'EXPIRED' : null;
    const take = async (mostLines: number) => {
      const deps = { files: store.files, lineJobs, mostLines };
      return accept.admitPiece(await nextPiece(batch, content, deps, refuseAll));
    };
    const whole = await take(accept.largestPiece(batch.client));
    // As much as fits beside what else waits.
    const outcome = whole.kind === 'queue-full' && whole.room > 0 ? await take(whole.room) : whole;
    switch (outcome.kind) {
      case 'taken':
      case 'stale':
        return 'go-on';
      case 'queue-full':
        return QUEUE_FULL_MS;
      default:
        return outcome satisfies never;
    }
  }

  /** The files that show what came of a batch. Their lines are made when they are read; here they are added up. */
  async #output(batch: RequestBatch): Promise<readonly NewOutputFile[]> {
    const { clock, endpoints, log, random, store } = this.#deps;
    const endpoint = endpoints[batch.endpoint];
    if (batch.api === 'ANTHROPIC' || !endpoint) return [];
    const bytes: Record<OutputPart, number> = { ANSWERS: 0, ERRORS: 0 };
    let lines = 0;
    for await (const outcome of outcomesOf(store, batch.id, endpoint)) {
      const line = lineOf(batch.api, outcome, endpoint, { clock, log });
      bytes[line.part] += Buffer.byteLength(line.text);
      lines += 1;
      if (lines % LINES_AT_ONCE === 0) await nextTurn();
      this.#stopping.signal.throwIfAborted();
    }
    const names = { ANSWERS: 'output', ERRORS: 'error' } as const;
    return (['ANSWERS', 'ERRORS'] as const)
      .filter((part) => bytes[part] > 0)
      .map((part) => ({
        id: newId('file', clock, random),
        part,
        name: `batch_${batch.id.slice('bat_'.length)}_${names[part]}.jsonl`,
        bytes: bytes[part],
      }));
  }
}

/**
 * The stream behind `batchOutput`: what all jobs of a batch produce, in one stream. Jobs that have ended are sent from the store, one after the
 * other, as the reader takes them; those that run are followed in the buffers that everybody shares, each with an offset. So a
 * stream holds one page of jobs, the output of one ended job, and a number for each job that runs or was sent.
 */
import type { Clock } from '../clock.ts';
import type { BatchId, JobId } from '../domain/ids.ts';
import { isTerminal, type Job } from '../domain/job.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';
import { isOfBatch, ScanReader } from './log-reader.ts';
import type { FinishedOutput, OutputChunk, OutputHub } from './output-hub.ts';
import { type OutputText, textOfAttempt } from './output-text.ts';
import { restInterval } from './rest-interval.ts';

export interface BatchChunk {
  readonly jobId: JobId;
  readonly chunk: OutputChunk;
}

export interface BatchOutputOptions {
  readonly log: EventLog;
  readonly hub: OutputHub;
  readonly clock: Clock;
  readonly id: BatchId;
  /** At least this long between two chunks of one running job. */
  readonly minIntervalMs: number;
  /** Jobs of the batch with a sequence above `after`, in order. */
  members(after: number, limit: number): Promise<readonly Job[]>;
  /** Null while the job is unfinished, and when it is forgotten. */
  finished(id: JobId): Promise<FinishedOutput | null>;
  /** Whether none of its jobs is unfinished. */
  isOver(): Promise<boolean>;
}

interface Position {
  readonly attempt: number;
  readonly offset: number;
}

interface Sending {
  readonly id: JobId;
  readonly attempt: number;
  readonly text: OutputText;
  offset: number;
}

const PAGE_SIZE = 100;

export class BatchOutput extends DemandStream<BatchChunk> {
  readonly #options: BatchOutputOptions;
  readonly #reader: ScanReader;
  /** Sequence of the last job that was looked at; null when all were. */
  #lookedAt: number | null = 0;
  /** Ended, and not sent to the end. */
  readonly #toSend = new Set<JobId>();
  /** Running, with what was sent of them. */
  readonly #running = new Map<JobId, Position | null>();
  /** Revisions of the jobs that were sent to their end. */
  readonly #sent = new Map<JobId, number>();
  /** The one that is being sent. */
  #sending: Sending | null = null;
  /** Jobs that have not had their turn since `#roundAt`. */
  #round: JobId[] = [];
  #roundAt = Number.NEGATIVE_INFINITY;

  constructor(options: BatchOutputOptions) {
    super();
    const { id, log } = options;
    this.#options = options;
    this.#reader = new ScanReader(log, log.newest, isOfBatch(id));
  }

  protected async produce(): Promise<BatchChunk | undefined> {
    while (!this.ended && !this.#options.log.ended) {
      this.#takeEvents();
      const chunk = (await this.#ended()) ?? this.#grown();
      if (chunk) return chunk;
      if (this.#toSend.size > 0) continue;
      if (this.#lookedAt !== null) await this.#look(this.#lookedAt);
      else if (this.#running.size === 0 && (await this.#options.isOver()) && this.#isQuiet())
        return undefined;
      else if (this.#toSend.size === 0) await this.#change();
    }
    return undefined;
  }

  /** Whether nothing happened while the store was asked. */
  #isQuiet(): boolean {
    this.#takeEvents();
    return this.#toSend.size === 0 && this.#running.size === 0 && this.#lookedAt === null;
  }

  #takeEvents(): void {
    for (;;) {
      const result = this.#reader.read();
      if (result.kind === 'nothing') return;
      if (result.kind === 'entry') {
        if (result.entry.event.kind === 'job') this.#note(result.entry.event.job);
        continue;
      }
      // What it missed is in the store.
      this.#reader.moveTo(this.#options.log.newest);
      this.#lookedAt = 0;
      return;
    }
  }

  async #look(after: number): Promise<void> {
    const jobs = await this.#options.members(after, PAGE_SIZE);
    for (const job of jobs) this.#note(job);
    this.#lookedAt = jobs.length < PAGE_SIZE ? null : (jobs.at(-1)?.sequence ?? null);
  }

  #note(job: Job): void {
    const { id, revision, status } = job;
    if ((this.#sent.get(id) ?? -1) >= revision) return;
    if (this.#sending?.id === id) this.#interrupt(this.#sending);
    if (isTerminal(status)) {
      this.#sent.set(id, revision);
      this.#toSend.add(id);
      return;
    }
    this.#toSend.delete(id);
    if (status === 'RUNNING' && !this.#running.has(id)) this.#running.set(id, null);
  }

  /** The job has changed since its output was loaded: it may have another one by now, or be about to. */
  #interrupt({ id, attempt, offset }: Sending): void {
    this.#running.set(id, { attempt, offset });
    this.#sending = null;
  }

  /** A chunk of a job that has ended, from where it was followed to. */
  async #ended(): Promise<BatchChunk | undefined> {
    const [id] = this.#toSend;
    if (id === undefined) return undefined;
    if (this.#sending?.id !== id) {
      const revision = this.#sent.get(id);
      const finished = await this.#options.finished(id);
      this.#takeEvents();
      // What was loaded may be of an earlier attempt.
      if (!this.#toSend.has(id) || this.#sent.get(id) !== revision) return undefined;
      if (!finished) {
        // It is forgotten, or in the queue again, which an event is about to tell.
        this.#forget(id);
        return undefined;
      }
      const { attempt, parts } = finished;
      const known = this.#running.get(id);
      const offset = known?.attempt === attempt ? known.offset : 0;
      this.#sending = { id, attempt, text: textOfAttempt(parts, attempt), offset };
    }
    const { attempt, text, offset } = this.#sending;
    const piece = text.chunkFrom(offset, true) ?? { channel: 'TEXT' as const, offset: text.length, text: '' };
    this.#sending.offset = piece.offset + piece.text.length;
    const final = this.#sending.offset >= text.length;
    if (final) this.#forget(id);
    return { jobId: id, chunk: { attempt, ...piece, final } };
  }

  #forget(id: JobId): void {
    this.#toSend.delete(id);
    this.#running.delete(id);
    this.#sending = null;
  }

  /** A chunk of a job that runs: of each one in an interval. */
  #grown(): BatchChunk | undefined {
    const { clock, hub, minIntervalMs } = this.#options;
    const now = clock.monotonic();
    if (this.#round.length === 0 && now - this.#roundAt >= minIntervalMs) {
      this.#round = [...this.#running.keys()];
      this.#roundAt = now;
    }
    for (let id = this.#round.shift(); id !== undefined; id = this.#round.shift()) {
      const present = this.#running.has(id) ? hub.present(id) : undefined;
      if (!present) continue;
      const known = this.#running.get(id);
      const piece = present.text.chunkFrom(known?.attempt === present.number ? known.offset : 0, false);
      if (!piece) continue;
      this.#running.set(id, { attempt: present.number, offset: piece.offset + piece.text.length });
      return { jobId: id, chunk: { attempt: present.number, ...piece, final: false } };
    }
    return undefined;
  }

  async #change(): Promise<void> {
    const { clock, hub, log, minIntervalMs } = this.#options;
    if (this.#running.size > 0)
      await restInterval((register) => this.waitOn(register), {
        clock,
        log,
        minIntervalMs,
        since: this.#roundAt,
      });
    if (this.#reader.sequence < log.newest) return;
    const grows = [...this.#running].some(([id, known]) => this.#hasMore(id, known));
    if (grows) return;
    await this.waitOn((wake) => {
      const forget = [...this.#running.keys()].map((id) => hub.onChange(id, wake));
      forget.push(log.onNext(null, wake));
      return () => {
        for (const each of forget) each();
      };
    });
  }

  #hasMore(id: JobId, known: Position | null): boolean {
    const present = this.#options.hub.present(id);
    if (!present) return false;
    return present.text.chunkFrom(known?.attempt === present.number ? known.offset : 0, false) !== null;
  }
}

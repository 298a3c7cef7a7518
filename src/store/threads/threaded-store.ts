/** A store whose database is worked on by threads of their own: one writes, one reads by id, two read lists. */
import type { MessagePort } from 'node:worker_threads';
import { type Clock, wallNow } from '../../clock.ts';
import type { ClientTable } from '../../domain/client-limits.ts';
import { messageOf, StoreClosedError, type VramkeeperError } from '../../domain/errors.ts';
import type { ServerId } from '../../domain/ids.ts';
import type { ReadScope } from '../../domain/store.ts';
import { isOfJobs, type OfJobs } from '../encode.ts';
import { handedOver, hasLargeText } from '../handing-over.ts';
import type { AnswerOf, InputOf, Operations, Reads } from '../operation.ts';
import { SILENT, StoreBase, type StoreLogger } from '../store-base.ts';
import { ListLanes, type ListWorker, sharedCell } from './list-lanes.ts';
import type { StoreStart, WriterSettings } from './protocol.ts';
import { type Ahead, WorkerLink } from './worker-link.ts';

export const LEASE_MS = 30_000;
/** Bounds the time that one commit keeps the ones after it waiting. */
const GROUP_LIMIT = 1_024;

/** A clock that is off by less is being corrected. */
const WORTH_SAYING_MS = 60_000;

/** They look at as many rows as there are, not at as many as they answer. */
const MAY_TAKE_LONG: ReadonlySet<keyof Reads> = new Set([
  'list',
  'countJobs',
  'queuePositions',
  'waitingBuckets',
  'waitingJobs',
  'listBatches',
  'countBatches',
  'listChats',
  'countChats',
  'idsWithPrefix',
  'files',
  'requestBatches',
  'residencies',
  'sampleSeries',
]);

/** What reads for the server itself, and for all callers together. */
const NOBODY: ReadScope = { caller: '' };

export interface ThreadedStoreOptions {
  readonly serverId: ServerId;
  readonly clock: Clock;
  /** How long others wait before they take this server for dead. */
  readonly leaseMs?: number;
  /** The most operations in one commit. */
  readonly groupLimit?: number;
  /** What single clients may take. Absent: no limits. */
  readonly clients?: ClientTable | undefined;
  readonly logger?: StoreLogger;
  /** One of its threads ended without being asked to, or the data are another server's by now: every call fails from now on, and only another store can go on. */
  readonly onDeath?: (error: VramkeeperError) => void;
}

/** The programs of its threads, and what they are told beside what every writer is. */
export interface ThreadPrograms {
  readonly writer: URL;
  readonly reader: URL;
  /** For one thread. */
  settings(role: 'writer' | 'reader'): { readonly own: object; readonly ports?: readonly MessagePort[] };
  /** When the threads have ended. */
  close?(): Promise<void>;
}

export class ThreadedStore extends StoreBase {
  readonly #options: ThreadedStoreOptions;
  readonly #programs: ThreadPrograms;
  #writer: WorkerLink<Operations> | undefined;
  #reader: WorkerLink<Reads> | undefined;
  /** The threads of lists: quick ones, then slow ones. */
  #listers: readonly ListWorker[] = [];
  #lists: ListLanes | undefined;
  #writeProblem: string | null = null;
  #setForwardMs = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(programs: ThreadPrograms, options: ThreadedStoreOptions) {
    super(options.clock, options.logger ?? SILENT, options.clients);
    this.#programs = programs;
    this.#options = options;
  }

  get setForwardMs(): number {
    return this.#setForwardMs;
  }

  get writeProblem(): string | null {
    return this.#writeProblem;
  }

  start(): Promise<void> {
    if (this.#stopping) return Promise.reject(new StoreClosedError('The store was stopped. Make another.'));
    this.#starting ??= this.#open();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  protected write<K extends keyof Operations>(
    kind: K,
    input: InputOf<Operations, K>,
    ahead?: Ahead<AnswerOf<Operations, K>>,
  ): Promise<AnswerOf<Operations, K>> {
    if (!this.#writer) return notStarted();
    return isOfJobs(input) ? this.#handOver(kind, input) : this.#writer.call(kind, input, { ahead });
  }

  protected read<K extends keyof Reads>(
    kind: K,
    input: InputOf<Reads, K>,
    scope: ReadScope = NOBODY,
  ): Promise<AnswerOf<Reads, K>> {
    if (!this.#reader || !this.#lists) return notStarted();
    return MAY_TAKE_LONG.has(kind) ? this.#lists.read(kind, input, scope) : this.#reader.call(kind, input);
  }

  /** The bytes of its blobs are its own, and no caller's. */
  async #handOver<K extends keyof Operations>(
    kind: K,
    input: InputOf<Operations, K> & OfJobs,
  ): Promise<AnswerOf<Operations, K>> {
    const { jobs, blobs } = input;
    const requests = jobs.map(({ request }) => request);
    const texts = hasLargeText(requests) ? await handedOver(requests) : null;
    // Only requests are taken back from bytes: nothing else of a job may be as large.
    const handed =
      texts && jobs.map((job, place) => ({ ...job, request: texts.value[place] ?? job.request }));
    const whole = handed ? { ...input, jobs: handed } : input;
    const images = [...blobs.values()].map(({ buffer }) => buffer as ArrayBuffer);
    const buffers = [...(texts?.buffers ?? []), ...images];
    return this.#writer ? this.#writer.call(kind, whole, { buffers }) : notStarted();
  }

  async #open(): Promise<void> {
    const { serverId, clients, leaseMs = LEASE_MS, groupLimit = GROUP_LIMIT } = this.#options;
    const clock = this.clock.reading();
    const settings: WriterSettings = { serverId, clients, leaseMs, groupLimit, clock };
    const link = (name: string, role: 'writer' | 'reader', abandoned = sharedCell()) => ({
      name,
      role,
      program: this.#programs[role],
      ...this.#settingsOf(role, { ...settings, abandoned }),
      now: () => this.clock.now(),
      onStart: (start: StoreStart) => this.#begin(start),
      onReport: (report: Parameters<typeof this.applyCommit>[0]) => this.applyCommit(report),
      onProblem: (problem: string | null) => this.#noteProblem(problem),
      onDeath: (error: VramkeeperError) => {
        this.logger.error(
          { worker: name, error: messageOf(error.cause ?? error) },
          'The store stopped working.',
        );
        this.#options.onDeath?.(error);
      },
    });
    this.#writer = new WorkerLink<Operations>({
      ...link('writer', 'writer'),
      onGathered: () => this.arrivals.gathered(),
    });
    try {
      await this.#writer.ready();
      await this.#openReaders(link);
    } catch (error) {
      await this.#stopThreads();
      throw error;
    }
  }

  /** Only now is there a database to read. */
  async #openReaders(
    link: (
      name: string,
      role: 'reader',
      abandoned?: Int32Array,
    ) => ConstructorParameters<typeof WorkerLink>[0],
  ): Promise<void> {
    this.#reader = new WorkerLink<Reads>(link('reader', 'reader'));
    const lister = (name: string): ListWorker => {
      const abandoned = sharedCell();
      return { link: new WorkerLink<Reads>(link(name, 'reader', abandoned)), abandoned };
    };
    const quick = lister('quick-lister');
    const slow = lister('slow-lister');
    this.#listers = [quick, slow];
    this.#lists = new ListLanes(quick, slow);
    await Promise.all(this.#readers().map((each) => each.ready()));
  }

  #settingsOf(role: 'writer' | 'reader', settings: object) {
    const { own, ports = [] } = this.#programs.settings(role);
    return { settings: { ...settings, ...own }, ports };
  }

  #begin({ at, setForwardMs }: StoreStart): void {
    this.#setForwardMs = setForwardMs;
    const aheadMs = at - wallNow(this.clock);
    if (aheadMs > WORTH_SAYING_MS)
      this.logger.warn(
        {},
        `The clock of this machine is ${Math.round(aheadMs / 1_000)} s behind what an earlier start has seen. Times are shown as if it had not been set back.`,
      );
    this.clock.goOnFrom(at);
  }

  #noteProblem(problem: string | null): void {
    if ((problem === null) !== (this.#writeProblem === null)) {
      if (problem) this.logger.error({ problem }, 'Nothing can be stored.');
      else this.logger.warn({}, 'Everything can be stored again.');
    }
    this.#writeProblem = problem;
  }

  #readers(): readonly WorkerLink<Reads>[] {
    return [...(this.#reader ? [this.#reader] : []), ...this.#listers.map((lister) => lister.link)];
  }

  async #close(): Promise<void> {
    // A start that failed has told its caller; what it opened is closed all the same.
    await this.#starting?.catch(() => {});
    await this.#stopThreads();
  }

  async #stopThreads(): Promise<void> {
    await Promise.all(this.#readers().map((each) => each.stop()));
    await this.#writer?.stop();
    await this.#programs.close?.();
  }
}

function notStarted(): Promise<never> {
  return Promise.reject(new StoreClosedError('The store is not started.'));
}

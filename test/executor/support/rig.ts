/** An executor over a store on disk and one instance of a virtual Ollama, without the scheduler: the test decides what is claimed, and when. */

import { createOllamaBackend } from '../../../src/backend/ollama/ollama-backend.ts';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import type { Backend, LoadSpec } from '../../../src/domain/backend.ts';
import type { JobId } from '../../../src/domain/ids.ts';
import { NO_COURSE } from '../../../src/domain/job-course.ts';
import type { JobRequest, ModelOptions } from '../../../src/domain/request.ts';
import type { Store, Submission } from '../../../src/domain/store.ts';
import { JobEnds } from '../../../src/events/job-ends.ts';
import { OutputHub } from '../../../src/events/output-hub.ts';
import type { ExecutorReports } from '../../../src/executor/dependencies.ts';
import { Executor } from '../../../src/executor/executor.ts';
import { createLoggerOn } from '../../../src/telemetry/logger.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { specOf, variantOf } from '../../backend/ollama/worlds.ts';
import { claimOf, INSTANCE, newJob, submission } from '../../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from '../../store/support/stores.ts';
import { eventually } from '../../support/eventually.ts';

export const MODEL = 'smollm:360m';

/** Says what runs began. */
class WatchedOutputs extends OutputHub {
  readonly opened: string[] = [];

  override open(jobId: string, attempt: number): void {
    this.opened.push(`${jobId}/${attempt}`);
    super.open(jobId, attempt);
  }
}

export class ExecutorRig implements AsyncDisposable {
  readonly executor: Executor;
  readonly outputs = new WatchedOutputs();
  readonly ends: JobEnds;
  /** Jobs whose claim the executor has reported as left, in order. */
  readonly left: JobId[] = [];
  /** The jobs of each claim that was answered, in order. */
  readonly claimed: (readonly JobId[])[] = [];
  readonly store: Store;
  readonly #backend: Backend;
  readonly #ollama: RunningVirtualOllama;
  readonly #end: () => Promise<void>;
  /** It is told of no commits any more, as an executor whose server lost its network. */
  isCutOff = false;
  #nextClaim = 1;
  #isLoaded = false;

  private constructor(parts: {
    readonly store: Store;
    readonly executorStore: Store;
    readonly backend: Backend;
    readonly ollama: RunningVirtualOllama;
    /** Of what others may use, too. */
    readonly end: () => Promise<void>;
  }) {
    this.store = parts.store;
    this.#backend = parts.backend;
    this.#ollama = parts.ollama;
    this.#end = parts.end;
    const reports: ExecutorReports = {
      claimed: (_number, jobs) => {
        this.claimed.push(jobs);
      },
      left: ({ jobId }) => {
        this.left.push(jobId);
      },
      answered: () => {},
      answerBegan: () => {},
      loaded: () => {
        this.#isLoaded = true;
      },
      loadFailed: () => {},
      unloaded: () => {},
    };
    this.ends = new JobEnds(this.store);
    this.executor = new Executor({
      store: parts.executorStore,
      backends: new Map([[parts.backend.id, parts.backend]]),
      contexts: { larger: () => null },
      unmetBy: () => null,
      outputs: this.outputs,
      ends: this.ends,
      courses: { outputBegan: () => {}, ended: () => NO_COURSE },
      clock: systemClock,
      random: systemRandom,
      logger: createLoggerOn({ write: () => {} }, 'silent', systemClock),
      reports,
    });
    this.store.onCommit((changes) => {
      if (this.isCutOff) return;
      this.executor.jobsChanged(changes);
      this.ends.jobsChanged(changes);
    });
  }

  /** @param wrap the store as the executor sees it, to make it fail. */
  static async start(wrap: (store: Store) => Store = (store) => store): Promise<ExecutorRig> {
    const directory = await temporaryDirectory();
    const store = await openStore(directory.path);
    const ollama = await runVirtualOllama({ speed: 20, tokensPerSecond: 0.5, numParallel: 4 });
    const backend = createOllamaBackend({ name: 'box', url: ollama.url, clock: systemClock });
    await backend.start();
    return new ExecutorRig({
      store,
      executorStore: wrap(store),
      backend,
      ollama,
      end: async () => {
        await store.stop();
        await ollama.stop();
        await directory.remove();
      },
    });
  }

  /** Another executor on the same store and the same Ollama. */
  static async beside(first: ExecutorRig): Promise<ExecutorRig> {
    const { store } = first;
    const ollama = first.#ollama;
    const backend = createOllamaBackend({ name: 'box', url: ollama.url, clock: systemClock });
    await backend.start();
    return new ExecutorRig({ store, executorStore: store, backend, ollama, end: async () => {} });
  }

  async #spec(): Promise<LoadSpec> {
    const models = await this.#backend.library.list(new AbortController().signal);
    const weights = models.find(({ name }) => name === MODEL)?.weights ?? '';
    return specOf(
      variantOf(MODEL, { weights, contextLength: 2048, options: { num_ctx: 2048, num_gpu: 999 } }),
    );
  }

  /** Begins to load the one instance; jobs can be claimed for it from now on. */
  async load(): Promise<void> {
    this.executor.load(INSTANCE, this.#backend.id, await this.#spec(), 1_000);
  }

  /** Resolves when the instance takes jobs. */
  async ready(): Promise<void> {
    await this.load();
    await this.loaded();
  }

  loaded(): Promise<void> {
    return this.until(() => this.#isLoaded);
  }

  /** Submits jobs that speak until they are stopped, unless told otherwise. */
  async submit(
    count: number,
    blobs: Submission['blobs'] = new Map(),
    maxTokens = 100_000,
    options: ModelOptions = {},
  ): Promise<readonly JobId[]> {
    const request: JobRequest = {
      kind: 'GENERATE',
      prompt: 'Tell me everything.',
      options: { maxTokens, ...options },
      images: [...blobs.keys()],
    };
    const jobs = Array.from({ length: count }, () => newJob({ modelName: MODEL, request }));
    const outcome = await this.store.submit(submission(jobs, { blobs }));
    if (outcome.kind !== 'accepted') throw new Error(`The submission was not accepted: ${outcome.kind}.`);
    return outcome.jobs.map(({ id }) => id);
  }

  claim(count = 1, as: 'QUEUED' | 'RUNNING' = 'RUNNING'): void {
    const { picks } = claimOf(count, { model: MODEL });
    this.executor.claim(this.#nextClaim++, INSTANCE, 'box', { as, picks });
  }

  /** Resolves when `condition` holds; looked at after every commit and report. */
  async until(condition: () => boolean): Promise<void> {
    await eventually(condition);
  }

  /** The engine process of the instance dies. */
  killEngine(): void {
    for (const runner of this.#ollama.core.scheduler.runners())
      runner.engine.die('an error was encountered while running the model: unexpected EOF');
  }

  /** Requests that the virtual Ollama answers at this moment. */
  get requestsUnderWay(): number {
    return this.#ollama.core.scheduler.runners().reduce((sum, runner) => sum + runner.references, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.executor.stop(0);
    await this.#backend.stop();
    await this.#end();
  }
}

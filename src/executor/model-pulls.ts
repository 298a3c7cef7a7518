/** Downloads of models: one at a time for a model and backend, each told to the event log as it gets on. */
import type { Clock, Random, Timer } from '../clock.ts';
import type { Backend } from '../domain/backend.ts';
import { messageOf } from '../domain/errors.ts';
import type { EventPublisher } from '../domain/events.ts';
import { type BackendId, newId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ModelPull, ModelPullId } from '../domain/model-operations.ts';
import { type RecordSink, SUCCESS } from '../domain/model-operations.ts';
import type { Logger } from '../telemetry/logger.ts';
import { PullEndedError } from './pull-ended.ts';
import { PullTally } from './pull-tally.ts';
import type { ReplacedWeights } from './replaced-weights.ts';
import { unlessAborted } from './unless-aborted.ts';

/** At most five events a second of each: more would only push the jobs' out of the log. */
const TELL_EVERY_MS = 200;
const KEEP_MS = 60 * 60_000;
const KEEP_AT_MOST = 100;

/** As much of a backend as a download is about. */
export type PullBackend = Pick<Backend, 'id' | 'name' | 'names' | 'library'>;

export interface ModelPullsDependencies {
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Resolves when it is known what the backend has now. Never rejects. */
  readonly refresh: (backendId: BackendId, signal: AbortSignal) => Promise<void>;
  /** Watches over what is in memory of a model that is being pulled. */
  readonly replaced: (backend: PullBackend, canonicalName: string) => ReplacedWeights;
}

/** One download, running or ended. */
interface PullRecord {
  /** As it is now; what the event log has may be up to TELL_EVERY_MS older. */
  pull: ModelPull;
  readonly key: string;
  readonly tally: PullTally;
  readonly controller: AbortController;
  /** Of the clock's monotonic time. */
  toldAt: number;
  timer: Timer | null;
  ended: Promise<void>;
  /** Why it failed; null while it did not. */
  failure: unknown;
  /** It goes on although nobody follows it. */
  kept: boolean;
  readonly followers: Set<RecordSink>;
  /** The last that was told, for who joins. */
  latest: JsonObject | null;
}

export class ModelPulls {
  readonly #deps: ModelPullsDependencies;
  /** In order of their start. */
  readonly #records = new Map<ModelPullId, PullRecord>();

  constructor(deps: ModelPullsDependencies) {
    this.#deps = deps;
  }

  find(id: ModelPullId): ModelPull | null {
    this.#forgetOld();
    return this.#records.get(id)?.pull ?? null;
  }

  /** Newest first. */
  all(): readonly ModelPull[] {
    this.#forgetOld();
    return [...this.#records.values()].map(({ pull }) => pull).reverse();
  }

  /** Starts a download, or answers the one under way. It goes on whether it is followed or not. */
  start(backend: PullBackend, modelName: string): ModelPull {
    const record = this.#running(backend, modelName) ?? this.#begin(backend, modelName, false);
    record.kept = true;
    return record.pull;
  }

  /**
   * Tells each record of a download, begun now or under way, and resolves when it has succeeded. The last who leaves ends it, unless it was
   * started to be kept.
   * @throws what it failed with, or the signal's reason
   */
  async follow(
    backend: PullBackend,
    modelName: string,
    insecure: boolean,
    onRecord: RecordSink,
    signal: AbortSignal,
  ): Promise<void> {
    const record = this.#running(backend, modelName) ?? this.#begin(backend, modelName, insecure);
    // Two may give the same function.
    const follower: RecordSink = (one) => onRecord(one);
    record.followers.add(follower);
    if (record.latest) follower(record.latest);
    try {
      await unlessAborted(record.ended, signal);
    } finally {
      record.followers.delete(follower);
      if (!record.kept && record.followers.size === 0)
        record.controller.abort(new PullEndedError('Nobody waits for it any more.'));
    }
    if (record.failure !== null) throw record.failure;
  }

  #begin(backend: PullBackend, modelName: string, insecure: boolean): PullRecord {
    const { clock, random } = this.#deps;
    const tally = new PullTally();
    const record: PullRecord = {
      pull: {
        id: newId('pul', clock, random),
        backendId: backend.id,
        modelName,
        status: 'RUNNING',
        ...tally.figures,
        error: null,
        startedAt: clock.now(),
        finishedAt: null,
      },
      key: keyOf(backend, modelName),
      tally,
      controller: new AbortController(),
      toldAt: Number.NEGATIVE_INFINITY,
      timer: null,
      ended: Promise.resolve(),
      failure: null,
      kept: false,
      followers: new Set(),
      latest: null,
    };
    this.#records.set(record.pull.id, record);
    this.#forgetOld();
    this.#tell(record);
    record.ended = this.#run(record, backend, insecure);
    return record;
  }

  /** Ends a download by its id; answers it when it is over. Null when there is none, or no more. */
  async cancelOne(id: ModelPullId, reason: Error): Promise<ModelPull | null> {
    const record = this.#records.get(id);
    if (!record) return null;
    if (record.pull.status === 'RUNNING') record.controller.abort(reason);
    await record.ended;
    return record.pull;
  }

  /** Ends the download of a model, if there is one; resolves with whether there was, when it is over. */
  async cancel(backend: PullBackend, modelName: string, reason: Error): Promise<boolean> {
    const record = this.#running(backend, modelName);
    if (!record) return false;
    record.controller.abort(reason);
    await record.ended;
    return true;
  }

  /** Ends every download; resolves when all are over and told. */
  async stop(reason: Error): Promise<void> {
    const running = [...this.#records.values()].filter(({ pull }) => pull.status === 'RUNNING');
    for (const { controller } of running) controller.abort(reason);
    await Promise.all(running.map(({ ended }) => ended));
  }

  #running(backend: PullBackend, modelName: string): PullRecord | undefined {
    const key = keyOf(backend, modelName);
    return [...this.#records.values()].find((one) => one.key === key && one.pull.status === 'RUNNING');
  }

  async #run(record: PullRecord, backend: PullBackend, insecure: boolean): Promise<void> {
    const { refresh, logger } = this.#deps;
    const { modelName } = record.pull;
    const { signal } = record.controller;
    logger.info(`Pulling ${modelName} on ${backend.name}.`);
    using replaced = this.#deps.replaced(backend, backend.names.canonical(modelName));
    try {
      await backend.library.pull(
        modelName,
        (progress, raw) => {
          record.latest = raw;
          if (raw.status !== SUCCESS) for (const follower of record.followers) follower(raw);
          record.pull = { ...record.pull, ...record.tally.add(progress) };
          this.#tellSoon(record);
          replaced.see(progress).catch((error) => {
            if (!signal.aborted)
              logger.warn(`What is loaded of ${modelName} could not be unloaded: ${messageOf(error)}`);
          });
        },
        signal,
        insecure,
      );
    } catch (error) {
      record.failure = error;
      logger.warn(`${modelName} could not be pulled on ${backend.name}: ${messageOf(error)}`);
      this.#end(record, { status: 'FAILED', error: messageOf(error) });
      return;
    }
    // Whoever hears of the success finds the model.
    await refresh(backend.id, signal);
    if (record.latest) for (const follower of record.followers) follower(record.latest);
    logger.info(`${modelName} was pulled on ${backend.name}.`);
    this.#end(record, {
      status: 'SUCCEEDED',
      completedBytes: record.pull.totalBytes ?? record.pull.completedBytes,
    });
  }

  #end(record: PullRecord, how: Partial<ModelPull>): void {
    record.pull = { ...record.pull, ...how, finishedAt: this.#deps.clock.now() };
    this.#tell(record);
  }

  #tell(record: PullRecord): void {
    record.timer?.cancel();
    record.timer = null;
    record.toldAt = this.#deps.clock.monotonic();
    this.#deps.events.publish({ kind: 'pull', pull: record.pull }, this.#deps.clock.now());
  }

  #tellSoon(record: PullRecord): void {
    if (record.timer) return;
    const restMs = record.toldAt + TELL_EVERY_MS - this.#deps.clock.monotonic();
    if (restMs <= 0) this.#tell(record);
    else record.timer = this.#deps.clock.after(restMs, () => this.#tell(record));
  }

  #forgetOld(): void {
    const now = this.#deps.clock.now();
    const ended = [...this.#records.values()].filter(({ pull }) => pull.finishedAt !== null);
    const tooMany = ended.length - KEEP_AT_MOST;
    for (const [index, { pull }] of ended.entries()) {
      if (index < tooMany || now - (pull.finishedAt ?? now) > KEEP_MS) this.#records.delete(pull.id);
    }
  }
}

function keyOf({ id, names }: PullBackend, modelName: string): string {
  return `${id} ${names.canonical(modelName)}`;
}

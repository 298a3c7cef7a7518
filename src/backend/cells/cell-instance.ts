/** A loaded cell, as those see it who run jobs on it. */
import { type Clock, sleep } from '../../clock.ts';
import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import { BackendError, EngineDiedError, NotSentError } from '../../domain/errors.ts';
import type { CellId } from '../../domain/ids.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Variant } from '../../domain/model.ts';
import { wasNeverSent } from '../ollama/transport-error.ts';
import type { Cell, Occupant } from './cell.ts';
import { startFailure } from './failures.ts';

/** What the backend does for its instances. */
export interface InstanceKeeper<C extends Cell> {
  readonly clock: Clock;
  /** Makes the cell know the name that a job gives its model, before anything is sent. @throws BackendError */
  introduce(cell: C, modelName: string, signal: AbortSignal): Promise<void>;
  /** Sends a request and reads its answer. @throws BackendError, or the signal's reason */
  answer(
    cell: C,
    variant: Variant,
    run: RunRequest,
    sink: OutputSink,
    signal: AbortSignal,
  ): Promise<JobResult>;
  /** Its engine is gone: it takes no more requests and ends. */
  lost(cell: C, why: string): void;
  /** Resolves when nothing of it is left. */
  end(cell: C, why: string): Promise<void>;
  /** A request has ended. */
  idle(cell: C): void;
}

const LOOKS = 4;
/** A process that is ending closes its connections a moment before it is seen to be dead. */
const LOOK_AGAIN_MS = 15;

export class CellInstance<C extends Cell> implements InstanceHandle {
  readonly variant: Variant;
  readonly measured: InstanceHandle['measured'];
  readonly #cell: C;
  readonly #occupant: Occupant;
  readonly #keeper: InstanceKeeper<C>;

  constructor(cell: C, occupant: Occupant, variant: Variant, keeper: InstanceKeeper<C>) {
    this.#cell = cell;
    this.#occupant = occupant;
    this.#keeper = keeper;
    this.variant = variant;
    const { sizeBytes, vramBytes } = occupant;
    this.measured = occupant.isExpected ? null : { sizeBytes, vramBytes };
  }

  get cellId(): CellId {
    return this.#cell.id;
  }

  async run(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    signal.throwIfAborted();
    const cell = this.#cell;
    cell.runs += 1;
    let sent = false;
    try {
      await this.#keeper.introduce(cell, request.modelName, signal);
      // Last before the request: an engine that was killed while idle would be loaded again by it, unseen.
      this.#requireEngine();
      sent = true;
      const told: OutputSink = (record) => {
        cell.hangWatch.sign();
        sink(record);
      };
      return await this.#send(request, told, signal);
    } catch (error) {
      if (signal.aborted || !(await this.#isLost(error))) throw error;
      // What it was given may be what it died of, and must not kill one engine after the other for ever.
      const options = { cause: error };
      if (!sent || wasNeverSent(error)) throw new NotSentError(this.#lossMessage(), options);
      throw new EngineDiedError('ENGINE_DIED', 'retry', this.#lossMessage(), options);
    } finally {
      cell.runs -= 1;
      this.#keeper.idle(cell);
    }
  }

  async unload(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await this.#keeper.end(this.#cell, 'It was unloaded.');
    } catch (error) {
      throw startFailure(error);
    }
  }

  async #send(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const ended = this.#cell.hangWatch.begin();
    try {
      return await this.#keeper.answer(this.#cell, this.variant, request, sink, signal);
    } finally {
      ended();
    }
  }

  #requireEngine(): void {
    const cell = this.#cell;
    if (!this.#isThere()) this.#keeper.lost(cell, 'Its engine process is gone.');
    if (cell.closedBecause !== null) throw new NotSentError(this.#lossMessage());
  }

  #isThere(): boolean {
    return this.#cell.process.state === 'READY' && this.#cell.cpuTicks !== null;
  }

  async #isLost(error: unknown): Promise<boolean> {
    if (!(error instanceof BackendError) || error.remedy === 'none') return false;
    for (let look = 1; this.#isThere(); look += 1) {
      if (look === LOOKS) return false;
      await sleep(this.#keeper.clock, LOOK_AGAIN_MS);
    }
    this.#keeper.lost(this.#cell, 'Its engine process died.');
    return true;
  }

  #lossMessage(): string {
    const { exit } = this.#cell.process;
    const why = (exit?.asked ? null : exit?.why) ?? this.#cell.closedBecause ?? 'It ended.';
    return `The instance of ${this.#occupant.modelName} is gone. ${why} The job runs on another one.`;
  }
}

/** For an instance that is there no more, or never was: it only can be let go. */
export class VanishedInstance implements InstanceHandle {
  readonly variant: Variant;
  readonly measured = null;
  readonly #end: () => Promise<void>;

  /** @param end of what may be left of it. */
  constructor(variant: Variant, end: () => Promise<void>) {
    this.variant = variant;
    this.#end = end;
  }

  async run(): Promise<JobResult> {
    throw new NotSentError(`The instance of ${this.variant.modelName} is gone. The job runs on another one.`);
  }

  async unload(): Promise<void> {
    try {
      await this.#end();
    } catch (error) {
      throw startFailure(error);
    }
  }
}

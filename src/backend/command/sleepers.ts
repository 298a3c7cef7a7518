/**
 * Cells whose server has put its model to sleep: vLLM keeps the weights in host memory, and gives the cards back but for a driver's part.
 * To wake one is a load that reads no file.
 */
import { type Clock, sleep } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { startNote } from '../cells/note.ts';
import { StallWatch } from '../ollama/stall-watch.ts';
import type { CommandCell } from './command-cell.ts';
import type { LoadedNote } from './note.ts';
import { sleepState } from './server-look.ts';

const POLL_MS = 50;

export interface SleepersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changed: () => void;
  /** As in `CommandDeadlines`. */
  readonly sleepMs: number;
}

export class Sleepers {
  readonly #options: SleepersOptions;
  /** With what each is when it is awake. */
  readonly #cells = new Map<CommandCell, LoadedNote>();
  /** Those of them that a load has taken: no other load takes one, or ends it. */
  readonly #waking = new Set<CommandCell>();

  constructor(options: SleepersOptions) {
    this.#options = options;
  }

  get cells(): readonly CommandCell[] {
    return [...this.#cells.keys()];
  }

  /** Resolves when its cards are free, with false where it would not: it is to be ended then. */
  async putToSleep(cell: CommandCell, awake: LoadedNote, signal: AbortSignal): Promise<boolean> {
    const { clock, logger, changed, sleepMs } = this.#options;
    const { modelName } = awake;
    const late = () => new Error(`its server did not say within ${sleepMs / 1000} s that it sleeps.`);
    using watch = new StallWatch(clock, sleepMs, late);
    const either = AbortSignal.any([signal, watch.signal]);
    try {
      await cell.connection.command('/sleep?level=1', either);
      while (!(await sleepState(cell.connection, either))) await sleep(clock, POLL_MS, either);
      // Whoever finds it after a crash of ours ends it: it holds nothing that could be taken over as it is.
      const purpose = { role: 'warm', modelName, reason: 'It sleeps.' } as const;
      await cell.process.setNote(startNote(cell.plan, purpose));
    } catch (error) {
      logger.warn(`${modelName} could not be put to sleep, and is ended: ${messageOf(error)}`);
      return false;
    }
    cell.role = 'warm';
    this.#cells.set(cell, awake);
    cell.process.died.then(() => {
      if (this.#cells.delete(cell)) changed();
    });
    return true;
  }

  get #sleeping(): readonly CommandCell[] {
    return this.cells.filter((cell) => !this.#waking.has(cell));
  }

  /** The one that is what a start would make, awake; null when there is none, or it would not wake. Others of its model end. */
  async wake(key: string, modelName: string, signal: AbortSignal): Promise<CommandCell | null> {
    const cell = this.#sleeping.find((each) => each.key === key && each.isServing);
    const others = this.#sleeping.filter((each) => each !== cell && each.modelName === modelName);
    if (cell) this.#waking.add(cell);
    try {
      for (const other of others) await this.#end(other, 'Its model is loaded otherwise.');
      return cell ? await this.#woken(cell, modelName, signal) : null;
    } finally {
      if (cell) this.#waking.delete(cell);
    }
  }

  async #woken(cell: CommandCell, modelName: string, signal: AbortSignal): Promise<CommandCell | null> {
    const { clock, logger } = this.#options;
    const awake = this.#cells.get(cell);
    if (!awake) return null;
    try {
      await cell.connection.command('/wake_up', signal);
      while (await sleepState(cell.connection, signal)) await sleep(clock, POLL_MS, signal);
      await cell.process.setNote(awake);
    } catch (error) {
      await this.#end(cell, 'It did not wake.');
      if (signal.aborted) throw signal.reason;
      logger.warn(`${modelName} did not wake, and is started anew: ${messageOf(error)}`);
      return null;
    }
    this.#cells.delete(cell);
    cell.role = 'instance';
    return cell;
  }

  /** What they still hold is wanted. */
  async endAll(why: string): Promise<void> {
    await Promise.all(this.#sleeping.map((cell) => this.#end(cell, why)));
  }

  async #end(cell: CommandCell, why: string): Promise<void> {
    this.#cells.delete(cell);
    await cell.end(why).catch((error: unknown) => this.#options.logger.warn(messageOf(error)));
    this.#options.changed();
  }
}

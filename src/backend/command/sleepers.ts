/**
 * Cells whose server has put its model to sleep: vLLM keeps the weights in host memory, and gives the cards back but for a driver's part.
 * To wake one is a load that reads no file.
 */
import { type Clock, sleep } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { startNote } from '../cells/note.ts';
import type { CommandCell } from './command-cell.ts';
import type { LoadedNote } from './note.ts';
import { sleepState } from './server-look.ts';

const POLL_MS = 50;

export interface SleepersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changed: () => void;
}

export class Sleepers {
  readonly #options: SleepersOptions;
  /** With what each is when it is awake. */
  readonly #cells = new Map<CommandCell, LoadedNote>();

  constructor(options: SleepersOptions) {
    this.#options = options;
  }

  get cells(): readonly CommandCell[] {
    return [...this.#cells.keys()];
  }

  /** Resolves when its cards are free, with false where it would not: it is to be ended then. */
  async putToSleep(cell: CommandCell, awake: LoadedNote, signal: AbortSignal): Promise<boolean> {
    const { clock, logger, changed } = this.#options;
    const { modelName } = awake;
    try {
      await cell.connection.command('/sleep?level=1', signal);
      while (!(await sleepState(cell.connection, signal))) await sleep(clock, POLL_MS, signal);
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

  /** The one that is what a start would make, awake; null when there is none, or it would not wake. Others of its model end. */
  async wake(key: string, modelName: string, signal: AbortSignal): Promise<CommandCell | null> {
    const { clock, logger } = this.#options;
    const cell = this.cells.find((each) => each.key === key && each.isServing);
    for (const other of this.cells)
      if (other !== cell && other.modelName === modelName)
        await this.#end(other, 'Its model is loaded otherwise.');
    const awake = cell && this.#cells.get(cell);
    if (!cell || !awake) return null;
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
    await Promise.all(this.cells.map((cell) => this.#end(cell, why)));
  }

  async #end(cell: CommandCell, why: string): Promise<void> {
    this.#cells.delete(cell);
    await cell.end(why).catch((error: unknown) => this.#options.logger.warn(messageOf(error)));
    this.#options.changed();
  }
}

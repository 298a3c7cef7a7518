/** The cells that load or hold a model, from their start to their end: which are of use, and which are lost. */
import type { Clock, Timer } from '../../clock.ts';
import type { BackendChange, Resident } from '../../domain/backend.ts';
import type { ModelInfo } from '../../domain/model.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Cell, Occupant } from './cell.ts';

/** Between two looks at the engines. */
const ENGINE_POLL_MS = 250;

export interface ModelCellsOptions {
  /** Of the backend. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changed: (what: BackendChange) => void;
  readonly hangMs: number;
}

export class ModelCells<C extends Cell = Cell> {
  readonly #options: ModelCellsOptions;
  readonly #changed: ModelCellsOptions['changed'];
  readonly #cells = new Set<C>();
  /** By canonical name, as of the last list; empty before the first. */
  #weights: ReadonlyMap<string, string> = new Map();
  /** Cells whose weights the last list did not have: one list alone may have met a half-written manifest. */
  #doubted: ReadonlySet<C> = new Set();
  #poll: Timer | undefined;

  constructor(options: ModelCellsOptions) {
    this.#options = options;
    this.#changed = options.changed;
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#cells[Symbol.iterator]();
  }

  /** Looks at the engines from now on, until `unwatch`. */
  watch(): void {
    this.#poll = this.#options.clock.after(ENGINE_POLL_MS, () => {
      this.lookAtEngines();
      this.watch();
    });
  }

  unwatch(): void {
    this.#poll?.cancel();
  }

  add(cell: C): void {
    this.#cells.add(cell);
    cell.process.died.then((exit) => {
      if (!exit.asked) this.lost(cell, exit.why);
    });
  }

  residents(): readonly Resident[] {
    return [...this.#cells].flatMap((cell) => {
      const modelName = cell.occupant && this.#currentName(cell.occupant);
      return modelName && cell.resident ? { ...cell.resident, modelName } : [];
    });
  }

  lookAtEngines(): void {
    for (const cell of this.#cells) {
      if (!cell.occupant || cell.closedBecause !== null) continue;
      const { cpuTicks } = cell;
      const { hangMs } = this.#options;
      if (cpuTicks === null) this.lost(cell, 'Its engine process died.');
      else if (cell.hangWatch.silentMs(cpuTicks) >= hangMs)
        this.lost(cell, `Its engine hangs: it had a request, and did nothing for ${hangMs / 1000} s.`);
    }
  }

  /** The cell would load the engine again by itself with its next request: it gets none any more, and ends. */
  lost(cell: C, why: string): void {
    if (!this.#cells.has(cell) || cell.closedBecause !== null) return;
    cell.closedBecause = why;
    cell.isLost = true;
    const { name, logger } = this.#options;
    logger.warn(`The instance of ${cell.modelName} on ${name} is lost. ${why}`, { cell: cell.id });
    this.#changed('service');
    this.#endSoon(cell, why);
  }

  /** Resolves when nothing of it is left. @throws ProcessStuckError */
  async end(cell: C, why: string): Promise<void> {
    await cell.end(why);
    if (this.#cells.delete(cell)) this.#changed('cells');
  }

  /** It holds nothing that can be used for a while, and lives on. */
  release(cell: C): void {
    if (this.#cells.delete(cell)) this.#changed('cells');
  }

  /** What is in memory of a model that was replaced or deleted takes no new requests, and goes when it has none. */
  follow(models: readonly ModelInfo[]): void {
    this.#weights = new Map(models.map((model) => [model.name, model.weights]));
    const present = new Set(this.#weights.values());
    const doubted = new Set<C>();
    for (const cell of this.#cells) {
      const { occupant } = cell;
      if (!occupant || cell.closedBecause !== null || present.has(occupant.weights)) continue;
      if (!this.#doubted.has(cell)) {
        doubted.add(cell);
        continue;
      }
      cell.closedBecause = `${occupant.modelName} was replaced or deleted in the model folder.`;
      this.#changed('service');
      this.endIfRetired(cell);
    }
    this.#doubted = doubted;
  }

  endIfRetired(cell: C): void {
    if (cell.closedBecause !== null && cell.runs === 0) this.#endSoon(cell, cell.closedBecause);
  }

  /** By which these weights are known now; null when their name means other ones, as nobody may take them for those. */
  #currentName({ modelName, weights }: Occupant): string | null {
    const known = this.#weights.get(modelName);
    if (known === weights) return modelName;
    const other = [...this.#weights].find(([, each]) => each === weights);
    return other ? other[0] : known === undefined ? modelName : null;
  }

  #endSoon(cell: C, why: string): void {
    // The supervisor goes on trying; that it could not is in the log already.
    this.end(cell, why).then(
      () => this.#changed('service'),
      () => {},
    );
  }
}

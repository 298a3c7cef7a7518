/** Cells without a model that stand ready, so that a load need not wait for a start. */
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Cell } from './cell.ts';
import type { CellPlan } from './cell-plan.ts';
import type { CellStarter } from './cell-starter.ts';
import { SERVER_STOPS } from './failures.ts';
import type { CellPurpose } from './note.ts';

const STAND_BY: CellPurpose = {
  role: 'warm',
  modelName: null,
  reason: 'It stands ready for the next load.',
};

export interface WarmCellsOptions {
  readonly starter: CellStarter;
  /** For each place: a card, or the host where there is none. */
  readonly perPlace: number;
  readonly logger: Logger;
  readonly changed: () => void;
}

export class WarmCells {
  readonly #options: WarmCellsOptions;
  readonly #cells = new Set<Cell>();
  readonly #fills = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(options: WarmCellsOptions) {
    this.#options = options;
  }

  get cells(): readonly Cell[] {
    return [...this.#cells];
  }

  /** One that is what a start would make; null when there is none. */
  take(key: string): Cell | null {
    for (const cell of this.#cells) {
      if (cell.key !== key || !cell.isServing) continue;
      this.#cells.delete(cell);
      return cell;
    }
    return null;
  }

  /** For people: why `take` had none for this plan. */
  missReason(plan: CellPlan): string {
    const { perPlace } = this.#options;
    if (perPlace === 0) return 'None is kept ready (`warmCells` is 0).';
    if (plan.gpus.length > 1) return 'None is kept ready for several cards.';
    const place = placeOf(plan);
    if (this.cells.some((cell) => cell.isServing && placeOf(cell.plan) === place)) {
      return 'The one that stood ready has other settings.';
    }
    return this.#fills.has(place) ? 'The next one to stand ready was not there yet.' : 'None stood ready.';
  }

  /** Sees to it that enough cells like the one that was used last stand ready in its place; those of other kinds there end. */
  fill(plan: CellPlan, key: string): void {
    // A plan over several cards is for one large model: what it needs next is not known.
    if (plan.gpus.length > 1 || this.#stopped.signal.aborted) return;
    const place = placeOf(plan);
    const before = this.#fills.get(place) ?? Promise.resolve();
    const filled = before
      .then(() => this.#fill(place, plan, key))
      .catch((error: unknown) => {
        if (this.#stopped.signal.aborted) return;
        this.#options.logger.warn(`No server process stands ready for the next load: ${messageOf(error)}`);
      })
      .finally(() => {
        if (this.#fills.get(place) === filled) this.#fills.delete(place);
      });
    this.#fills.set(place, filled);
  }

  /** Resolves when no start is under way. */
  async settled(): Promise<void> {
    while (this.#fills.size > 0) await Promise.all(this.#fills.values());
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The backend was stopped.'));
    await this.settled();
    await Promise.all([...this.#cells].map((cell) => this.#end(cell, SERVER_STOPS)));
  }

  async #fill(place: string, plan: CellPlan, key: string): Promise<void> {
    const { perPlace, starter } = this.#options;
    const there = () => [...this.#cells].filter((cell) => placeOf(cell.plan) === place);
    await Promise.all(
      there()
        .filter((cell) => cell.key !== key)
        .map((cell) => this.#end(cell, 'The next load there is more likely to want other settings.')),
    );
    while (there().length < perPlace && !this.#stopped.signal.aborted) {
      this.#keep(await starter.start(plan, STAND_BY, this.#stopped.signal));
    }
  }

  #keep(cell: Cell): void {
    this.#cells.add(cell);
    this.#options.changed();
    cell.process.died.then(() => {
      if (cell.role === 'warm') void this.#end(cell, 'It died.');
    });
  }

  async #end(cell: Cell, why: string): Promise<void> {
    this.#cells.delete(cell);
    await cell.end(why).catch((error: unknown) => this.#options.logger.warn(messageOf(error)));
    this.#options.changed();
  }
}

function placeOf(plan: CellPlan): string {
  return plan.gpus.map(({ key }) => key).join(',');
}

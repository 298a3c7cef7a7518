/** Cells without a model that stand ready, so that a load need not wait for a start. */
import { type Clock, sleep } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CellPlan } from '../cells/cell-plan.ts';
import { SERVER_STOPS } from '../cells/failures.ts';
import type { CellPurpose } from '../cells/note.ts';
import type { CellStarter } from './cell-starter.ts';
import type { OllamaCell } from './ollama-cell.ts';

const STAND_BY: CellPurpose = {
  role: 'warm',
  modelName: null,
  reason: 'It stands ready for the next load.',
};

/** A start takes processor time, and the load that took the last one is starting its engine just then. */
const PAUSE_MS = 250;

export interface WarmCellsOptions {
  readonly starter: CellStarter;
  /** For each place: a card, or the host where there is none. */
  readonly perPlace: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changed: () => void;
}

/** A cell that is being started to stand ready. */
interface Beginning {
  readonly key: string;
  readonly cell: Promise<OllamaCell>;
  /** A load waits for it already. */
  taken: boolean;
}

export class WarmCells {
  readonly #options: WarmCellsOptions;
  readonly #cells = new Set<OllamaCell>();
  readonly #beginnings = new Set<Beginning>();
  readonly #fills = new Map<string, Promise<void>>();
  /** Places that have had a cell, or are about to. */
  readonly #begun = new Set<string>();
  readonly #stopped = new AbortController();

  constructor(options: WarmCellsOptions) {
    this.#options = options;
  }

  get cells(): readonly OllamaCell[] {
    return [...this.#cells];
  }

  /**
   * One that is what a start would make, also one that is only starting: it began before any other could. Null when there is none;
   * resolves with null when its start fails. Rejects with the signal's reason.
   */
  take(key: string, signal: AbortSignal): Promise<OllamaCell | null> | null {
    for (const cell of this.#cells) {
      if (cell.key !== key || !cell.isServing) continue;
      this.#cells.delete(cell);
      return Promise.resolve(cell);
    }
    for (const beginning of this.#beginnings) {
      if (beginning.key !== key || beginning.taken) continue;
      beginning.taken = true;
      return this.#started(beginning, signal);
    }
    return null;
  }

  /** Has cells of this kind stand ready in a place that has had none yet. */
  fillFirst(plan: CellPlan, keyOf: () => Promise<string>): void {
    const place = placeOf(plan);
    if (this.#begun.has(place) || this.#options.perPlace === 0) return;
    this.#begun.add(place);
    keyOf().then(
      (key) => {
        if (!this.#fills.has(place) && !this.cells.some((cell) => placeOf(cell.plan) === place))
          this.fill(plan, key);
      },
      // Without the program there is no cell, which every look at the backend tells already.
      () => this.#begun.delete(place),
    );
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

  /** As `fill`, when the load that took one has got going. */
  refill(plan: CellPlan, key: string): void {
    this.#fillAfter(PAUSE_MS, plan, key);
  }

  /** Sees to it that enough cells like the one that was used last stand ready in its place; those of other kinds there end. */
  fill(plan: CellPlan, key: string): void {
    this.#fillAfter(0, plan, key);
  }

  /** Resolves when no start is under way or planned. */
  async settled(): Promise<void> {
    while (this.#fills.size > 0) await Promise.all(this.#fills.values());
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The backend was stopped.'));
    await this.settled();
    await Promise.all([...this.#cells].map((cell) => this.#end(cell, SERVER_STOPS)));
  }

  #fillAfter(pauseMs: number, plan: CellPlan, key: string): void {
    // A plan over several cards is for one large model: what it needs next is not known.
    if (plan.gpus.length > 1 || this.#stopped.signal.aborted) return;
    const place = placeOf(plan);
    this.#begun.add(place);
    const before = this.#fills.get(place) ?? Promise.resolve();
    const filled = before
      .then(() => sleep(this.#options.clock, pauseMs, this.#stopped.signal))
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

  async #fill(place: string, plan: CellPlan, key: string): Promise<void> {
    const { perPlace, starter } = this.#options;
    const there = () => [...this.#cells].filter((cell) => placeOf(cell.plan) === place);
    await Promise.all(
      there()
        .filter((cell) => cell.key !== key)
        .map((cell) => this.#end(cell, 'The next load there is more likely to want other settings.')),
    );
    while (there().length < perPlace && !this.#stopped.signal.aborted) {
      const cell = starter.start(plan, STAND_BY, this.#stopped.signal);
      const beginning: Beginning = { key, cell, taken: false };
      this.#beginnings.add(beginning);
      try {
        const started = await cell;
        if (!beginning.taken) this.#keep(started);
      } finally {
        this.#beginnings.delete(beginning);
      }
    }
  }

  async #started(beginning: Beginning, signal: AbortSignal): Promise<OllamaCell | null> {
    const cell = await beginning.cell.catch(() => null);
    if (!cell || !signal.aborted) return cell;
    // Whoever waited for it has left.
    if (this.#stopped.signal.aborted) await cell.end(SERVER_STOPS).catch(() => {});
    else this.#keep(cell);
    throw signal.reason;
  }

  #keep(cell: OllamaCell): void {
    this.#cells.add(cell);
    this.#options.changed();
    cell.process.died.then(() => {
      if (cell.role === 'warm') void this.#end(cell, 'It died.');
    });
  }

  async #end(cell: OllamaCell, why: string): Promise<void> {
    this.#cells.delete(cell);
    await cell.end(why).catch((error: unknown) => this.#options.logger.warn(messageOf(error)));
    this.#options.changed();
  }
}

function placeOf(plan: CellPlan): string {
  return plan.gpus.map(({ key }) => key).join(',');
}

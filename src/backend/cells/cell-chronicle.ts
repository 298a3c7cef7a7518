/** Every process of the backend from its start to its end, as those see it who look from outside. */
import type { Clock } from '../../clock.ts';
import type { CellEvent, CellState, CellStatus } from '../../domain/cell.ts';
import type { CellId } from '../../domain/ids.ts';
import {
  type ProcessExit,
  type ProcessRecord,
  type ProcessState,
  quotedLine,
  type SupervisedProcess,
} from '../supervisor/index.ts';
import { type Cell, cellId } from './cell.ts';
import { parsePurpose, type StoredPurpose } from './note.ts';

/** Ended ones that are still shown. */
const SHOWN_ENDS = 16;

export interface ChronicleOptions {
  readonly clock: Clock;
  /** Whether what a process wrote may be repeated to those who may not read its log. */
  readonly quotes: boolean;
}

/** What has to be known of a process that was found. */
export interface Found {
  readonly uuid: string;
  readonly record: Pick<ProcessRecord, 'process' | 'note' | 'port' | 'startedAt'> | null;
}

interface Entry {
  readonly process: SupervisedProcess;
  /** What it was started for; null when a version that told it otherwise did. */
  readonly purpose: StoredPurpose | null;
  /** Null until it answers. */
  cell: Cell | null;
}

export class CellChronicle {
  readonly #options: ChronicleOptions;
  readonly #living = new Map<CellId, Entry>();
  readonly #ended: { readonly state: CellState; readonly uuid: string }[] = [];
  readonly #listeners = new Set<(event: CellEvent) => void>();

  constructor(options: ChronicleOptions) {
    this.#options = options;
  }

  /** The living, oldest first, then those that ended last, newest first. */
  get states(): readonly CellState[] {
    return [...[...this.#living.values()].map(stateOf), ...this.#ended.map(({ state }) => state)];
  }

  /** Null when it is not shown any more. */
  uuidOf(id: CellId): string | null {
    return (
      this.#living.get(id)?.process.uuid ?? this.#ended.find(({ state }) => state.id === id)?.uuid ?? null
    );
  }

  onEvent(listener: (event: CellEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** A process answers, and is a cell now. */
  became(cell: Cell): void {
    const entry = this.#living.get(cell.id);
    if (entry) entry.cell = cell;
  }

  /** At each change of a process's state. */
  saw(process: SupervisedProcess): void {
    const id = cellId(process.uuid);
    const known = this.#living.get(id);
    const entry = known ?? { process, purpose: parsePurpose(process.note), cell: null };
    if (!known) {
      this.#living.set(id, entry);
      const at = this.#options.clock.now();
      this.#tell({ kind: 'start', at, cell: stateOf(entry), reason: startReason(entry) });
    }
    // Told at the death and not when the last of its children is gone, which may take long.
    if (process.state === 'SWEEPING' && process.exit) {
      const { at } = process.exit;
      this.#tell({ ...this.#ending(entry, process.exit), at, cell: stateOf(entry) });
    }
    if (process.state === 'EXITED') {
      this.#living.delete(id);
      this.#keep({ ...stateOf(entry), residentBytes: null }, process.uuid);
    }
  }

  /** One that an earlier server had left and that could not be taken over. */
  foundAndEnded({ uuid, record }: Found, why: string): void {
    const id = cellId(uuid);
    // Once it was under supervision, its end is told as that of any other.
    if (!record?.process || this.uuidOf(id) !== null) return;
    const at = this.#options.clock.now();
    const purpose = parsePurpose(record.note);
    const cell: CellState = {
      id,
      status: 'EXITED',
      role: purpose?.role ?? 'instance',
      modelName: purpose?.modelName ?? null,
      pid: record.process.pid,
      port: record.port,
      gpuKeys: (purpose?.plan?.gpus ?? []).map(({ key }) => key),
      residentBytes: null,
      restarts: 0,
      startedAt: record.startedAt,
      endedAt: at,
      exitReason: why,
    };
    this.#keep(cell, uuid);
    this.#tell({ kind: 'end', at, cell, reason: why });
  }

  #ending(entry: Entry, exit: ProcessExit): Pick<CellEvent, 'kind' | 'reason'> {
    const reason = stateOf(entry).exitReason ?? exit.why;
    if (exit.asked && !entry.cell?.isLost) return { kind: 'end', reason };
    return { kind: 'death', reason: `${reason}${this.#lastWords(exit)}` };
  }

  #lastWords({ lastLines }: ProcessExit): string {
    const last = this.#options.quotes ? lastLines.findLast((line) => line.trim() !== '') : undefined;
    return last === undefined ? '' : ` Its last line: ${quotedLine(last).trim()}`;
  }

  #keep(state: CellState, uuid: string): void {
    this.#ended.unshift({ state, uuid });
    this.#ended.splice(SHOWN_ENDS);
  }

  #tell(event: CellEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

const STATUS = {
  STARTING: 'STARTING',
  READY: 'READY',
  STOPPING: 'STOPPING',
  SWEEPING: 'STOPPING',
  EXITED: 'EXITED',
} as const satisfies Record<ProcessState, CellStatus>;

/** What befell it, or what it was told to end for. */
function exitReason(exit: ProcessExit, cell: Cell | null): string {
  if (!exit.asked) return exit.why;
  return cell ? (cell.closedBecause ?? exit.why) : 'It was ended before it was ready.';
}

function startReason({ process, purpose }: Entry): string {
  if (process.adopted) return 'An earlier server had started it; it is taken over with what it has loaded.';
  return purpose?.reason ?? 'It was wanted.';
}

function stateOf({ process, purpose, cell }: Entry): CellState {
  const { exit } = process;
  return {
    id: cellId(process.uuid),
    status: cell?.isEnding && process.state === 'READY' ? 'STOPPING' : STATUS[process.state],
    role: cell?.role ?? purpose?.role ?? 'instance',
    modelName: cell?.modelName ?? purpose?.modelName ?? null,
    pid: process.pid,
    port: process.port,
    gpuKeys: (cell?.plan.gpus ?? purpose?.plan?.gpus ?? []).map(({ key }) => key),
    residentBytes: cell?.residentBytes ?? null,
    restarts: cell?.restarts ?? 0,
    startedAt: process.startedAt,
    endedAt: exit?.at ?? null,
    exitReason: exit ? exitReason(exit, cell) : null,
  };
}

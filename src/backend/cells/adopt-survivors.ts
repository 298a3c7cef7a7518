/** What an earlier server left running: taken over where everything is as it was recorded, ended where anything is not. */
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { SupervisedProcess, Supervisor, Survivor } from '../supervisor/index.ts';
import type { Cell, Occupant } from './cell.ts';
import type { CellPlan } from './cell-plan.ts';
import { isAlive } from './engine.ts';

/** As a kind of cell recorded it when its model was in memory. */
export interface Recorded extends Pick<Occupant, 'modelName' | 'engine'> {
  readonly key: string;
  readonly plan: CellPlan;
}

/** What a kind of cell has to say of its own. */
export interface Adopter<C extends Cell, Note extends Recorded> {
  /** Null for a cell that held no model. */
  parse(note: Json): Note | null;
  /** The key that a cell of this record would have if it were started now. @throws Error */
  keyOf(note: Note): Promise<string>;
  /** The cell around it. */
  cellOf(process: SupervisedProcess, note: Note): C;
  /** It holds what was recorded, and answers. @throws Error that says what is wrong */
  prove(cell: C, note: Note, signal: AbortSignal): Promise<void>;
  /** It is taken over. */
  adopted(cell: C, note: Note): void;
}

export interface AdoptionOptions<C extends Cell, Note extends Recorded> {
  readonly supervisor: Supervisor;
  readonly adopter: Adopter<C, Note>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For a proof. */
  readonly proofMs: number;
  /** Of each that was not taken over, once nothing of it is left, unless it had been under supervision meanwhile. */
  readonly ended: (survivor: Survivor, why: string) => void;
}

/** Resolves when each survivor is adopted, or nothing of it is left. */
export async function adoptSurvivors<C extends Cell, Note extends Recorded>(
  options: AdoptionOptions<C, Note>,
): Promise<readonly C[]> {
  const survivors = await options.supervisor.findSurvivors();
  const judged = await Promise.all(survivors.map((survivor) => adoptOrEnd(survivor, options)));
  return judged.flatMap((cell) => cell ?? []);
}

async function adoptOrEnd<C extends Cell, Note extends Recorded>(
  survivor: Survivor,
  options: AdoptionOptions<C, Note>,
): Promise<C | null> {
  const { supervisor, logger, ended, adopter } = options;
  const note = adopter.parse(survivor.record?.note ?? null);
  try {
    if (!note) throw new Error('it held no model');
    const cell = await adopt(survivor, note, options);
    logger.info(`${note.modelName} is still in memory from an earlier server and is taken over.`);
    return cell;
  } catch (error) {
    const what = note ? `The server process of ${note.modelName}` : 'A server process';
    logger.info(`${what} of an earlier server is ended: ${messageOf(error)}.`);
    await supervisor.end(survivor).then(
      () => ended(survivor, `It cannot be taken over: ${messageOf(error)}.`),
      (failure: unknown) => logger.error(messageOf(failure)),
    );
    return null;
  }
}

async function adopt<C extends Cell, Note extends Recorded>(
  survivor: Survivor,
  note: Note,
  { supervisor, adopter, clock, proofMs }: AdoptionOptions<C, Note>,
): Promise<C> {
  if (!survivor.programAsRecorded) throw new Error('its program was replaced');
  if (!survivor.environmentAsRecorded) throw new Error('its environment is not what was recorded');
  if ((await adopter.keyOf(note)) !== note.key) throw new Error('the configuration has changed');
  if (!survivor.pids.includes(note.engine.pid) || !isAlive(note.engine)) {
    throw new Error('its engine is gone');
  }
  // Its socket is looked at there.
  const process = await supervisor.adopt(survivor);
  const cell = adopter.cellOf(process, note);
  const late = new AbortController();
  const limit = clock.after(proofMs, () => late.abort(new Error('it does not answer')));
  try {
    await adopter.prove(cell, note, late.signal);
  } catch (error) {
    cell.closedBecause = `It cannot be taken over: ${messageOf(error)}.`;
    await cell.disconnect();
    throw error;
  } finally {
    limit.cancel();
  }
  cell.modelName = note.modelName;
  adopter.adopted(cell, note);
  return cell;
}

/** What an earlier server left running: taken over where everything is as it was recorded, ended where anything is not. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { namedOptions } from '../ollama/load.ts';
import { residents } from '../ollama/server.ts';
import type { Supervisor, Survivor } from '../supervisor/index.ts';
import type { Cell, Occupant } from './cell.ts';
import type { CellStarter } from './cell-starter.ts';
import { isAlive } from './engine.ts';
import { type LoadedNote, parseNote } from './note.ts';
import { PrivateFolder } from './private-folder.ts';

export interface AdoptionOptions {
  readonly supervisor: Supervisor;
  readonly starter: CellStarter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of each that was not taken over, once nothing of it is left, unless it had been under supervision meanwhile. */
  readonly ended: (survivor: Survivor, why: string) => void;
}

/** Resolves when each survivor is adopted, or nothing of it is left. */
export async function adoptSurvivors(options: AdoptionOptions): Promise<readonly Cell[]> {
  const survivors = await options.supervisor.findSurvivors();
  const judged = await Promise.all(survivors.map((survivor) => adoptOrEnd(survivor, options)));
  return judged.flatMap((cell) => cell ?? []);
}

/** Removes private model folders that no cell uses. */
export async function removeOldFolders(folder: string, cells: readonly Cell[]): Promise<void> {
  const root = join(folder, 'models');
  const used = new Set(cells.map((cell) => cell.folder?.path));
  const names = await readdir(root).catch(() => []);
  for (const path of names.map((name) => join(root, name))) {
    if (!used.has(path)) await rm(path, { recursive: true, force: true });
  }
}

async function adoptOrEnd(survivor: Survivor, options: AdoptionOptions): Promise<Cell | null> {
  const { supervisor, logger, ended } = options;
  const note = parseNote(survivor.record?.note ?? null);
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

async function adopt(
  survivor: Survivor,
  note: LoadedNote,
  { supervisor, starter, clock }: AdoptionOptions,
): Promise<Cell> {
  if (!survivor.programAsRecorded) throw new Error('its program was replaced');
  if (!survivor.environmentAsRecorded) throw new Error('its environment is not what was recorded');
  if ((await starter.keyOf(note.plan)) !== note.key) throw new Error('the configuration has changed');
  if (!survivor.pids.includes(note.engine.pid) || !isAlive(note.engine)) {
    throw new Error('its engine is gone');
  }
  // Its socket is looked at there.
  const process = await supervisor.adopt(survivor);
  const folder = PrivateFolder.at(note.folder);
  const cell = starter.cellOf({ process, plan: note.plan, key: note.key, folder }, 'instance');
  const late = new AbortController();
  const limit = clock.after(starter.deadlines.proofMs, () => late.abort(new Error('it does not answer')));
  try {
    await prove(cell, note, late.signal);
  } catch (error) {
    cell.closedBecause = `It cannot be taken over: ${messageOf(error)}.`;
    await cell.connection.close();
    throw error;
  } finally {
    limit.cancel();
  }
  cell.modelName = note.modelName;
  cell.names.add(note.modelName);
  cell.occupant = occupantOf(note);
  return cell;
}

/** It lists what was recorded and nothing else, all of it on the GPU, and answers on every slot. */
async function prove(cell: Cell, note: LoadedNote, signal: AbortSignal): Promise<void> {
  const listed = await residents(cell.connection, signal);
  const [resident] = listed;
  const isSame =
    listed.length === 1 &&
    resident?.digest === note.digest &&
    resident.contextLength === note.contextLength &&
    resident.vramBytes === note.vramBytes &&
    resident.sizeBytes === note.sizeBytes;
  if (!isSame) throw new Error('it does not hold what was recorded');
  const slots = Array.from({ length: note.embedding ? 1 : note.plan.config.parallel });
  await Promise.all(slots.map(() => cell.connection.load(proofCall(note), z.looseObject({}), signal)));
  if (!isAlive(note.engine)) throw new Error('its engine died of a generation');
}

function proofCall({ modelName: model, embedding, options: recorded }: LoadedNote) {
  const { options, ...named } = namedOptions(recorded);
  return embedding
    ? ({ endpoint: '/api/embed', body: { model, options, input: ['.'] } } as const)
    : ({
        endpoint: '/api/generate',
        body: {
          model,
          ...named,
          options: { ...options, num_predict: 1 },
          prompt: '.',
          raw: true,
          stream: false,
        },
      } as const);
}

function occupantOf(note: LoadedNote): Occupant {
  const { modelName, weights, weightFiles, digest, contextLength, options, embedding } = note;
  const { engine, sizeBytes, vramBytes } = note;
  return {
    modelName,
    weights,
    weightFiles,
    digest,
    contextLength,
    options,
    embedding,
    engine,
    sizeBytes,
    vramBytes,
  };
}

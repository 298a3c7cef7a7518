/** How a cell of Ollama's that an earlier server left is known again, and proves that it is well. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Adopter } from '../cells/adopt-survivors.ts';
import { isAlive } from '../cells/engine.ts';
import { namedOptions } from '../ollama/load.ts';
import { residents } from '../ollama/server.ts';
import type { CellStarter } from './cell-starter.ts';
import { type LoadedNote, occupantOf, parseNote } from './note.ts';
import type { OllamaCell } from './ollama-cell.ts';
import { PrivateFolder } from './private-folder.ts';

export function ollamaAdopter(starter: CellStarter): Adopter<OllamaCell, LoadedNote> {
  return {
    parse: parseNote,
    keyOf: ({ plan }) => starter.keyOf(plan),
    cellOf: (process, { plan, key, folder }) =>
      starter.cellOf({ process, plan, key, folder: PrivateFolder.at(folder) }, 'instance'),
    prove,
    adopted: (cell, note) => {
      cell.names.add(note.modelName);
      cell.occupant = occupantOf(note);
    },
  };
}

/** Removes private model folders that no cell uses. */
export async function removeOldFolders(folder: string, cells: readonly OllamaCell[]): Promise<void> {
  const root = join(folder, 'models');
  const used = new Set(cells.map((cell) => cell.folder?.path));
  const names = await readdir(root).catch(() => []);
  for (const path of names.map((name) => join(root, name))) {
    if (!used.has(path)) await rm(path, { recursive: true, force: true });
  }
}

/** It lists what was recorded and nothing else, all of it on the GPU, and answers on every slot. */
async function prove(cell: OllamaCell, note: LoadedNote, signal: AbortSignal): Promise<void> {
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

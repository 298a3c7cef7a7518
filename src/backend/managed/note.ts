/** What the record of an Ollama's cell tells of the model that it holds. */
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { loadedNote, occupantNote } from '../cells/note.ts';
import type { OllamaCell, OllamaOccupant } from './ollama-cell.ts';

const occupant = z.object({ ...occupantNote, weightFiles: z.string() });

/** Written when the model is in memory, so that only a whole load is ever found. */
const loaded = z.object({ ...loadedNote, ...occupant.shape, folder: z.string() });

export type LoadedNote = z.infer<typeof loaded>;

/** Null for a cell that held no model, or whose note another version wrote. */
export function parseNote(note: Json): LoadedNote | null {
  const { success, data } = loaded.safeParse(note);
  return success ? data : null;
}

export function noteOf({ key, plan, folder }: OllamaCell, held: OllamaOccupant): LoadedNote {
  return {
    version: 1,
    role: 'instance',
    key,
    plan: { gpus: [...plan.gpus], config: plan.config },
    folder: folder?.path ?? '',
    ...held,
  };
}

export function occupantOf(note: LoadedNote): OllamaOccupant {
  return occupant.parse(note);
}

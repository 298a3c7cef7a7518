/** What the record of a cell tells of the model that its command loaded. */
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { loadedNote, occupantNote } from '../cells/note.ts';
import type { CommandCell, CommandOccupant } from './command-cell.ts';

const occupant = z.object({ ...occupantNote, servedName: z.string() });

/** Written when the model is in memory, so that only a whole load is ever found. */
const loaded = z.object({
  ...loadedNote,
  ...occupant.shape,
  /** Tokens of one slot that its command was given: the server may have made more of it. */
  launchedWith: z.number(),
});

export type LoadedNote = z.infer<typeof loaded>;

/** Null for a cell that held no model, or whose note another version wrote. */
export function parseNote(note: Json): LoadedNote | null {
  const { success, data } = loaded.safeParse(note);
  return success ? data : null;
}

export function noteOf({ key, plan }: CommandCell, held: CommandOccupant, launchedWith: number): LoadedNote {
  return {
    version: 1,
    role: 'instance',
    key,
    plan: { gpus: [...plan.gpus], config: plan.config },
    launchedWith,
    ...held,
  };
}

export function occupantOf(note: LoadedNote): CommandOccupant {
  return occupant.parse(note);
}

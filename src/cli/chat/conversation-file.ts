/** Conversations in files. */
import { readFile, writeFile } from 'node:fs/promises';
import { messageOf } from '../../domain/errors.ts';
import { CommandError } from '../exit.ts';
import { type Conversation, parseSaved, savedText } from './conversation.ts';

/** @throws CommandError */
export async function loadConversation(file: string): Promise<Conversation> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  return parseSaved(text, file);
}

/** In place of an earlier one; no other file is overwritten. @throws CommandError */
export async function saveConversation(conversation: Conversation, file: string): Promise<void> {
  try {
    const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (before !== null && !isConversation(before))
      throw new CommandError(`${file} is there, and is no conversation. Name another file.`);
    await writeFile(file, savedText(conversation));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be written: ${messageOf(error)}.`, { cause: error });
  }
}

function isConversation(text: string): boolean {
  try {
    parseSaved(text, '');
    return true;
  } catch {
    return false;
  }
}

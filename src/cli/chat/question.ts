/** A question with the images that it names. */
import { stat } from 'node:fs/promises';
import { imageText } from '../submit/job-input.ts';
import type { ChatMessage } from './conversation.ts';
import { pathsIn, withoutPaths } from './image-paths.ts';

/**
 * Paths of images that are there leave the text and become images; what is no file stays text.
 * @param images given before, in base64
 * @param onImage is told of each that was found in the text
 * @throws CommandError for a file that cannot be read, or is no image
 */
export async function questionOf(
  text: string,
  images: readonly string[],
  onImage: (path: string) => void,
): Promise<ChatMessage> {
  const candidates = pathsIn(text);
  const there = await Promise.all(candidates.map(({ path }) => isFile(path)));
  const named = candidates.filter((_, i) => there[i]);
  const found = await Promise.all(named.map(({ path }) => imageText(path)));
  for (const { path } of named) onImage(path);
  const all = [...images, ...found];
  return { role: 'user', content: withoutPaths(text, named), ...(all.length > 0 ? { images: all } : {}) };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

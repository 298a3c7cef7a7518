/** Words, files and standard input of which jobs are made. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../domain/errors.ts';
import { CommandError } from '../exit.ts';
import { contentKind, imageKind, KINDS } from './image-kind.ts';

/** The bytes of an image file in base64. @throws CommandError */
export async function imageText(file: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    throw new CommandError(`The image ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  if (imageKind(content) === null)
    throw new CommandError(`${file} is no image: ${contentKind(content)}. ${KINDS}`);
  return content.toString('base64');
}

/** Everything that comes in until its end. */
export async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}

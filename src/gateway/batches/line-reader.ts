/** The lines of a stored file, read chunk by chunk. */
import { nextTurn } from '../../clock.ts';
import type { FileId } from '../../domain/ids.ts';
import type { FilePosition } from '../../domain/request-batch.ts';
import { FILE_CHUNK_BYTES, type FileStore } from '../../domain/stored-file.ts';
import { ProblemError, refused } from '../shared/problem.ts';

export interface Line {
  /** From 1, blank ones counted. */
  readonly number: number;
  readonly text: string;
  /** After it. */
  readonly end: FilePosition;
}

/** A request has images as text at most; what is longer is no line. */
const LONGEST_LINE_BYTES = 100 * 1024 * 1024;
const NEWLINE = 0x0a;
/** So many lines are looked at before others have their turn. */
const LINES_AT_ONCE = 32;

/**
 * Blank lines are left out. Everybody else has a turn after every few lines.
 * @throws ProblemError for a line that is too long
 */
export async function* linesOf(
  files: Pick<FileStore, 'chunk'>,
  id: FileId,
  from: FilePosition,
): AsyncGenerator<Line> {
  let { bytes, lines } = from;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let skip = bytes % FILE_CHUNK_BYTES;
  let sinceTurn = 0;
  const take = (rest: Uint8Array, newline: number): Line | null => {
    const raw = Buffer.concat([...held, rest]);
    held = [];
    heldBytes = 0;
    bytes += raw.length + newline;
    lines += 1;
    const text = withoutMark(raw.toString('utf8'), lines);
    return text.trim() === '' ? null : { number: lines, text, end: { bytes, lines } };
  };
  for (let place = Math.floor(bytes / FILE_CHUNK_BYTES); ; place += 1) {
    const chunk = await files.chunk(id, place);
    if (chunk === null) break;
    let at = skip;
    skip = 0;
    for (let end = chunk.indexOf(NEWLINE, at); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
      const line = take(chunk.subarray(at, end), 1);
      at = end + 1;
      sinceTurn += 1;
      if (sinceTurn >= LINES_AT_ONCE) {
        sinceTurn = 0;
        await nextTurn();
      }
      if (line) yield line;
    }
    held.push(chunk.subarray(at));
    heldBytes += chunk.length - at;
    if (heldBytes > LONGEST_LINE_BYTES)
      throw new ProblemError(
        refused(400, 'LINE_TOO_LONG', `Line ${lines + 1} has more than ${LONGEST_LINE_BYTES} bytes.`),
      );
  }
  if (heldBytes === 0) return;
  const last = take(new Uint8Array(), 0);
  if (last) yield last;
}

/** Some editors begin a file with a mark. */
function withoutMark(text: string, line: number): string {
  return line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Files of jobs, one JSON object a line: read whole, so that all that is wrong with them is said at once. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import { messageOf } from '../../domain/errors.ts';
import { CommandError } from '../exit.ts';
import { type BatchLine, LineReader } from './batch-line.ts';
import { readStandardInput } from './job-input.ts';

export interface BatchFile {
  /** For people. */
  readonly name: string;
  readonly lines: readonly BatchLine[];
}

/** @throws CommandError when it cannot be read, or holds nothing */
export async function readBatch(file: string): Promise<BatchFile> {
  const name = file === '-' ? 'standard input' : basename(file);
  let content: string;
  try {
    content = file === '-' ? await readStandardInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`The batch ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  const reader = new LineReader();
  const lines = content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((text, index) => (text.trim() === '' ? [] : [reader.read(text, index + 1)]));
  if (lines.length === 0) throw new CommandError(`The batch ${file} has no jobs in it.`);
  return { name, lines };
}

/** What the server has against a job, by its place among the jobs that were asked about. */
export interface Objection {
  readonly job: number;
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * Every line that is wrong by itself or to the server, in order.
 * @param objections against the jobs of the lines that are right by themselves
 */
export function batchProblems(
  { name, lines }: BatchFile,
  objections: readonly Objection[],
): CommandError | null {
  const right = lines.filter(({ problems }) => problems.length === 0);
  const told = new Map<BatchLine, string[]>();
  for (const line of lines) if (line.problems.length > 0) told.set(line, [...line.problems]);
  for (const { job, path, message } of objections) {
    const line = right[job];
    if (line) told.set(line, [...(told.get(line) ?? []), line.words(path, message)]);
  }
  if (told.size === 0) return null;
  const wrong = lines.flatMap((line) => (told.get(line) ?? []).map((text) => `line ${line.number}: ${text}`));
  const count = `${told.size} of ${lines.length} ${lines.length === 1 ? 'line' : 'lines'} of ${name}`;
  return new CommandError([`${count} cannot be submitted, so nothing was. Correct:`, ...wrong].join('\n'));
}

/** The jobs of the lines that are right by themselves. */
export function jobsOf({ lines }: BatchFile): readonly SubmitJobInput[] {
  return lines.flatMap(({ job }) => (job === null ? [] : [job]));
}

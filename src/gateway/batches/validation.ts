/** Looks at every line of a batch before any job is made of one: the API takes all or nothing. */
import type { FileId } from '../../domain/ids.ts';
import { FILE_START, type LineProblem, type RequestBatch } from '../../domain/request-batch.ts';
import type { FileStore } from '../../domain/stored-file.ts';
import { ProblemError } from '../shared/problem.ts';
import type { LineJobs } from './line-jobs.ts';
import { linesOf } from './line-reader.ts';
import { isProblem, readRequestLine } from './request-lines.ts';

export interface Verdict {
  /** Lines with a request. */
  readonly total: number;
  /** Empty where all are good. Of many the first ones. */
  readonly problems: readonly LineProblem[];
}

export const MOST_LINES = 50_000;
const MOST_PROBLEMS = 100;

/** @throws the reason of `signal` when it aborts */
export async function validate(
  batch: RequestBatch,
  content: FileId,
  { files, lineJobs }: { readonly files: Pick<FileStore, 'chunk'>; readonly lineJobs: LineJobs },
  signal: AbortSignal,
): Promise<Verdict> {
  const problems: LineProblem[] = [];
  const seen = new Set<string>();
  let total = 0;
  let wrong = 0;
  const say = (problem: LineProblem) => {
    wrong += 1;
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  try {
    for await (const line of linesOf(files, content, FILE_START)) {
      signal.throwIfAborted();
      total += 1;
      if (total > MOST_LINES) {
        const message = `The batch has more than ${MOST_LINES} requests. Split it into several.`;
        return { total, problems: [{ code: 'too_many_requests', message, line: line.number, param: null }] };
      }
      const request = readRequestLine(batch, line);
      if (isProblem(request)) {
        say(request);
        continue;
      }
      const { customId } = request;
      if (seen.has(customId)) say(duplicate(customId, line.number));
      seen.add(customId);
      const made = lineJobs.jobOf(batch, line.number, request);
      // What the model cannot hold is the fault of that line alone, which the API answers as a request.
      if ('status' in made && made.code !== 'CONTEXT_LENGTH_EXCEEDED')
        say({ code: made.code.toLowerCase(), message: made.message, line: line.number, param: 'body' });
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    say({ code: error.code.toLowerCase(), message: error.message, line: null, param: null });
    return { total, problems };
  }
  if (total === 0) say({ code: 'empty_file', message: 'The input file is empty.', line: null, param: null });
  if (wrong > problems.length) {
    const message = `${wrong - problems.length} more lines are wrong.`;
    problems.push({ code: 'more_errors', message, line: null, param: null });
  }
  return { total, problems };
}

function duplicate(customId: string, line: number): LineProblem {
  return {
    code: 'duplicate_custom_id',
    message: `The custom_id '${customId}' for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch.`,
    line,
    param: 'custom_id',
  };
}

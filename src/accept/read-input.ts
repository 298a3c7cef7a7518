/** From the API's input to submissions. All that is wrong is told at once. */
import type { z } from 'zod';
import { type Clock, wallNow } from '../clock.ts';
import type { BatchChange } from '../domain/batch.ts';
import { withDeepAsText } from '../domain/deep-json.ts';
import { type InputIssue, InvalidInputError } from '../domain/errors.ts';
import { isId } from '../domain/ids.ts';
import { jsonProblem } from '../domain/json.ts';
import { mapImages, specOf } from '../kinds/kinds.ts';
import { batchChangeSchema, batchSchema, jobSchema, submitJobSchema } from './input-schema.ts';
import type { BatchSubmission, JobSubmission } from './submission.ts';

/** Reads the shape of `SubmitJobInput`. @throws InvalidInputError with every problem of it */
export function readJob(input: unknown, clock: Clock): JobSubmission {
  const deadline = typeof input === 'object' && input !== null && 'deadline' in input ? input.deadline : null;
  return atRest(read(submitJobSchema, input, deadlineProblems(deadline, clock)));
}

/** Reads the shape of `SubmitBatchInput`, but for its jobs. @throws InvalidInputError with every problem of it */
export function readBatch(
  input: unknown,
): Omit<BatchSubmission, 'jobs'> & { readonly jobs: readonly unknown[] } {
  return read(batchSchema, input);
}

/** Reads what is to be changed of a batch. @throws InvalidInputError */
export function readBatchChange(input: unknown): BatchChange {
  const { name, kept, metadata } = read(batchChangeSchema, input);
  return {
    ...(name !== undefined && { name }),
    ...(kept !== undefined && { kept }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** Looks at what was decoded elsewhere as at any input, but for what the request asks of its model. @throws InvalidInputError */
export function checkedJob(submission: JobSubmission, clock: Clock): JobSubmission {
  const { comesBack, id, live, patienceMs, request, wishes, ...rest } = atRest(submission);
  const issues = [...deadlineProblems(submission.deadline, clock)];
  if (id !== undefined && !isId('job', id)) issues.push({ path: ['id'], message: 'is no id of a job.' });
  const notJson = jsonProblem(mapImages(request, () => ''));
  if (notJson) issues.push({ ...notJson, path: ['request', specOf(request).field, ...notJson.path] });
  return { ...read(jobSchema, rest, issues), comesBack, id, live, patienceMs, request, wishes };
}

/** Between what a schema or an answer needs, which is some ten levels, and what JSON may have that rests. */
const DEEPEST_AT_REST = 48;

/** What its caller asks of the model goes to the backend as it came, however deep: see `deep-json.ts`. */
function atRest(submission: JobSubmission): JobSubmission {
  return { ...submission, request: withDeepAsText(submission.request, DEEPEST_AT_REST) };
}

function deadlineProblems(deadline: unknown, clock: Clock): readonly InputIssue[] {
  const isPast = deadline instanceof Date && deadline.getTime() <= wallNow(clock);
  return isPast ? [{ path: ['deadline'], message: 'must be in the future.' }] : [];
}

function read<S extends z.ZodType>(
  schema: S,
  input: unknown,
  further: readonly InputIssue[] = [],
): z.output<S> {
  const parsed = schema.safeParse(input);
  const found = parsed.error?.issues ?? [];
  const issues = [...found.map(({ path, message }) => ({ path: path.map(String), message })), ...further];
  if (issues.length > 0 || !parsed.success) throw new InvalidInputError(issues);
  return parsed.data;
}

/** All jobs of a batch looked at, so that its caller learns of every problem at once. */
import { ContextLengthExceededError } from '../domain/context-errors.ts';
import {
  type InputIssue,
  InsufficientVramError,
  InvalidInputError,
  ModelNotFoundError,
} from '../domain/errors.ts';
import { HopelessDeadlineError } from '../domain/hopeless-deadline.ts';
import { append } from '../domain/long-lists.ts';
import type { Principal } from '../domain/principal.ts';
import { TaskNotFoundError } from '../domain/task.ts';
import { type AcceptDependencies, type AdmittedJob, admittedJob } from './admit.ts';
import { BlobCollector } from './blobs.ts';
import type { RequestAllowance } from './request-allowance.ts';
import type { JobSubmission } from './submission.ts';

/** A model of one job of a batch is not there, fits nowhere, or cannot hold the prompt. */
interface ModelRefusal {
  readonly at: readonly string[];
  readonly error:
    | ModelNotFoundError
    | InsufficientVramError
    | ContextLengthExceededError
    | HopelessDeadlineError
    | TaskNotFoundError;
}

function isModelRefusal(error: unknown): error is ModelRefusal['error'] {
  return (
    error instanceof ModelNotFoundError ||
    error instanceof InsufficientVramError ||
    error instanceof ContextLengthExceededError ||
    error instanceof HopelessDeadlineError ||
    error instanceof TaskNotFoundError
  );
}

/** What came of the jobs of a batch: those that are fit to be queued, and why the others are not. */
export interface Judgement {
  readonly collector: BlobCollector;
  readonly admitted: readonly AdmittedJob[];
  readonly issues: readonly InputIssue[];
  readonly refusals: readonly ModelRefusal[];
}

export interface JobsToJudge<Input> {
  /** @throws InvalidInputError */
  read(input: Input): JobSubmission;
  readonly allowance: RequestAllowance;
}

/** @throws InvalidInputError where all of them together are too much */
export function judgeJobs<Input>(
  deps: AcceptDependencies,
  principal: Principal,
  inputs: readonly Input[],
  { read, allowance }: JobsToJudge<Input>,
): Judgement {
  const collector = new BlobCollector();
  const issues: InputIssue[] = [];
  const admitted: AdmittedJob[] = [];
  const refusals: ModelRefusal[] = [];
  // Before any of them is read, which takes its time.
  for (const [index, input] of inputs.entries()) allowance.take(input, ['jobs', String(index)]);
  for (const [index, input] of inputs.entries()) {
    const at = ['jobs', String(index)];
    try {
      const submission = read(input);
      if (submission.idempotencyKey !== undefined) {
        throw new InvalidInputError([
          { path: ['idempotencyKey'], message: 'is for the whole batch, not for one of its jobs.' },
        ]);
      }
      admitted.push(admittedJob(deps, principal, submission, collector));
    } catch (error) {
      if (error instanceof InvalidInputError)
        append(
          issues,
          error.issues.map((issue) => ({ ...issue, path: [...at, ...issue.path] })),
        );
      else if (isModelRefusal(error)) refusals.push({ at, error });
      else throw error;
    }
  }
  return { collector, admitted, issues, refusals };
}

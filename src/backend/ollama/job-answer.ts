/** One job at an Ollama, from the call that its kind has to the answer that is read of it. */
import type { RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { RunnerOptions } from '../../domain/model.ts';
import { ollamaCall, type Reading } from './calls.ts';
import { runCall } from './request-body.ts';
import { withWholePrompt } from './whole-prompt.ts';

/** The instance that a job is sent to. */
export interface Addressee {
  readonly options: RunnerOptions;
  /** Tokens of a slot. */
  readonly contextLength: number;
  /** Changes whenever there is a sign that work gets on. */
  readonly signs: () => string;
}

/** Sends a job and reads its answer, whatever its kind. @throws BackendError, or the signal's reason */
export function answerOf(run: RunRequest, to: Addressee, reading: Reading): Promise<JobResult> {
  const { request } = run;
  const kind = ollamaCall(request);
  const limits = {
    mayCut: run.mayCut,
    contextLength: to.contextLength,
    fitsForSure: kind.fitsForSure(request, to.contextLength),
  };
  const call = { ...runCall(run, to.options), signs: to.signs };
  return withWholePrompt(call, limits, (asked) => kind.read(asked, request, reading));
}

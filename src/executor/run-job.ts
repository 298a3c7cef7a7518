/** One attempt of one job on an instance, from its first byte to what is recorded of it. */
import type { OutputSink, RunRequest } from '../domain/backend.ts';
import { PromptTooLongError } from '../domain/context-errors.ts';
import {
  type BackendAnswer,
  BackendError,
  backendAnswerOf,
  loggedMessage,
  NotSentError,
} from '../domain/errors.ts';
import { nextChoice } from '../domain/fallback.ts';
import {
  attemptNumber,
  INTERRUPTED,
  isSuspect,
  type Job,
  type JobAttempt,
  type JobFailure,
  type JobResult,
} from '../domain/job.ts';
import { jsonProblem } from '../domain/json.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { ClaimedJob, Store } from '../domain/store.ts';
import { blobsOf, mayCut } from '../kinds/kinds.ts';
import { atDeadline, DEADLINE_PASSED } from './deadline.ts';
import type { ExecutorDependencies } from './dependencies.ts';
import { EarlyWords } from './early-words.ts';
import { type HeldInstance, type Run, RunEnded } from './held-instance.ts';
import { examined } from './lost-server.ts';
import { OutputRecorder } from './output-recorder.ts';
import { afterFailure, evidenceOf } from './retry-policy.ts';

export interface RunHooks {
  /** Aborts when the server stops at once. */
  readonly stopped: AbortSignal;
  insist<T>(operation: () => Promise<T>): Promise<T>;
  /** The slot is free: told as soon as the backend is done, so that the next job need not wait for the disk. */
  left(ranMs: number, ended: { readonly result: JobResult } | { readonly error: unknown }): void;
}

export async function runJob(
  instance: HeldInstance,
  run: Run,
  deps: ExecutorDependencies,
  hooks: RunHooks,
): Promise<void> {
  const { store, clock } = deps;
  const { job } = run.claimed;
  const { signal } = run.controller;
  const recorder = new OutputRecorder(attemptNumber(job));
  const outcome = await attempt(instance, run, recorder, deps).then(
    (result) => ({ result }),
    // Whatever an ended run fails with, it failed because it was ended.
    (error: unknown) => ({ error: signal.aborted ? signal.reason : error }),
  );
  const ranMs = run.sentAt === null ? 0 : clock.monotonic() - run.sentAt;
  // Of a claim that did not come to be there is nothing to record.
  if (!(await run.hold.settled)) return;
  if ('result' in outcome) {
    hooks.left(ranMs, outcome);
    const finish = {
      id: job.id,
      fence: job.fence,
      kind: 'complete',
      result: outcome.result,
      output: recorder.parts(),
      course: deps.courses.ended(job),
      ...(isByOthers(instance, job) && { isOther: true }),
    } as const;
    deps.ends.finishing(finish);
    await hooks.insist(() => store.finish(finish));
    deps.reports.answered(run.claimed, outcome.result);
  } else {
    hooks.left(ranMs, outcome);
    await settle(instance, run, outcome.error, recorder, deps, hooks);
  }
}

/** Whether weights did it that are not those which its cache key begins with: its name means others by now, or elsewhere. */
function isByOthers({ handle, spec }: HeldInstance, { cacheKey }: Pick<Job, 'cacheKey'>): boolean {
  const { weights } = handle?.variant ?? spec.variant;
  return cacheKey !== undefined && !cacheKey.startsWith(`${weights}.`);
}

async function attempt(
  instance: HeldInstance,
  run: Run,
  recorder: OutputRecorder,
  deps: ExecutorDependencies,
): Promise<JobResult> {
  const { store, outputs, clock } = deps;
  const { job, request } = run.claimed;
  let isSilent = true;
  const { signal } = run.controller;
  const deadline = atDeadline(job, clock, () => run.controller.abort(new RunEnded('deadline')));
  const words = new EarlyWords(run.hold);
  words.say(() => outputs.open(job.id, attemptNumber(job)));
  let leave = () => {};
  try {
    // Known since the backend told its models, which may have been after the job was accepted. Servers leave out what a model cannot take.
    const unmet = deps.unmetBy(instance.backend.id, job.modelName, request);
    if (unmet !== null) throw new BackendError('REQUEST_REJECTED', 'none', unmet);
    const blobs = await readBlobs(store, run.claimed);
    leave = await instance.gate.enter(run, isSuspect(job), signal);
    signal.throwIfAborted();
    if (!instance.handle) throw new NotSentError('The instance went before the job could start.');
    const pass: OutputSink = (record) => {
      // What an ended run still says must not get into the text of the job's next one.
      if (signal.aborted) return;
      if (isSilent && (record.text !== '' || record.thinking !== '')) {
        isSilent = false;
        deps.courses.outputBegan(job.id);
        deps.reports.answerBegan(job, clock.now());
      }
      recorder.add('THINKING', record.thinking);
      recorder.add('TEXT', record.text);
      outputs.record(job.id, record);
    };
    const sink: OutputSink = (record) => words.say(() => pass(record));
    run.sentAt = clock.monotonic();
    const asked: RunRequest = {
      modelName: job.modelName,
      request,
      blobs,
      mayCut: (error) => {
        // Only where no larger context would hold it whole.
        const isCut = mayCut(request) && largerFor(instance, run, error, deps) === null;
        if (isCut) words.say(() => outputs.cut(job.id));
        return isCut;
      },
    };
    const result = await instance.handle.run(asked, sink, signal);
    await words.told;
    return storable(result);
  } catch (error) {
    if (evidenceOf(error) === 'gone') noteLoss(instance, run);
    throw error;
  } finally {
    deadline?.cancel();
    leave();
  }
}

function largerFor(
  { handle, spec }: HeldInstance,
  { claimed }: Run,
  error: unknown,
  { contexts }: ExecutorDependencies,
): QueueKey | null {
  if (!(error instanceof PromptTooLongError)) return null;
  const { contextLength } = handle?.variant ?? spec.variant;
  return contexts.larger(claimed.job, { request: claimed.request, contextLength, error });
}

/** A backend may answer any JSON, and what cannot be stored is no result. */
function storable(result: JobResult): JobResult {
  const toolCalls = result.kind === 'text' ? result.toolCalls : null;
  const problem = jsonProblem({ raw: result.raw, toolCalls });
  if (!problem) return result;
  throw new BackendError(
    'BACKEND_ERROR',
    'retry',
    `The answer of the backend cannot be kept: ${problem.path.join('.')} ${problem.message}`,
    { aboutRequest: true },
  );
}

/** Whoever was on the instance shares the suspicion; whoever is about to go there is sent back. */
function noteLoss(instance: HeldInstance, run: Run): void {
  const company = [...instance.gate.inside].filter((other) => other !== run);
  if (company.length > 0) run.hadCompany = true;
  for (const other of company) other.hadCompany = true;
  instance.gate.turnAway(new NotSentError('The instance went before the job could start.'));
}

async function settle(
  instance: HeldInstance,
  run: Run,
  error: unknown,
  recorder: OutputRecorder,
  deps: ExecutorDependencies,
  hooks: RunHooks,
): Promise<void> {
  const { store, clock, random, logger, outputs, ends } = deps;
  const { job } = run.claimed;
  const claim = { id: job.id, fence: job.fence };
  const hasPassedOn = outputs.hasPassedOn(job.id);
  const ended = (failure: JobFailure, more: Pick<JobAttempt, 'counts' | 'suspect'> = {}): JobAttempt => ({
    number: attemptNumber(job),
    backend: instance.backend.name,
    startedAt: job.startedAt ?? clock.now(),
    finishedAt: clock.now(),
    failure,
    ...more,
  });
  const giveBack = (attempt: JobAttempt | null, counts: boolean, delayMs: number) =>
    hooks.insist(() => store.returnToQueue([{ ...claim, attempt, counts, delayMs }]));
  const fail = (
    failure: JobFailure,
    attempt: JobAttempt = ended(failure),
    answer: BackendAnswer | null = null,
  ) => {
    const course = deps.courses.ended(job);
    const finish = { ...claim, kind: 'fail', failure, attempt, output: recorder.parts(), course } as const;
    ends.finishing(finish, answer);
    return hooks.insist(() => store.finish(finish));
  };
  if (error instanceof RunEnded) {
    switch (error.why) {
      case 'not-held':
        // The store knows already what has become of it; what it said by then is not lost.
        if (recorder.parts().length > 0) await hooks.insist(() => store.keepSaid(claim, recorder.parts()));
        return;
      case 'shutdown': {
        const suspect = isSuspect(job);
        const interrupted = ended(INTERRUPTED, { counts: false, ...(suspect && { suspect }) });
        if (hasPassedOn) await fail(INTERRUPTED, interrupted);
        else await store.returnToQueue([{ ...claim, attempt: interrupted, counts: false, delayMs: 0 }]);
        return;
      }
      case 'deadline':
        await fail(DEADLINE_PASSED);
        return;
      default:
        error.why satisfies never;
    }
  }
  const cause = await examined(error, instance.backend, instance.spec.variant, clock, hooks.stopped);
  const { hadCompany } = run;
  const larger = largerFor(instance, run, cause, deps);
  const verdict = afterFailure(job, { error: cause, hadCompany, hasPassedOn, larger }, random);
  logger.warn(`${job.id} failed on ${instance.spec.variant.modelName}: ${loggedMessage(cause)}`, {
    verdict: verdict.kind,
  });
  switch (verdict.kind) {
    case 'fail': {
      const next = hasPassedOn ? null : nextChoice(job);
      if (next) {
        const attempt = ended(verdict.failure, { counts: false });
        await hooks.insist(() =>
          store.returnToQueue([{ ...claim, attempt, counts: false, delayMs: 0, ...next }]),
        );
        return;
      }
      await fail(verdict.told, ended(verdict.failure), backendAnswerOf(cause));
      return;
    }
    case 'enlarge': {
      const { queue, failure } = verdict;
      const attempt = ended(failure, { counts: false });
      await hooks.insist(() =>
        store.returnToQueue([{ ...claim, attempt, counts: false, delayMs: 0, queue }]),
      );
      return;
    }
    case 'return':
      await giveBack(null, false, verdict.delayMs);
      return;
    case 'try-again': {
      const { counts, suspect, delayMs, failure } = verdict;
      await giveBack(ended(failure, { counts, ...(suspect && { suspect }) }), counts, delayMs);
      return;
    }
    default:
      verdict satisfies never;
  }
}

async function readBlobs(store: Store, claimed: ClaimedJob): Promise<RunRequest['blobs']> {
  const blobs = new Map<ReturnType<typeof blobsOf>[number], Uint8Array>();
  for (const hash of blobsOf(claimed.request)) {
    const bytes = await store.blob(hash);
    if (!bytes)
      throw new BackendError('REQUEST_REJECTED', 'none', `The image ${hash} is no longer in the store.`);
    blobs.set(hash, bytes);
  }
  return blobs;
}

/**
 * Answers a request with a job: submits it, passes on what it says as it says it, gives signs of life while it waits, and tells its end or
 * what went wrong. What the bytes are, each API's form decides.
 */
import type { LiveJob } from '../../accept/live-jobs.ts';
import type { JobSubmission } from '../../accept/submission.ts';
import type { Timer } from '../../clock.ts';
import type { JobResult } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { JobEnd } from '../../events/job-end.ts';
import { callerWishes } from './caller.ts';
import type { GatewayDependencies } from './dependencies.ts';
import type { GatewayExchange } from './gateway-route.ts';
import { type Problem, problemOf, problemOfEnd, refused } from './problem.ts';
import { Silence } from './silence.ts';

/** How an API writes the answer to one request. Its methods write at once, and never wait. */
export interface AnswerForm {
  /** A run of the job begins. What was gathered of an earlier one is void. */
  begin?(): void;
  /**
   * A record of the answer as the backend gave it, but for the last one.
   * @returns whether something of it has gone out, so that the job must not be tried again
   */
  record(raw: JsonObject): boolean;
  /** Nothing was sent for so long that the client, or something on the way, might give up. */
  waiting(): void;
  /** @param last the record with `done: true`; null where no record was heard: of embeddings, and of a job that another request brought */
  complete(end: CompleteEnd, last: JsonObject | null): void;
  /** Something may have gone out before, so that the status is told already. */
  fail(problem: Problem): void;
}

export interface CompleteEnd extends JobEnd {
  readonly result: JobResult;
}

/** A job that runs by then has no place in the queue to tell, and counting those before it is work for the store. */
const PLACE_AFTER_MS = 50;

const PROMPT_TRUNCATED = 'x-prompt-truncated';

export async function answerWithJob(
  exchange: GatewayExchange,
  requested: JobSubmission,
  form: AnswerForm,
  deps: GatewayDependencies,
): Promise<void> {
  const { liveJobs, clock, latency, logger } = deps;
  const { principal, request, response, revoked, signal: gone } = exchange;
  const silence = new Silence(clock, () => form.waiting());
  const wishes = callerWishes(request.headers, deps);
  const { fallback = wishes.fallback } = requested;
  const submission = { ...requested, ...wishes, ...(fallback && { fallback }) };
  let last: JsonObject | null = null;
  let lastAt: number | null = null;
  let acceptedAt: number | null = null;
  let place: Timer | null = null;
  let hasBegun = false;
  const listener = {
    attempt() {
      last = null;
      lastAt = null;
      hasBegun = true;
      place?.cancel();
      untell(response, PROMPT_TRUNCATED);
      tell(
        response,
        'x-queue-wait-ms',
        String(Math.round(clock.monotonic() - (acceptedAt ?? clock.monotonic()))),
      );
      form.begin?.();
    },
    cut: () => tell(response, PROMPT_TRUNCATED, 'true'),
    record(raw: JsonObject) {
      // A rendered prompt is all there is of its answer.
      if (raw.done === true || raw._debug_info !== undefined) {
        last = raw;
        lastAt = clock.monotonic();
        return false;
      }
      const isOut = form.record(raw);
      if (isOut) silence.broken();
      return isOut;
    },
  };
  const left = eitherOf(gone, revoked);
  const job = liveJobs.open(principal, submission, { listener, gone: left.signal });
  try {
    const { wishes, job: accepted } = await job.accepted;
    acceptedAt = clock.monotonic();
    const receivedAt = latency && exchange.receivedAt();
    if (receivedAt !== null) latency?.accepted(acceptedAt - receivedAt);
    exchange.release();
    tell(response, 'x-job-id', accepted.id);
    if (accepted.cacheKey !== undefined) tell(response, 'x-cache', accepted.answeredBy ? 'HIT' : 'MISS');
    tellDropped(response, [...wishes.dropped, ...droppedKeepAlive(requested, accepted.modelName, deps)]);
    if (!hasBegun) place = clock.after(PLACE_AFTER_MS, () => tellPosition(response, job));
    silence.begin();
    const end = await job.ended;
    const { result } = end;
    if (result?.prompt?.truncated) tell(response, PROMPT_TRUNCATED, 'true');
    if (result) form.complete({ ...end, result }, last);
    else form.fail(problemOfEnd(end));
    if (lastAt !== null) latency?.answered(clock.monotonic() - lastAt);
  } catch (error) {
    if (gone.aborted) return;
    if (revoked.aborted) form.fail(KEY_REVOKED);
    else form.fail(problemOf(error, (message) => logger.error(message)));
  } finally {
    left.release();
    place?.cancel();
    silence.end();
  }
}

const KEY_REVOKED = refused(
  401,
  'KEY_REVOKED',
  'The API key of this request was revoked or has expired. Its job is treated as one whose caller has gone.',
);

/** Aborts with the first of the two. Released by hand: one of them lasts as long as a key. */
function eitherOf(...signals: readonly AbortSignal[]) {
  const either = new AbortController();
  const listeners = signals.map((signal) => {
    const abort = () => either.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    return () => signal.removeEventListener('abort', abort);
  });
  return { signal: either.signal, release: () => listeners.forEach((end) => void end()) };
}

type Response = GatewayExchange['response'];

/** What comes too late for the headers is left out: it is in the job. */
function tell(response: Response, name: string, value: string): void {
  if (!response.headersSent) response.setHeader(name, value);
}

/** What was told of an earlier run. */
function untell(response: Response, name: string): void {
  if (!response.headersSent) response.removeHeader(name);
}

/** Waiting jobs count as users, too: it is asked for before the job has run. */
function droppedKeepAlive(
  { wishes }: JobSubmission,
  model: string,
  { memory }: GatewayDependencies,
): readonly string[] {
  const keepAliveMs = wishes?.keepAliveMs;
  if (keepAliveMs === undefined) return [];
  return memory.lengthenKeepAlive(model, keepAliveMs) ? [] : ['keep_alive'];
}

function tellDropped(response: Response, dropped: readonly string[]): void {
  if (dropped.length > 0) tell(response, 'x-options-dropped', dropped.join(', '));
}

/** Not waited for. */
function tellPosition(response: Response, job: LiveJob): void {
  job.queued().then(
    ({ position }) => {
      if (position !== null) tell(response, 'x-queue-position', String(position));
    },
    () => {},
  );
}

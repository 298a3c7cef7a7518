/** The table of how a server of OpenAI's API is asked for a job of each kind, and how its answer is read. */
import type { Clock } from '../../clock.ts';
import type { OutputSink, RunRequest } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { GenerateRequest, JobKind, RequestOf } from '../../domain/request.ts';
import type { OpenAiConnection } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { embed } from './embed-answer.ts';
import { AnswerTooLongError, OtherLimitError } from './errors.ts';
import { mediaParts, openAiMessages } from './messages.ts';
import { withWholePrompt } from './shorter.ts';
import { type RecordForm, TextAnswer } from './text-answer.ts';
import { textBody } from './text-body.ts';

export interface Reading {
  readonly connection: OpenAiConnection;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly sink: OutputSink;
  readonly signal: AbortSignal;
  /** Models that are known to take `max_completion_tokens` alone. */
  readonly otherLimits?: Set<string>;
}

interface About extends Pick<RunRequest, 'modelName' | 'blobs'> {
  /** Tokens of a slot. */
  readonly contextLength: number;
}

type Run<K extends JobKind> = (request: RequestOf<K>, about: About, reading: Reading) => Promise<JobResult>;

const CALLS: { readonly [K in JobKind]: Run<K> } = {
  GENERATE: (request, about, reading) => {
    refuseWhatIsOllamas(request);
    const { modelName, blobs } = about;
    const { prompt, system, raw, images } = request;
    if (raw) return completed(request, about, reading);
    const content = images?.length ? [{ type: 'text', text: prompt }, ...mediaParts(images, blobs)] : prompt;
    const messages = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content }];
    const call = {
      path: CHAT,
      body: { ...textBody(modelName, request, reading.dialect), messages },
      form: 'response',
    } as const;
    return withShorterAnswer(call, withoutLimit, modelName, reading);
  },

  CHAT: (request, { modelName, blobs }, reading) => {
    refuseWhatIsOllamas(request);
    const messages = openAiMessages(request.messages, blobs, reading.dialect);
    const { tools } = request;
    const common = textBody(modelName, request, reading.dialect);
    const body = { ...common, messages, tools: tools?.length ? tools : undefined };
    return withShorterAnswer({ path: CHAT, body, form: 'message' }, withoutLimit, modelName, reading);
  },

  EMBED: (request, { modelName }, { connection, dialect, clock, signal }) =>
    embed(request, { connection, modelName, dialect, signal, monotonic: () => clock.monotonic() }),
};

/** Runs a job. @param contextLength tokens of a slot @throws BackendError, or the signal's reason */
export function runOn(run: RunRequest, contextLength: number, reading: Reading): Promise<JobResult> {
  const call = CALLS[run.request.kind] as Run<JobKind>;
  const about = { modelName: run.modelName, blobs: run.blobs, contextLength };
  return withWholePrompt(run, contextLength, (request) => call(request, about, reading));
}

const CHAT = '/v1/chat/completions';

interface TextCall {
  readonly path: string;
  readonly body: JsonObject;
  readonly form: RecordForm;
}

/** A prompt as it is. A completion that names no length is one of sixteen tokens in this API, so it names what the context has room for. */
function completed(
  request: GenerateRequest,
  { modelName, contextLength }: About,
  reading: Reading,
): Promise<JobResult> {
  const { prompt, images, logprobs, topLogprobs } = request;
  if (images?.length) throw notIn("OpenAI's API", 'images with a raw prompt');
  const common = textBody(modelName, request, reading.dialect);
  const body = {
    ...common,
    prompt,
    max_tokens: common.max_tokens ?? Math.max(LEAST_ANSWER, contextLength - likelyTokens(prompt)),
    logprobs: logprobs ? topLogprobs || 1 : undefined,
    top_logprobs: undefined,
  };
  const call = { path: '/v1/completions', body, form: 'response' } as const;
  return withShorterAnswer(call, halfAsLong, modelName, reading);
}

const LEAST_ANSWER = 16;
const CHARACTERS_OF_A_TOKEN = 3;

function likelyTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_OF_A_TOKEN);
}

type Limit = (body: JsonObject) => JsonObject | null;

/** A chat without a limit may be as long as there is room. */
const withoutLimit: Limit = ({ max_tokens, ...body }) => (max_tokens === undefined ? null : body);

const halfAsLong: Limit = ({ max_tokens, ...body }) =>
  typeof max_tokens === 'number' && max_tokens > LEAST_ANSWER
    ? { ...body, max_tokens: Math.floor(max_tokens / 2) }
    : null;

/** An answer may be asked to be longer than there is room for: an Ollama ends it where the context does, and some of these servers refuse it. */
async function withShorterAnswer(
  call: TextCall,
  shorter: Limit,
  modelName: string,
  reading: Reading,
): Promise<JobResult> {
  try {
    return await streamed(call, modelName, reading);
  } catch (error) {
    const { otherLimits } = reading;
    if (error instanceof OtherLimitError && otherLimits && !otherLimits.has(modelName)) {
      otherLimits.add(modelName);
      return withShorterAnswer(call, shorter, modelName, reading);
    }
    const body = error instanceof AnswerTooLongError ? shorter(call.body) : null;
    if (body === null) throw error;
    return withShorterAnswer({ ...call, body }, shorter, modelName, reading);
  }
}

function streamed({ path, body, form }: TextCall, modelName: string, reading: Reading): Promise<JobResult> {
  const limited = reading.otherLimits?.has(modelName) ? withOtherLimit(body) : body;
  const pieces = reading.connection.stream(path, limited, reading.signal);
  return gathered(pieces, { modelName, form }, reading);
}

function withOtherLimit({ max_tokens, ...body }: JsonObject): JsonObject {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens };
}

interface GatherParts extends Pick<Reading, 'sink' | 'signal'> {
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
}

/** The answer that comes in pieces of OpenAI's form. @throws BackendError, or the signal's reason */
export async function gathered(
  pieces: AsyncIterable<JsonObject>,
  { modelName, form }: { readonly modelName: string; readonly form: RecordForm },
  { clock, sink, signal }: GatherParts,
): Promise<JobResult> {
  signal.throwIfAborted();
  const answer = new TextAnswer({
    modelName,
    form,
    sink: (record) => {
      if (!signal.aborted) sink(record);
    },
    monotonic: () => clock.monotonic(),
    now: () => clock.now(),
  });
  try {
    for await (const piece of pieces) answer.add(piece);
  } catch (error) {
    if (signal.aborted || !answer.isComplete) throw error;
  }
  return answer.end();
}

const OLLAMAS_OWN = ['template', 'context', 'debugRenderOnly', 'suffix'] as const;
type OllamasOwn = (typeof OLLAMAS_OWN)[number];

/** What a request can ask of an Ollama alone. @throws BackendError naming it */
export function refuseWhatIsOllamas(
  request: Partial<Pick<GenerateRequest, OllamasOwn>>,
  api = "OpenAI's API",
): void {
  const asked = OLLAMAS_OWN.find((name) => request[name]);
  if (asked !== undefined) throw notIn(api, asked);
}

/** @param what of a request is missing there */
export function notIn(api: string, what: string): BackendError {
  return new BackendError(
    'REQUEST_REJECTED',
    'none',
    `This model is served by ${api}, which has no ${what}. Leave it out, or run the job on an Ollama.`,
    { aboutRequest: true },
  );
}

/** The table of how a server of OpenAI's API is asked for a job of each kind, and how its answer is read. */
import type { Clock } from '../../clock.ts';
import type { OutputSink, RunRequest } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { GenerateRequest, JobKind, RequestOf } from '../../domain/request.ts';
import { imageParts, openAiMessage, textBody } from './chat-body.ts';
import type { OpenAiConnection } from './connection.ts';
import { embed } from './embed-answer.ts';
import { type RecordForm, TextAnswer } from './text-answer.ts';

export interface Reading {
  readonly connection: OpenAiConnection;
  readonly clock: Clock;
  readonly sink: OutputSink;
  readonly signal: AbortSignal;
}

type Run<K extends JobKind> = (
  request: RequestOf<K>,
  about: Pick<RunRequest, 'modelName' | 'blobs'>,
  reading: Reading,
) => Promise<JobResult>;

const CALLS: { readonly [K in JobKind]: Run<K> } = {
  GENERATE: (request, { modelName, blobs }, reading) => {
    refuseWhatIsOllamas(request);
    const common = textBody(modelName, request);
    const { prompt, system, suffix, raw, images } = request;
    if (raw || suffix !== undefined)
      return streamed('/v1/completions', { ...common, prompt, suffix }, 'response', modelName, reading);
    const content = images?.length ? [{ type: 'text', text: prompt }, ...imageParts(images, blobs)] : prompt;
    const messages = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content }];
    return streamed('/v1/chat/completions', { ...common, messages }, 'response', modelName, reading);
  },

  CHAT: (request, { modelName, blobs }, reading) => {
    refuseWhatIsOllamas(request);
    const messages = request.messages.map((message) => openAiMessage(message, blobs));
    const { tools } = request;
    const body = { ...textBody(modelName, request), messages, tools: tools?.length ? tools : undefined };
    return streamed('/v1/chat/completions', body, 'message', modelName, reading);
  },

  EMBED: (request, { modelName }, { connection, clock, signal }) =>
    embed(request, { connection, modelName, signal, monotonic: () => clock.monotonic() }),
};

/** Runs a job. @throws BackendError, or the signal's reason */
export function runOn(run: RunRequest, reading: Reading): Promise<JobResult> {
  const call = CALLS[run.request.kind] as Run<JobKind>;
  return call(run.request, run, reading);
}

async function streamed(
  path: string,
  body: JsonObject,
  form: RecordForm,
  modelName: string,
  { connection, clock, sink, signal }: Reading,
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
  for await (const piece of connection.stream(path, body, signal)) answer.add(piece);
  return answer.end();
}

const OLLAMAS_OWN = ['template', 'context', 'debugRenderOnly'] as const;
type OllamasOwn = (typeof OLLAMAS_OWN)[number];

/** What a request can ask of an Ollama alone. @throws BackendError naming it */
function refuseWhatIsOllamas(request: Partial<Pick<GenerateRequest, OllamasOwn>>): void {
  const asked = OLLAMAS_OWN.find((name) => request[name]);
  if (asked === undefined) return;
  throw new BackendError(
    'REQUEST_REJECTED',
    'none',
    `This model is served by OpenAI's API, which has no ${asked}. Leave it out, or run the job on an Ollama.`,
    { aboutRequest: true },
  );
}

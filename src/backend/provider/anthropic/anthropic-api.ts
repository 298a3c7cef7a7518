/** Anthropic's own API, at https://api.anthropic.com and where others have the same. */
import type { Clock } from '../../../clock.ts';
import type { RunRequest } from '../../../domain/backend.ts';
import type { JobResult } from '../../../domain/job.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { ChatRequest, GenerateRequest, JobRequest } from '../../../domain/request.ts';
import { gathered, notIn, refuseWhatIsOllamas } from '../../openai/calls.ts';
import { AnswerTooLongError, refusal } from '../../openai/errors.ts';
import { withWholePrompt } from '../../openai/shorter.ts';
import type { ProviderApi, RunParts } from '../provider-api.ts';
import { API, messagesBody } from './body.ts';
import { openAiPieces } from './pieces.ts';

const VERSION = '2023-06-01';
const LEAST_ANSWER = 16;

export function anthropicApi(clock: Pick<Clock, 'monotonic' | 'now'>): ProviderApi {
  return {
    version: VERSION,
    manner: {
      api: API,
      product: { name: 'The provider', start: 'Look whether it has an outage' },
      refusal,
    },
    headers: { 'anthropic-version': VERSION },
    embeds: false,
    usualContext: 200_000,
    // More than there are, so that one page has all.
    listPath: '/v1/models?limit=1000',
    run: (run, parts) =>
      withWholePrompt(run, parts.contextLength, (request) =>
        answered(
          {
            form: request.kind === 'CHAT' ? 'message' : 'response',
            body: messagesBody({ ...run, request: textRequest(request) }, parts.maxTokens),
          },
          run,
          parts,
          clock,
        ),
      ),
  };
}

/** @throws BackendError for what the API does not have */
function textRequest(request: JobRequest): GenerateRequest | ChatRequest {
  if (request.kind === 'EMBED') throw notIn(API, 'embeddings');
  refuseWhatIsOllamas(request, API);
  return request;
}

interface Call {
  readonly form: 'message' | 'response';
  readonly body: JsonObject;
}

/** An answer may be asked to be longer than the model writes: it is asked for with as much as there is room for. */
async function answered(
  { form, body }: Call,
  run: RunRequest,
  parts: RunParts,
  clock: Pick<Clock, 'monotonic' | 'now'>,
): Promise<JobResult> {
  const { connection, sink, signal } = parts;
  const pieces = openAiPieces(connection.stream('/v1/messages', body, signal));
  try {
    return await gathered(pieces, { modelName: run.modelName, form }, { clock, sink, signal });
  } catch (error) {
    const next = error instanceof AnswerTooLongError ? shorter(body, error) : null;
    if (next === null) throw error;
    return answered({ form, body: next }, run, parts, clock);
  }
}

/** `max_tokens: 90000 > 8192, which is the maximum allowed` names it; else half as much. */
function shorter({ thinking, ...body }: JsonObject, error: AnswerTooLongError): JsonObject | null {
  const asked = Number(body.max_tokens);
  const [, named] = /max_tokens: \d+ > (\d+)/.exec(error.answer?.body ?? '') ?? [];
  const most = named === undefined ? Math.floor(asked / 2) : Number(named);
  if (most < LEAST_ANSWER || most >= asked) return null;
  const budget = Number((thinking as JsonObject | undefined)?.budget_tokens ?? 0);
  // Thinking has to leave room for an answer.
  return { ...body, max_tokens: most, ...(budget > 0 && budget < most && { thinking }) };
}

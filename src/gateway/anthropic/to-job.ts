/** Requests of Anthropic's API as jobs: as a chat of Ollama's, with the options that its server makes of them. */
import type { JsonObject } from '../../domain/json.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import type { ChatRequest } from '../../ollama-api/request-shapes.ts';
import type { RequestedJob } from '../ollama/submissions.ts';
import { ollamaMessages } from './conversation.ts';
import type { MessagesRequest } from './shapes.ts';
import { ollamaTools } from './tools.ts';

export interface MessagesJob extends RequestedJob {
  readonly metadata?: JsonObject;
}

/** More of a user's id is no id. */
const MOST_USER_ID = 1_024;

/** Whom the caller says that it asks for. */
export function userOf({ metadata }: MessagesRequest): Pick<MessagesJob, 'metadata'> {
  if (!metadata?.user_id) return {};
  return { metadata: { user_id: metadata.user_id.slice(0, MOST_USER_ID).toWellFormed() } };
}

/** @throws OllamaError 400 */
export function chatRequest(body: MessagesRequest): ChatRequest {
  return {
    model: body.model,
    messages: ollamaMessages(body),
    tools: ollamaTools(body),
    think: thinkOf(body),
    options: optionsOf(body),
    keep_alive: body.keep_alive,
    truncate: body.truncate,
    stream: body.stream,
    format: undefined,
    shift: undefined,
    _debug_render_only: undefined,
    logprobs: undefined,
    top_logprobs: 0,
  };
}

/** What the request says counts more than its `options`. */
function optionsOf(body: MessagesRequest): Readonly<Record<string, unknown>> {
  const said = {
    num_predict: body.max_tokens,
    temperature: body.temperature,
    top_p: body.top_p,
    top_k: body.top_k,
    stop: body.stop_sequences?.length ? body.stop_sequences : undefined,
    num_ctx: body.num_ctx,
  };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return { ...body.options, ...Object.fromEntries(given) };
}

const EFFORTS: ReadonlyMap<string, Think> = new Map<string, Think>([
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'max'],
]);

/** `adaptive` leaves it to the effort, and that to the model. */
function thinkOf({ thinking, output_config: output, think }: MessagesRequest): Think | undefined {
  if (thinking?.type === 'enabled') return true;
  if (thinking?.type === 'disabled') return false;
  return EFFORTS.get(output?.effort.trim().toLowerCase() ?? '') ?? think;
}

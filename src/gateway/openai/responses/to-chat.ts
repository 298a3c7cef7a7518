/** Requests of `/v1/responses` as chats of Ollama's, with the options that its server makes of them. */
import type { ChatRequest } from '../../../ollama-api/request-shapes.ts';
import { NOTHING_SAID, optionsOf, thinkOfEffort } from '../requests.ts';
import { ollamaMessages } from './conversation.ts';
import type { ResponsesRequest } from './shapes.ts';
import { ollamaTools } from './tools.ts';

/** @throws OllamaError 400 */
export function chatRequest(body: ResponsesRequest): ChatRequest {
  const { max_output_tokens, model, reasoning, temperature, text, think, top_p, truncation } = body;
  return {
    ...NOTHING_SAID,
    model,
    messages: ollamaMessages(body),
    // What a model has for its own `top_p` holds here.
    options: optionsOf(body, { temperature: 1 }, { num_predict: max_output_tokens, temperature, top_p }),
    think: think ?? thinkOfEffort(reasoning.effort),
    tools: ollamaTools(body),
    format: text?.format?.type === 'json_schema' ? text.format.schema : undefined,
    // OpenAI's name for it: the beginning may be left out.
    truncate: truncation === 'auto' ? true : body.truncate,
    keep_alive: body.keep_alive,
    logprobs: undefined,
    top_logprobs: 0,
    _debug_render_only: undefined,
  };
}

/** The object that `/v1/responses` answers with. Nothing is kept of it, so that no later request can refer to it. */
import type { Json, JsonObject } from '../../../domain/json.ts';
import { usageOf } from '../text-answer.ts';
import type { ResponsesRequest, Tool } from './shapes.ts';

/** What of an answer its request decides. */
export interface ResponseTerms {
  /** With the prefix `resp_`. The ids of its items are made of it. */
  readonly id: string;
  /** As `echoOf` made it. */
  readonly echo: JsonObject;
  /** The model was offered a search that OpenAI's servers would make. */
  readonly searchesWeb: boolean;
}

/** What a response says again of its request. */
export function echoOf(body: ResponsesRequest): JsonObject {
  const { background, instructions, max_output_tokens, model, temperature, tool_choice, top_p } = body;
  return {
    model,
    instructions: instructions || null,
    tools: body.tools?.map(toolOf) ?? [],
    tool_choice: tool_choice === 'none' ? 'none' : 'auto',
    truncation: body.truncation ?? 'disabled',
    text: { format: formatOf(body.text?.format) },
    top_p: top_p ?? 1,
    temperature: temperature ?? 1,
    reasoning: reasoningOf(body.reasoning),
    max_output_tokens: max_output_tokens ?? null,
    background: background ?? false,
  };
}

export interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly output: readonly JsonObject[];
  /** In seconds since the epoch, as the next one. */
  readonly createdAt: number;
  readonly completedAt: number | null;
  readonly usage: JsonObject | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function responseObject({ id, echo }: ResponseTerms, state: ResponseState): JsonObject {
  return {
    id,
    object: 'response',
    created_at: state.createdAt,
    completed_at: state.completedAt,
    status: state.status,
    incomplete_details: null,
    previous_response_id: null,
    output: state.output,
    error: state.error,
    ...echo,
    parallel_tool_calls: true,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    usage: state.usage,
    max_tool_calls: null,
    store: false,
    service_tier: 'default',
    metadata: {},
    safety_identifier: null,
    prompt_cache_key: null,
  };
}

/** @param record the last one of a chat */
export function responseUsage(record: JsonObject): JsonObject {
  const { prompt_tokens: input, completion_tokens: output, total_tokens } = usageOf(record);
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
}

function toolOf({ type, name, description, strict, parameters, tools }: Tool): JsonObject {
  return {
    type,
    name,
    description: description ?? null,
    strict: strict ?? null,
    parameters: (parameters as JsonObject | undefined) ?? null,
    ...(tools?.length && { tools: tools.map(toolOf) }),
  };
}

type Format = NonNullable<NonNullable<ResponsesRequest['text']>['format']>;

function formatOf(format: Format | undefined): JsonObject {
  if (!format) return { type: 'text' };
  const { type, name, schema, strict } = format;
  return {
    type,
    ...(name !== '' && { name }),
    ...(schema !== undefined && { schema: JSON.parse(schema) as Json }),
    ...(strict !== undefined && { strict }),
  };
}

function reasoningOf({ effort, summary }: ResponsesRequest['reasoning']): JsonObject | null {
  return effort === '' && summary === '' ? null : { effort: effort || null, summary: summary || null };
}

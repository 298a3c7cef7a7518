/** The events of Anthropic's streamed answers, as pieces of OpenAI's, which are read already. */
import { z } from 'zod';
import type { JsonObject } from '../../../domain/json.ts';

const count = z.number().min(0).nullish();

const usage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  /** Neither is among the input tokens. */
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
});
type Usage = z.infer<typeof usage>;

const messageStart = z.looseObject({ message: z.looseObject({ usage: usage.nullish() }) });
const blockStart = z.looseObject({
  index: z.number(),
  content_block: z.looseObject({ type: z.string(), id: z.string().nullish(), name: z.string().nullish() }),
});
const blockDelta = z.looseObject({
  index: z.number(),
  delta: z.looseObject({
    type: z.string(),
    text: z.string().nullish(),
    thinking: z.string().nullish(),
    partial_json: z.string().nullish(),
  }),
});
const messageDelta = z.looseObject({
  delta: z.looseObject({ stop_reason: z.string().nullish() }),
  usage: usage.nullish(),
});

/** Everything else ends an answer in order. */
const FINISH: Readonly<Record<string, string>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** Ends with the event that ends the answer, whatever the connection does. */
export async function* openAiPieces(
  events: AsyncIterable<JsonObject>,
): AsyncGenerator<JsonObject, void, void> {
  let used: Usage = {};
  for await (const event of events) {
    if (event.type === 'message_stop') return;
    if (event.type === 'message_start') {
      used = messageStart.safeParse(event).data?.message.usage ?? {};
      continue;
    }
    const ended = event.type === 'message_delta' ? messageDelta.safeParse(event).data : undefined;
    if (ended) {
      used = { ...used, ...known(ended.usage) };
      const reason = ended.delta.stop_reason;
      if (reason) yield piece({}, used, FINISH[reason] ?? 'stop');
      continue;
    }
    const delta = deltaOf(event);
    if (delta) yield piece(delta);
  }
}

function deltaOf(event: JsonObject): JsonObject | null {
  if (event.type === 'content_block_start') {
    const { index, content_block: block } = blockStart.safeParse(event).data ?? {};
    if (block?.type !== 'tool_use') return null;
    return { tool_calls: [{ index, id: block.id, function: { name: block.name, arguments: '' } }] };
  }
  if (event.type !== 'content_block_delta') return null;
  const { index, delta } = blockDelta.safeParse(event).data ?? {};
  switch (delta?.type) {
    case 'text_delta':
      return { content: delta.text };
    case 'thinking_delta':
      return { reasoning: delta.thinking };
    case 'input_json_delta':
      return { tool_calls: [{ index, function: { arguments: delta.partial_json } }] };
    default:
      // A signature, or what nobody knew when this was written.
      return null;
  }
}

function piece(delta: JsonObject, used?: Usage, finish?: string): JsonObject {
  return {
    choices: [{ delta, finish_reason: finish }],
    usage: used && {
      prompt_tokens: promptTokens(used),
      completion_tokens: used.output_tokens ?? 0,
      prompt_tokens_details: { cached_tokens: used.cache_read_input_tokens ?? 0 },
    },
  };
}

function promptTokens({
  input_tokens: read,
  cache_read_input_tokens: cached,
  cache_creation_input_tokens: written,
}: Usage): number {
  return (read ?? 0) + (cached ?? 0) + (written ?? 0);
}

/** Later counts are of the whole; what is not said again stays. */
function known(later: Usage | null | undefined): Usage {
  return Object.fromEntries(
    Object.entries(later ?? {}).filter(([, value]) => value !== null && value !== undefined),
  );
}

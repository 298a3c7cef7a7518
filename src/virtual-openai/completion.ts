/** What a virtual model says: the same to the same request. */
import type { Json, JsonObject } from '../domain/json.ts';

export interface Said {
  readonly thinking: readonly string[];
  readonly words: readonly string[];
  readonly toolCalls: readonly JsonObject[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  readonly promptTokens: number;
}

const WORDS = 'The virtual server answers every question with the same calm words in the same order.'.split(
  ' ',
);
const USUAL_TOKENS = 16;

/** About as many as a tokenizer finds in English. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** @param body of a chat or a completion @param contextLength tokens; the answer ends where it does */
export function say(body: JsonObject, contextLength: number): Said {
  const prompt = promptText(body);
  const promptTokens = tokensOf(prompt);
  const limit = body.max_completion_tokens ?? body.max_tokens;
  const wish = typeof limit === 'number' ? limit : USUAL_TOKENS;
  const most = Math.min(wish, Math.max(0, contextLength - promptTokens));
  const [tool] = Array.isArray(body.tools) ? body.tools : [];
  if (tool && !prompt.includes('tool:')) {
    const name = ((tool as JsonObject).function as JsonObject | undefined)?.name ?? 'tool';
    const call = { id: 'call_0', type: 'function', function: { name, arguments: '{"place":"here"}' } };
    return { thinking: [], words: [], toolCalls: [call], finishReason: 'tool_calls', promptTokens };
  }
  const words = wanted(body.response_format) ?? endless(most);
  const kwargs = body.chat_template_kwargs as JsonObject | undefined;
  const thinking = kwargs?.enable_thinking ? ['Let me ', 'think.'] : [];
  const finishReason = words.length >= most ? 'length' : 'stop';
  return { thinking, words: words.slice(0, most), toolCalls: [], finishReason, promptTokens };
}

function endless(most: number): readonly string[] {
  return Array.from({ length: most }, (_, i) => `${i === 0 ? '' : ' '}${WORDS[i % WORDS.length]}`);
}

/** JSON where a form is asked for. */
function wanted(format: Json | undefined): readonly string[] | null {
  const type = (format as JsonObject | undefined)?.type;
  if (type !== 'json_object' && type !== 'json_schema') return null;
  return ['{"answer"', ':', '"yes"', '}'];
}

/** The text of a prompt, or of all messages with their roles. */
export function promptText(body: JsonObject): string {
  if (typeof body.prompt === 'string') return body.prompt;
  const messages = Array.isArray(body.messages) ? (body.messages as readonly JsonObject[]) : [];
  return messages.map(({ role, content }) => `${role}: ${contentText(content)}`).join('\n');
}

function contentText(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => String((part as JsonObject).text ?? '')).join(' ');
}

/** Of the length 1, by the text alone. */
export function vectorOf(text: string, dimensions: number): Float32Array {
  let state = 2_166_136_261;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  const numbers = Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const norm = Math.hypot(...numbers);
  return numbers.map((each) => each / norm);
}

/** The items of an input as the messages of a chat: what belongs to one turn of the model becomes one message of it. */
import { append } from '../../../domain/long-lists.ts';
import { OllamaError } from '../../../ollama-api/errors.ts';
import { go } from '../../../ollama-api/go-decode.ts';
import { JsonText } from '../../../ollama-api/json-text.ts';
import { toolArguments } from '../../../ollama-api/request-fields.ts';
import type { ChatRequest } from '../../../ollama-api/request-shapes.ts';
import { imageOf } from '../messages.ts';
import type { Content, InputItem, InputMessage } from './input.ts';
import type { ResponsesRequest } from './shapes.ts';

type OllamaMessage = NonNullable<ChatRequest['messages']>[number];
type ToolCall = NonNullable<OllamaMessage['tool_calls']>[number];
type FunctionCall = Extract<InputItem, { readonly type: 'function_call' }>;

/** @throws OllamaError 400 */
export function ollamaMessages({
  instructions,
  input,
}: Pick<ResponsesRequest, 'instructions' | 'input'>): readonly OllamaMessage[] {
  const conversation = new Conversation();
  if (instructions !== '') conversation.say({ role: 'system', content: instructions });
  if (typeof input === 'string') {
    if (input !== '') conversation.say({ role: 'user', content: input });
    return conversation.end();
  }
  for (const [at, item] of input.entries()) conversation.add(item, input[at + 1]);
  return conversation.end();
}

/** A message that may still grow. */
interface Draft extends OllamaMessage {
  content: string;
  thinking: string;
  readonly images: string[];
  readonly tool_calls: ToolCall[];
}

class Conversation {
  readonly #messages: Draft[] = [];
  /** Was thought before the next thing that the model says. */
  #thinking = '';

  say(said: Partial<Draft> & Pick<Draft, 'role'>): void {
    const empty = { content: '', thinking: '', images: [], tool_calls: [], tool_name: '', tool_call_id: '' };
    this.#messages.push({ ...empty, ...said });
  }

  add(item: InputItem, next: InputItem | undefined): void {
    switch (item.type) {
      case 'reasoning':
        this.#thinking = item.encrypted_content;
        return;
      case 'message':
        this.#message(item, next);
        return;
      case 'function_call':
        this.#call(item);
        return;
      case 'function_call_output':
        this.say({ role: 'tool', ...said(item.content), tool_call_id: item.call_id });
        return;
      case 'web_search_call':
        // What was found is told by the message after it.
        return;
      default:
        item satisfies never;
    }
  }

  end(): readonly OllamaMessage[] {
    if (this.#thinking !== '') this.say({ role: 'assistant', thinking: this.#takeThinking() });
    return this.#messages;
  }

  #message({ role, content }: InputMessage, next: InputItem | undefined): void {
    const message = said(content);
    const thinking = role === 'assistant' ? this.#takeThinking() : '';
    const caller = role === 'assistant' ? this.#callerAnsweredBy(next) : undefined;
    if (!caller) {
      this.say({ role, ...message, thinking });
      return;
    }
    caller.content = [caller.content, message.content].filter((text) => text !== '').join('\n');
    append(caller.images, message.images);
    caller.thinking = thinking || caller.thinking;
  }

  /** What is said between a call and what came of it belongs to the message that calls, so that the answer follows its call. */
  #callerAnsweredBy(item: InputItem | undefined): Draft | undefined {
    if (item?.type !== 'function_call_output' || item.call_id === '') return undefined;
    const last = this.#lastOfModel();
    return last?.tool_calls.some(({ id }) => id === item.call_id) ? last : undefined;
  }

  #call(item: FunctionCall): void {
    const call = toolCall(item);
    const thinking = this.#takeThinking();
    const last = this.#lastOfModel();
    if (!last) {
      this.say({ role: 'assistant', thinking, tool_calls: [call] });
      return;
    }
    last.tool_calls.push(call);
    last.thinking = thinking || last.thinking;
  }

  #lastOfModel(): Draft | undefined {
    const last = this.#messages.at(-1);
    return last?.role === 'assistant' ? last : undefined;
  }

  #takeThinking(): string {
    const thinking = this.#thinking;
    this.#thinking = '';
    return thinking;
  }
}

/** All of its texts as one, and its images. */
function said(contents: readonly Content[]): { readonly content: string; readonly images: string[] } {
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of contents) {
    switch (part.type) {
      case 'input_text':
      case 'output_text':
        texts.push(part.text);
        break;
      case 'input_image':
        // One that was uploaded before has no address, and nothing here keeps images.
        if (part.image_url !== '') images.push(imageOf(part.image_url));
        break;
      case 'input_file':
        throw new OllamaError(400, 'file inputs are not currently supported');
      default:
        part satisfies never;
    }
  }
  return { content: texts.join(''), images };
}

function toolCall({ call_id: id, name, arguments: text }: FunctionCall): ToolCall {
  return { id, function: { index: 0, name, arguments: text === '' ? {} : argumentsOf(text) } };
}

function argumentsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return go.unmarshal(toolArguments(), JsonText.only(text)) ?? {};
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OllamaError(400, `failed to parse function call arguments: ${why}`, { cause: error });
  }
}

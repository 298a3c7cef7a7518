/** How many tokens a request may have, before a model has read it. */
import { stringifyGo } from '../../ollama-api/go-json.ts';
import { systemText } from './conversation.ts';
import type { Block, Conversation } from './shapes.ts';

/** Of text in most languages; only the model's own tokeniser knows. */
const CHARACTERS_PER_TOKEN = 4;

/** An estimate by the characters of all that is said. What images take depends on the model, and is left out. */
export function estimatedTokens({
  system,
  messages,
  tools,
}: Pick<Conversation, 'system' | 'messages' | 'tools'>): number {
  const characters =
    systemText(system).length +
    sum(messages ?? [], ({ content }) =>
      typeof content === 'string' ? content.length : sum(content, ofBlock),
    ) +
    sum(tools ?? [], (tool) => tool.name.length + tool.description.length + (tool.input_schema?.length ?? 0));
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

function ofBlock({ text, thinking, name, input, content }: Block): number {
  const called = input ? stringifyGo(input).length : 0;
  return text.length + thinking.length + name.length + called + systemText(content).length;
}

function sum<T>(list: readonly T[], count: (item: T) => number): number {
  return list.reduce((total, item) => total + count(item), 0);
}

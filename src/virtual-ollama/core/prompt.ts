import { stringifyDeep } from '../../domain/deep-json.ts';
import type { CatalogModel } from './catalog.ts';
import { countTokens } from './text.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly thinking?: string | undefined;
  readonly images?: readonly string[] | undefined;
  readonly toolCalls?: readonly unknown[] | undefined;
}

/** What an image is worth. */
const TOKENS_PER_IMAGE = 768;

/** The prompt as the virtual engine's chat template makes it: `role: content`, one message a line. */
export function renderChat(messages: readonly ChatMessage[]): string {
  return messages
    .map((message) => {
      const calls = message.toolCalls?.length ? ` ${stringifyDeep(message.toolCalls)}` : '';
      return `${message.role}: ${message.content}${calls}`;
    })
    .join('\n');
}

export function promptTokens(text: string, images: number, model: CatalogModel): number {
  return countTokens(text) + (model.capabilities.includes('vision') ? TOKENS_PER_IMAGE * images : 0);
}

const imagesIn = (messages: readonly ChatMessage[]) =>
  messages.reduce((sum, message) => sum + (message.images?.length ?? 0), 0);

export const countImages = imagesIn;

/** The system messages before `from`, then everything from there on. */
function keepFrom(messages: readonly ChatMessage[], from: number): ChatMessage[] {
  const system = messages.slice(0, from).filter((message) => message.role === 'system');
  return [...system, ...messages.slice(from)];
}

/** Drops the oldest messages until the prompt fits; system messages and the last one always stay. */
export function truncateChat(
  messages: readonly ChatMessage[],
  numCtx: number,
  model: CatalogModel,
): ChatMessage[] {
  for (let from = 0; from < messages.length - 1; from++) {
    const kept = keepFrom(messages, from);
    if (promptTokens(renderChat(kept), imagesIn(kept), model) <= numCtx) return kept;
  }
  return keepFrom(messages, Math.max(0, messages.length - 1));
}

export interface TemplateValues {
  readonly system: string;
  readonly prompt: string;
  readonly suffix: string;
}

const TEMPLATE_FIELD = /\{\{-?\s*\.(System|Prompt|Suffix|Response)\s*-?\}\}/g;
const TEMPLATE_CONDITION = /\{\{-?\s*if\s+\.(System|Prompt|Suffix)\s*-?\}\}([\s\S]*?)\{\{-?\s*end\s*-?\}\}/g;

/** Fills a Go template's fields and plain conditions. Anything further in it stays as it is. */
export function renderTemplate(template: string, values: TemplateValues): string {
  const value = (name: string) =>
    name === 'System'
      ? values.system
      : name === 'Prompt'
        ? values.prompt
        : name === 'Suffix'
          ? values.suffix
          : '';
  return template
    .replace(TEMPLATE_CONDITION, (_, name: string, body: string) => (value(name) ? body : ''))
    .replace(TEMPLATE_FIELD, (_, name: string) => value(name));
}

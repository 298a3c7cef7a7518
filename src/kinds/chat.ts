/** The kind of job that asks for the next message of a conversation. */
import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import { imageFields, json, jsonObject, ofText, optional, text, withImages } from './fields.ts';
import type { JobKindSpec, Lack } from './kind.ts';
import { imageLacks, textLacks } from './text-lacks.ts';

const message = z
  .object({
    role: z.enum(['SYSTEM', 'USER', 'ASSISTANT', 'TOOL']),
    content: text,
    thinking: optional(text),
    ...imageFields,
    toolCalls: optional(json),
    toolName: optional(text),
    toolCallId: optional(text),
  })
  .transform(withImages);

/** The next message of a conversation. */
export const chat: JobKindSpec<'CHAT'> = {
  description: 'The next message of a conversation.',
  field: 'chat',
  tellingField: 'messages',
  result: 'text',
  shape: {
    ...ofText,
    messages: z.array(message).min(1, 'must have at least one message.'),
    tools: optional(z.array(jsonObject).max(256, 'at most 256 tools.')),
  },

  mapImages(request, map) {
    return {
      ...request,
      messages: request.messages.map((each) => ({ ...each, images: each.images?.map(map) })),
    };
  },

  prompts({ messages, tools }) {
    const said = messages.flatMap(({ content, toolCalls }) => [content, jsonText(toolCalls)]);
    const images = messages.reduce((sum, each) => sum + (each.images?.length ?? 0), 0);
    return [{ texts: [...said, jsonText(tools)], turns: messages.length, images, tokens: 0 }];
  },

  cutsUnlessForbidden: false,

  lacks(request, can): readonly Lack[] {
    return textLacks(can, request.think, [
      ...request.messages.flatMap((each, index) => imageLacks(can, each.images, ['messages', String(index)])),
      ...(request.tools?.length && !can('tools') ? [{ path: ['tools'], what: 'does not use tools' }] : []),
    ]);
  },
};

function jsonText(value: Json | undefined): string {
  return value === undefined ? '' : JSON.stringify(value);
}

/** What was said and what is set: a value that questions, answers and `/` commands make anew. Pure. */
import { z } from 'zod';
import type { ChatMessageInput, SubmitJobInput, ThinkLevel } from '../../client/generated/graphql.ts';
import type { JobPriority } from '../../domain/job.ts';
import { CommandError } from '../exit.ts';
import { optionsOf, type Parameters } from './parameters.ts';

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  /** Base64. */
  readonly images?: readonly string[] | undefined;
}

export interface Conversation {
  readonly model: string;
  readonly system: string | null;
  /** `json`, or a JSON Schema. */
  readonly format: unknown;
  /** Null leaves it to the model. */
  readonly think: ThinkLevel | null;
  readonly parameters: Parameters;
  /** Oldest first; a question and its answer by turns. */
  readonly messages: readonly ChatMessage[];
}

export function newConversation(model: string): Conversation {
  return { model, system: null, format: null, think: null, parameters: {}, messages: [] };
}

/** The job that answers its last message. */
export function jobOf(conversation: Conversation, priority: JobPriority): SubmitJobInput {
  const { model, system, format, think, parameters, messages } = conversation;
  const first: ChatMessageInput[] = system === null ? [] : [{ role: 'SYSTEM', content: system }];
  const options = optionsOf(parameters);
  return {
    model,
    priority,
    request: {
      chat: {
        messages: [...first, ...messages.map(inputOf)],
        // Of a conversation that outgrows the model its oldest messages are left out: whoever talks would rather go on, and is told.
        truncate: true,
        ...(format === null ? {} : { format }),
        ...(think === null ? {} : { think }),
        ...(options === undefined ? {} : { options }),
      },
    },
  };
}

function inputOf({ role, content, images }: ChatMessage): ChatMessageInput {
  return {
    role: role === 'user' ? 'USER' : 'ASSISTANT',
    content,
    ...(images?.length ? { images: [...images] } : {}),
  };
}

export function asked(conversation: Conversation, question: ChatMessage): Conversation {
  return { ...conversation, messages: [...conversation.messages, question] };
}

export function answered(conversation: Conversation, text: string): Conversation {
  return { ...conversation, messages: [...conversation.messages, { role: 'assistant', content: text }] };
}

/** Its last question, and the conversation before it; null where nothing was asked. */
export function lastQuestion(
  conversation: Conversation,
): { readonly before: Conversation; readonly question: ChatMessage } | null {
  const at = conversation.messages.findLastIndex(({ role }) => role === 'user');
  const question = conversation.messages[at];
  if (!question) return null;
  return { before: { ...conversation, messages: conversation.messages.slice(0, at) }, question };
}

const saved = z.object({
  model: z.string().min(1),
  system: z.string().nullable().default(null),
  format: z.unknown().default(null),
  think: z.enum(['ON', 'OFF', 'LOW', 'MEDIUM', 'HIGH', 'MAX']).nullable().default(null),
  parameters: z
    .record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.array(z.string())]))
    .default({}),
  messages: z.array(
    z.object({
      role: z.enum(['user', 'assistant']),
      content: z.string(),
      images: z.array(z.string()).optional(),
    }),
  ),
});

export function savedText(conversation: Conversation): string {
  return `${JSON.stringify(conversation, null, 2)}\n`;
}

/** @param source for messages. @throws CommandError that says what is wrong with it */
export function parseSaved(text: string, source: string): Conversation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandError(`${source} holds no conversation: it is not JSON.`, { cause: error });
  }
  const result = saved.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  throw new CommandError(
    `${source} holds no conversation${where}: ${issue?.message ?? 'it has another form'}.`,
  );
}

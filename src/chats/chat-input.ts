/** What may be said to a chat, as a schema: every limit is here, but for those of the job that answers. */
import { z } from 'zod';
import type { ChatChange } from '../domain/chat.ts';
import { type InputIssue, InvalidInputError } from '../domain/errors.ts';
import { isId } from '../domain/ids.ts';
import { JOB_PRIORITIES } from '../domain/job.ts';
import { THINK_LEVELS } from '../domain/request.ts';
import { filled, imageIds, optional, text } from '../kinds/fields.ts';
import { options } from '../kinds/options.ts';

const LONGEST_TITLE = 200;
const LONGEST_SYSTEM = 65_536;
const LONGEST_MESSAGE = 1_048_576;

const model = filled.max(256, 'at most 256 characters.');
const textUpTo = (most: number) => text.refine(({ length }) => length <= most, `at most ${most} characters.`);
const system = textUpTo(LONGEST_SYSTEM);
const chatId = z.string().refine((id) => isId('chat', id), 'is no id of a chat.');
const messageId = z.string().refine((id) => isId('msg', id), 'is no id of a message.');
const title = filled.max(LONGEST_TITLE, `at most ${LONGEST_TITLE} characters.`);

/** What the model is run with. Null takes away what was said before; what is absent stays. */
const settings = {
  options: options.nullish(),
  system: system.nullish(),
  think: z.enum(THINK_LEVELS).nullish(),
};

const asked = {
  idempotencyKey: optional(filled.max(128, 'at most 128 characters.')),
  priority: optional(z.enum(JOB_PRIORITIES)),
};

const send = z
  .object({
    ...settings,
    ...asked,
    chatId: optional(chatId),
    content: textUpTo(LONGEST_MESSAGE),
    imageIds,
    model,
    parentId: messageId.nullish(),
  })
  .refine(({ content, imageIds: images }) => content.trim() !== '' || (images?.length ?? 0) > 0, {
    path: ['content'],
    message: 'must not be empty, unless there is an image.',
  })
  .refine(({ chatId: chat, parentId }) => chat !== undefined || (parentId ?? null) === null, {
    path: ['parentId'],
    message: 'belongs to a chat: name it in chatId.',
  });

const again = z.object({ ...asked, messageId, model: optional(model) });

const change = z.object({
  ...settings,
  leafId: optional(messageId),
  model: optional(model),
  title: optional(title),
});

/** @throws InvalidInputError */
export const readSend = (input: unknown) => read(send, input);
/** @throws InvalidInputError */
export const readAgain = (input: unknown) => read(again, input);

/** @throws InvalidInputError */
export function readChange(input: unknown): ChatChange {
  const { leafId, model: modelName, title: name, ...rest } = read(change, input);
  return {
    ...settingsIn(rest),
    ...(modelName !== undefined && { modelName }),
    ...(name !== undefined && { title: name }),
    ...(leafId !== undefined && { leaf: leafId as NonNullable<ChatChange['leaf']> }),
  };
}

/** Those that are given. */
export function settingsIn({
  options: given,
  system: said,
  think,
}: Pick<z.output<typeof send>, 'options' | 'system' | 'think'>): Pick<
  ChatChange,
  'options' | 'system' | 'think'
> {
  return {
    ...(given !== undefined && { options: given ?? {} }),
    ...(said !== undefined && { system: said || null }),
    ...(think !== undefined && { think }),
  };
}

function read<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    parsed.error.issues.map(({ path, message }): InputIssue => ({ path: path.map(String), message })),
  );
}

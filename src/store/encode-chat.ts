/** What callers hand to a store of chats, as it travels and rests. */
import type { ChatChange, ChatFilter, NewTurn } from '../domain/chat.ts';
import { type JsonObject, withoutAbsent } from '../domain/json.ts';
import { count, encodeJob, jsonObject, unicode } from './encode.ts';
import type { EncodedTurn } from './operation.ts';

/** @throws UnstorableValueError */
export function encodeTurn({ job, ...turn }: NewTurn): EncodedTurn {
  const { chat, idempotency, imagesOf, question } = turn;
  return {
    ...turn,
    ...encodeSettings(turn),
    chat: { ...chat, client: unicode(chat.client), title: chat.title === null ? null : unicode(chat.title) },
    question: question && {
      ...question,
      content: unicode(question.content),
      images: [...new Set(question.images)],
    },
    jobs: [encodeJob(job)],
    blobs: new Map(),
    imagesOf: imagesOf === null ? null : unicode(imagesOf),
    idempotency: idempotency && { ...idempotency, key: unicode(idempotency.key) },
    queueLimit: count(turn.queueLimit),
  };
}

/** Without what is absent. @throws UnstorableValueError */
export function encodeChatChange(change: ChatChange): ChatChange {
  const { leaf, title } = change;
  return {
    ...encodeSettings(change),
    ...(title !== undefined && { title: unicode(title) }),
    ...(leaf !== undefined && { leaf }),
  };
}

export function encodeChatFilter({ client, matching }: ChatFilter): ChatFilter {
  return { client: unicode(client), ...(matching !== undefined && { matching: unicode(matching) }) };
}

function encodeSettings({ modelName, options, system, think }: ChatChange): ChatChange {
  return {
    ...(modelName !== undefined && { modelName: unicode(modelName) }),
    ...(options !== undefined && { options: jsonObject(withoutAbsent(options) as JsonObject, 'options') }),
    ...(system !== undefined && { system: system === null ? null : unicode(system) }),
    ...(think !== undefined && { think }),
  };
}

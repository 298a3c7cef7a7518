/** Chats: a question and the job that answers it are taken as one; all else of them is changed by itself. */
import type { Answer, Chat, ChatChange, Question, Turn, TurnOutcome } from '../../domain/chat.ts';
import type { ChatId, ChatMessageId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { ChatRow } from '../chat-tables.ts';
import { releaseImage, useImage } from '../image-uses.ts';
import type { EncodedTurn } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';
import { missingImages } from './images.ts';
import { cancel } from './job-commands.ts';
import { insertJobs, remembered } from './submit.ts';

export function takeTurn(writer: QueueWriter, turn: EncodedTurn): TurnOutcome {
  const repeated = repetition(writer, turn);
  if (repeated) return repeated;
  const { chats } = writer.tables;
  const known = turn.chat.title === null ? chats.byId(turn.chat.id) : null;
  if (turn.chat.title === null && !known) return { kind: 'no-chat' };
  const refused = refusal(writer, turn, known);
  if (refused) return refused;

  const [job] = insertJobs(writer, turn, null);
  if (!job) throw new Error('A turn has a job.');
  const chat = { ...(known ?? newChat(writer, turn)), ...settingsOf(turn), updatedAt: writer.now };
  const common = { chatId: chat.id, createdAt: writer.now };
  const question: Question | null = turn.question && {
    ...common,
    ...turn.question,
    role: 'USER',
    parentId: turn.parentId,
  };
  const answer: Answer = {
    ...common,
    id: turn.answerId,
    role: 'ASSISTANT',
    parentId: question?.id ?? turn.parentId,
    modelName: job.modelName,
    jobId: job.id,
    content: '',
    thinking: '',
    end: null,
  };
  chats.put({
    ...chat,
    leaf: answer.id,
    messages: chat.messages + (question ? 2 : 1),
    characters: chat.characters + (question?.content.length ?? 0),
  });
  if (question) {
    chats.insertMessage(question);
    for (const hash of question.images) useImage(writer.tables.images, hash, chat.client);
  }
  chats.insertMessage(answer);
  if (turn.idempotency) {
    const { key, inputHash } = turn.idempotency;
    writer.tables.putIdempotency(chat.client, keyOf(key), {
      inputHash,
      batchId: null,
      createdAt: writer.now,
      firstSequence: job.sequence,
      lastSequence: job.sequence,
    });
  }
  writer.noteChat(chat);
  return { kind: 'taken', ...turnOf(writer, chat.id, question, answer, job) };
}

/** Among the keys of chats: a job alone that was submitted with the same key is another matter. */
function keyOf(key: string): string {
  return `chat:${key}`;
}

function repetition(writer: QueueWriter, { chat, idempotency }: EncodedTurn): TurnOutcome | null {
  const known = idempotency && remembered(writer, chat.client, keyOf(idempotency.key));
  if (!known) return null;
  const { chats } = writer.tables;
  const [job] = writer.tables.jobsBySequence(known.firstSequence, known.lastSequence);
  const answer = job ? chats.answerOf(job.id) : null;
  // Of a chat that was deleted meanwhile nothing is left to answer.
  if (!job || !answer) return null;
  if (known.inputHash !== idempotency?.inputHash) return { kind: 'conflict', existing: job };
  const parent = answer.parentId && chats.message(answer.parentId);
  const question = parent?.role === 'USER' ? parent : null;
  return { kind: 'duplicate', ...turnOf(writer, answer.chatId, question, answer, job) };
}

function refusal(writer: QueueWriter, turn: EncodedTurn, known: Chat | null): TurnOutcome | null {
  const { chats } = writer.tables;
  const { limits, question } = turn;
  const parent = turn.parentId && chats.message(turn.parentId);
  if (turn.parentId !== null && (!parent || parent.chatId !== known?.id)) return { kind: 'no-parent' };
  const [active] = known ? chats.activeJobs(known.id) : [];
  const job = active && writer.tables.jobById(active);
  if (job) return { kind: 'busy', job };
  if (!known && chats.count(turn.chat.client) >= limits.chatsPerClient)
    return { kind: 'full', what: 'chatsPerClient' };
  if ((known?.messages ?? 0) + 2 > limits.messages) return { kind: 'full', what: 'messages' };
  if ((known?.characters ?? 0) + (question?.content.length ?? 0) > limits.characters)
    return { kind: 'full', what: 'characters' };
  const full = writer.fullFor(turn.chat.client, turn.jobs.length, turn.queueLimit);
  if (full) return full;
  const missing = missingImages(writer, turn);
  return missing.length > 0 ? { kind: 'unknown-images', hashes: missing } : null;
}

function newChat(
  writer: QueueWriter,
  { chat }: EncodedTurn,
): Omit<ChatRow, keyof ReturnType<typeof settingsOf>> {
  return {
    id: chat.id,
    client: chat.client,
    title: chat.title ?? '',
    createdAt: writer.now,
    updatedAt: writer.now,
    leaf: null,
    messages: 0,
    characters: 0,
  };
}

function settingsOf({ modelName, options, system, think }: EncodedTurn) {
  return { modelName, options, system, think };
}

function turnOf(writer: QueueWriter, id: ChatId, question: Question | null, answer: Answer, job: Job): Turn {
  const chat = writer.tables.chats.byId(id);
  if (!chat) throw new Error(`The chat ${id} is missing.`);
  return { chat, question, answer, job };
}

export function updateChat(
  writer: QueueWriter,
  { id, leaf, ...change }: ChatChange & { readonly id: ChatId },
): Chat | 'no-message' | null {
  const { chats } = writer.tables;
  const chat = chats.byId(id);
  if (!chat) return null;
  if (leaf !== undefined && chats.message(leaf)?.chatId !== id) return 'no-message';
  const shown: ChatMessageId | null = leaf === undefined ? chat.leaf : chats.newestBelow(leaf);
  // Who looks at another branch has not used the chat.
  const updatedAt = Object.keys(change).length > 0 ? writer.now : chat.updatedAt;
  chats.put({ ...chat, ...change, leaf: shown, updatedAt });
  writer.noteChat(chat);
  return chats.byId(id);
}

export function deleteChat(writer: QueueWriter, id: ChatId): boolean {
  const { chats, images } = writer.tables;
  const chat = chats.byId(id);
  if (!chat) return false;
  const active = chats.activeJobs(id);
  for (const hash of chats.imagesOf(id)) releaseImage(images, hash, chat.client, writer.now);
  chats.delete(id);
  for (const job of active) cancel(writer, { id: job, reason: 'Its chat was deleted.' });
  writer.noteChat(chat);
  return true;
}

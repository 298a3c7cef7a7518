/** Keeps the answers of chats up with the jobs that make them, in the commits in which those end. */
import type { Answer, AnswerEnd, Chat, ChatNews } from '../domain/chat.ts';
import { isTerminal, type Job, type JobEnding, type OutputPart, textsOf } from '../domain/job.ts';
import type { ChatTables } from './chat-tables.ts';
import type { EncodedResult } from './operation.ts';

/** The job has ended, or is tried again after its end. @returns whose chat is other than it was */
export function jobTurned(chats: ChatTables, job: Job, now: number): ChatNews | null {
  return changeAnswer(chats, job, now, (answer) =>
    isTerminal(job.status)
      ? { ...answer, end: endOf(job, answer.end) }
      : { ...answer, content: '', thinking: '', end: null },
  );
}

/** What the job said is known. @param output JSON of its parts */
export function jobSaid(
  chats: ChatTables,
  job: Job,
  output: string,
  result: EncodedResult | null,
  now: number,
): ChatNews | null {
  return changeAnswer(chats, job, now, (answer) => {
    const { TEXT, THINKING } = textsOf(JSON.parse(output) as readonly OutputPart[]);
    const ending = result && (JSON.parse(result.ending) as JobEnding);
    const end = answer.end && (ending ? withEnding(answer.end, ending) : answer.end);
    return { ...answer, content: TEXT, thinking: THINKING, end };
  });
}

function changeAnswer(
  chats: ChatTables,
  job: Job,
  now: number,
  change: (answer: Answer) => Answer,
): ChatNews | null {
  const before = chats.answerOf(job.id);
  const chat = before && chats.byId(before.chatId);
  if (!before || !chat) return null;
  const after = change(before);
  chats.updateAnswer(after);
  chats.put(withText(chat, lengthOf(after) - lengthOf(before), now));
  return chat;
}

function withText(chat: Chat, more: number, now: number): Chat {
  return { ...chat, characters: chat.characters + more, updatedAt: now };
}

function lengthOf({ content, thinking }: Answer): number {
  return content.length + thinking.length;
}

function endOf({ failure, status }: Job, before: AnswerEnd | null): AnswerEnd {
  return {
    usage: null,
    truncated: null,
    isCut: false,
    ...before,
    status: status as AnswerEnd['status'],
    failure,
  };
}

function withEnding(end: AnswerEnd, ending: JobEnding): AnswerEnd {
  const { prompt, usage } = ending;
  const isCut = ending.kind === 'text' && ending.doneReason === 'LENGTH';
  return { ...end, usage, truncated: prompt?.truncated ?? null, isCut };
}

/** Chats over a kill of the server in mid-answer: each question keeps one answer, whole, and who sends it again begins no other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { thinModel } from '../virtual-ollama/bench.ts';
import { ServerProcess } from './server-process.ts';

const MODEL = 'plain';

interface Said {
  readonly id: string;
  readonly role: string;
  readonly content: string;
  readonly status: string | null;
  readonly usage: { readonly completionTokens: number } | null;
  readonly job: { readonly attempts: readonly unknown[]; readonly result: { readonly text: string } | null };
}

interface Sent {
  readonly chat: { readonly id: string };
  readonly question: { readonly id: string };
  readonly answer: { readonly id: string; readonly job: { readonly id: string } };
}

async function send(
  server: ServerProcess,
  content: string,
  maxTokens: number,
  chatId?: string,
): Promise<Sent> {
  const { sendChatMessage } = await server.query(
    `mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { ... on SendChatMessagePayload {
      chat { id } question { id } answer { id job { id } } } } }`,
    { input: { model: MODEL, content, chatId, idempotencyKey: content, options: { maxTokens } } },
  );
  return sendChatMessage;
}

async function saidIn(server: ServerProcess, { chat }: Sent): Promise<readonly Said[]> {
  const answer = await server.query(
    `query ($id: ID!) { chat(id: $id) { messages(first: 50) { nodes { id role content status usage { completionTokens }
      job { attempts { number } result { ... on TextResult { text } } } } } } }`,
    { id: chat.id },
  );
  return answer.chat.messages.nodes;
}

/** Resolves when it has begun to speak. */
async function firstWords(server: ServerProcess, { answer }: Sent): Promise<void> {
  const client = createClient({
    url: `${server.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const chunks = client.iterate({
    query: 'subscription ($id: ID!) { jobOutput(id: $id) { text } }',
    variables: { id: answer.job.id },
  });
  await chunks.next();
  await chunks.return?.();
  await client.dispose();
}

test('a kill in mid-answer leaves each question one answer, which is made whole after the restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-chats-'));
  await using ollama = await runVirtualOllama({
    gpus: [{ totalBytes: 6 * GiB }],
    numParallel: 1,
    catalog: [thinModel(MODEL, 50)],
    tokensPerSecond: 4,
  });
  const backend = `{ name: ollama, type: ollama, url: '${ollama.url}', parallel: 1 }`;
  const first = await ServerProcess.start(folder, backend);
  const answered = (on: ServerProcess, of: Sent, count: number) =>
    eventually(
      () => saidIn(on, of),
      (all) => all.length === count && all.at(-1)?.status != null,
    );
  const complete = await send(first, 'What is a tide?', 2);
  const before = await answered(first, complete, 2);
  const askLong = (on: ServerProcess) => send(on, 'And what is a spring tide?', 16, complete.chat.id);
  const askOther = (on: ServerProcess) => send(on, 'Why is the sky blue?', 2);
  const speaking = await askLong(first);
  const waiting = await askOther(first);
  await firstWords(first, speaking);
  await first.kill();

  const second = await ServerProcess.start(folder, backend);
  // As a program does that has not heard what became of it.
  expect(await askLong(second)).toEqual(speaking);
  expect(await askOther(second)).toEqual(waiting);
  const long = await answered(second, speaking, 4);
  const other = await answered(second, waiting, 2);
  expect(long.slice(0, 2)).toEqual(before);
  expect(long.slice(2).map(({ id }) => id)).toEqual([speaking.question.id, speaking.answer.id]);
  expect(other.map(({ id }) => id)).toEqual([waiting.question.id, waiting.answer.id]);
  const [ofLong, ofOther] = [long.at(-1), other.at(-1)];
  expect(ofLong).toMatchObject({ status: 'COMPLETE', usage: { completionTokens: 16 } });
  expect(ofLong?.job.attempts).toHaveLength(2);
  expect(ofOther).toMatchObject({ status: 'COMPLETE', usage: { completionTokens: 2 } });
  // Not the words of both attempts.
  for (const answer of [ofLong, ofOther]) expect(answer?.content).toBe(answer?.job.result?.text);
  // And the chat goes on.
  await answered(second, await send(second, 'Thank you.', 2, complete.chat.id), 6);
  expect(await second.stop()).toBe(0);
  await rm(folder, { recursive: true, force: true });
});

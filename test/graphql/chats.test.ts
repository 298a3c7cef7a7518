/** Chats: begun, gone on with, branched, named, followed, deleted, and whose they are. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { EVERY_SCOPE, MEMBER } from '../../src/domain/scopes.ts';
import { GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from('x')]).toString('base64');

let api: GraphQLApi;
beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const TURN = `
  ... on SendChatMessagePayload {
    chat { id title leafId modelName system think options { seed temperature contextLength } activeJob { id priority } }
    question { id content parentId images { id } }
    answer { id content status parentId modelName job { id status } }
  }
  ... on InvalidInputError { code issues { path message } }
  ... on UserError { code message }`;

async function send(input: object, on = api) {
  const { sendChatMessage } = await on.query(
    `mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { ${TURN} } }`,
    { input: { model: 'qwen3:8b', ...input } },
  );
  return sendChatMessage;
}

async function again(input: object) {
  return (
    await api.query(`mutation ($input: AnswerAgainInput!) { answerAgain(input: $input) { ${TURN} } }`, {
      input,
    })
  ).answerAgain;
}

async function update(input: object) {
  return (
    await api.query(
      `mutation ($input: UpdateChatInput!) { updateChat(input: $input) {
        ... on UpdateChatPayload { chat { title leafId system modelName think options { seed } } }
        ... on InvalidInputError { code issues { path message } } ... on UserError { code } } }`,
      { input },
    )
  ).updateChat;
}

async function answer(id: JobId, text: string): Promise<void> {
  const { fence } = await api.start(id);
  await api.complete(id, TEXT_RESULT, [{ attempt: fence, channel: 'TEXT', text }]);
}

async function messages(id: string, args = 'first: 100') {
  const { chat } = await api.query(
    `{ chat(id: "${id}") { messages(${args}) { totalCount nodes { id role content alternatives } pageInfo { hasPreviousPage hasNextPage startCursor } } } }`,
  );
  return chat.messages;
}

const asked = async (id: JobId) => {
  const request = (await api.store.request(id)) as unknown as {
    messages: { role: string; content: string }[];
  };
  return request.messages.map(({ role, content }) => `${role} ${content}`);
};

describe('sendChatMessage', () => {
  test('begins a chat, and goes on with all that was said before', async () => {
    const first = await send({
      content: '  Why is\nthe sky blue?',
      system: 'Be short.',
      options: { seed: 3 },
    });
    expect(first.chat).toMatchObject({
      title: 'Why is the sky blue?',
      leafId: first.answer.id,
      modelName: 'qwen3:8b',
      system: 'Be short.',
      think: null,
      options: { seed: 3, temperature: null, contextLength: null },
      activeJob: { id: first.answer.job.id, priority: 'HIGH' },
    });
    expect(first.answer).toMatchObject({ content: '', status: null, parentId: first.question.id });
    expect(await send({ chatId: first.chat.id, content: 'And?' })).toMatchObject({ code: 'CHAT_BUSY' });
    await answer(first.answer.job.id, 'Light.');
    const second = await send({ chatId: first.chat.id, content: 'And red?' });
    expect(await asked(second.answer.job.id)).toEqual([
      'SYSTEM Be short.',
      'USER   Why is\nthe sky blue?',
      'ASSISTANT Light.',
      'USER And red?',
    ]);
    expect(await api.store.request(second.answer.job.id)).toMatchObject({
      options: { seed: 3 },
      truncate: true,
    });
    const { nodes } = await messages(first.chat.id);
    expect(nodes.map(({ content }: { content: string }) => content)).toEqual([
      '  Why is\nthe sky blue?',
      'Light.',
      'And red?',
      '',
    ]);
  });

  test('tells what a running answer has said by now', async () => {
    const { answer: made, chat } = await send({ content: 'Why?' });
    await api.start(made.job.id);
    api.outputs.record(made.job.id, { thinking: 'Hm.', text: '', raw: {} } as never);
    api.outputs.record(made.job.id, { thinking: '', text: 'Bec', raw: {} } as never);
    const { node } = await api.query(
      `{ node(id: "${made.id}") { ... on ChatMessage { content thinking status } } }`,
    );
    expect(node).toEqual({ content: 'Bec', thinking: 'Hm.', status: null });
    expect((await messages(chat.id)).nodes[1].content).toBe('Bec');
  });

  test('names images by reference', async () => {
    api.system.infos = api.system.infos.map((info) => ({ ...info, capabilities: ['completion', 'vision'] }));
    const { storeImage } = await api.query(
      `mutation { storeImage(input: { base64: "${PNG}" }) { ... on StoreImagePayload { image { id } } } }`,
    );
    const { id } = storeImage.image;
    const { answer: made, chat, question } = await send({ content: '', imageIds: [id] });
    expect(chat.title).toBe('Images');
    expect(question.images).toEqual([{ id }]);
    const request = (await api.store.request(made.job.id)) as unknown as { messages: { images: string[] }[] };
    expect(request.messages[0]?.images).toHaveLength(1);
    expect(await send({ content: 'x', imageIds: [id.replace(/.{43}$/, 'A'.repeat(43))] })).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test.each([
    ['nothing', { content: ' ' }, 'content'],
    ['a parent without its chat', { content: 'x', parentId: 'msg_x' }, 'parentId'],
    ['an id that is none', { content: 'x', chatId: 'job_x' }, 'chatId'],
    ['too much', { content: 'x'.repeat(1_048_577) }, 'content'],
    ['too long a system text', { content: 'x', system: 'x'.repeat(65_537) }, 'system'],
    ['an option that is none', { content: 'x', options: { temperature: -1 } }, 'temperature'],
  ])('refuses %s', async (_what, input, field) => {
    const refused = await send(input);
    expect(refused.code).toBe('INVALID_INPUT');
    expect(refused.issues[0].path.at(-1)).toBe(field);
  });

  test('refuses an unknown chat, model and parent, and says so', async () => {
    expect(await send({ content: 'x', chatId: 'chat_none' })).toMatchObject({ code: 'CHAT_NOT_FOUND' });
    expect(await send({ content: 'x', model: 'nobody:1' })).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    const { answer: made, chat } = await send({ content: 'x' });
    await answer(made.job.id, 'y');
    expect(await send({ content: 'x', chatId: chat.id, parentId: 'msg_none' })).toMatchObject({
      issues: [{ path: ['parentId'] }],
    });
  });

  test('takes what is sent twice with a key once', async () => {
    const input = { content: 'Why?', idempotencyKey: 'k' };
    const first = await send(input);
    expect(await send(input)).toEqual(first);
    expect(await send({ ...input, content: 'How?' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    // What has become of the chat meanwhile is not what was said.
    await answer(first.answer.job.id, 'Light.');
    const twice = [
      () => send({ chatId: first.chat.id, content: 'And?', idempotencyKey: 'second' }),
      () => again({ messageId: first.answer.id, idempotencyKey: 'again' }),
    ];
    for (const [i, say] of twice.entries()) {
      const said = await say();
      await answer(said.answer.job.id, 'So.');
      await update({ id: first.chat.id, system: `Other ${i}.`, model: 'llama3.2:1b' });
      expect((await say()).answer).toMatchObject({ id: said.answer.id });
    }
  });

  test('refuses what there is no room for', async () => {
    await using small = await GraphQLApi.open({
      queueLimit: 1,
      chatLimits: { chatsPerClient: 1, messages: 3, characters: 100 },
    });
    const { answer: made, chat } = await send({ content: 'x' }, small);
    expect(await send({ content: 'x' }, small)).toMatchObject({
      issues: [{ message: /the 1 that are kept/ }],
    });
    await small.start(made.job.id);
    await small.complete(made.job.id, TEXT_RESULT);
    expect(await send({ content: 'x', chatId: chat.id }, small)).toMatchObject({
      issues: [{ path: ['chatId'], message: /3 messages/ }],
    });
    await using full = await GraphQLApi.open({ queueLimit: 0 });
    expect(await send({ content: 'x' }, full)).toMatchObject({ code: 'QUEUE_FULL' });
  });
});

describe('branches', () => {
  test('begin where an answer is asked for again, of another model too, and where a question is put otherwise', async () => {
    const first = await send({ content: 'Why?' });
    const { id } = first.chat;
    await answer(first.answer.job.id, 'A');
    const second = await again({ messageId: first.answer.id });
    expect(second).toMatchObject({ question: null, answer: { parentId: first.question.id } });
    expect(await asked(second.answer.job.id)).toEqual(['USER Why?']);
    await answer(second.answer.job.id, 'B');
    const third = await again({ messageId: first.question.id, model: 'qwen3:8b' });
    await answer(third.answer.job.id, 'C');
    const edited = await send({ chatId: id, content: 'How?', parentId: null });
    expect(await asked(edited.answer.job.id)).toEqual(['USER How?']);
    await answer(edited.answer.job.id, 'D');
    expect((await messages(id)).nodes).toMatchObject([
      { content: 'How?', alternatives: [first.question.id, edited.question.id] },
      { content: 'D', alternatives: [edited.answer.id] },
    ]);
    const branch = await messages(id, `first: 5, leaf: "${second.answer.id}"`);
    expect(branch.nodes[1]).toMatchObject({
      content: 'B',
      alternatives: [first.answer.id, second.answer.id, third.answer.id],
    });
    expect((await update({ id, leafId: first.question.id })).chat.leafId).toBe(third.answer.id);
    expect(await update({ id, leafId: 'msg_none' })).toMatchObject({ issues: [{ path: ['leafId'] }] });
    expect(await again({ messageId: 'msg_none' })).toMatchObject({ code: 'CHAT_NOT_FOUND' });
  });

  test('are read in pages from either end', async () => {
    const { chat, answer: made } = await send({ content: '1' });
    await answer(made.job.id, '2');
    const next = await send({ chatId: chat.id, content: '3' });
    await answer(next.answer.job.id, '4');
    const last = await messages(chat.id, 'last: 3');
    expect(last).toMatchObject({
      totalCount: 4,
      nodes: [{ content: '2' }, { content: '3' }, { content: '4' }],
      pageInfo: { hasPreviousPage: true, hasNextPage: false },
    });
    const before = await messages(chat.id, `last: 3, before: "${last.pageInfo.startCursor}"`);
    expect(before).toMatchObject({ nodes: [{ content: '1' }], pageInfo: { hasPreviousPage: false } });
    const other = await send({ content: 'elsewhere' });
    expect((await messages(chat.id, `first: 5, leaf: "${other.answer.id}"`)).nodes).toEqual([]);
  });
});

test('updateChat changes what is given alone, and null takes away', async () => {
  api.system.infos = api.system.infos.map((info) => ({ ...info, capabilities: ['completion', 'thinking'] }));
  const { chat } = await send({ content: 'Why?', system: 'Be short.', options: { seed: 1 }, think: 'ON' });
  expect(await update({ id: chat.id, title: 'Sky' })).toMatchObject({
    chat: { title: 'Sky', system: 'Be short.', options: { seed: 1 }, think: 'ON' },
  });
  expect(await update({ id: chat.id, system: null, options: null, think: null, model: 'b' })).toMatchObject({
    chat: { title: 'Sky', system: null, options: { seed: null }, think: null, modelName: 'b' },
  });
  expect(await update({ id: chat.id, title: ' ' })).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await update({ id: 'chat_none', title: 'x' })).toMatchObject({ code: 'CHAT_NOT_FOUND' });
});

test('chats are listed in pages and by their titles, and deleted with the job that works for them', async () => {
  const ids: string[] = [];
  for (const content of ['Apples', 'Bears', 'Cherries']) {
    ids.push((await send({ content })).chat.id);
    await api.clock.advance(1);
  }
  const list = async (args: string) =>
    (
      await api.query(
        `{ chats(${args}) { totalCount edges { cursor } nodes { title } pageInfo { endCursor hasNextPage } } }`,
      )
    ).chats;
  const first = await list('first: 2');
  expect(first).toMatchObject({ totalCount: 3, nodes: [{ title: 'Cherries' }, { title: 'Bears' }] });
  expect(await list(`first: 2, after: "${first.pageInfo.endCursor}"`)).toMatchObject({
    nodes: [{ title: 'Apples' }],
  });
  expect(await list('last: 1, matching: "bear"')).toMatchObject({
    totalCount: 1,
    nodes: [{ title: 'Bears' }],
  });
  const [id] = ids;
  const remove = () =>
    api.query(
      `mutation { deleteChat(input: { id: "${id}" }) { ... on DeleteChatPayload { id } ... on UserError { code } } }`,
    );
  expect(await remove()).toEqual({ deleteChat: { id } });
  expect(await remove()).toEqual({ deleteChat: { code: 'CHAT_NOT_FOUND' } });
  expect(await api.query(`{ chat(id: "${id}") { id } }`)).toEqual({ chat: null });
  expect(api.store.counts()).toMatchObject({ PENDING: 2, CANCELLED: 1 });
});

test('chatsChanged tells of every change of the own chats, the newest state of each', async () => {
  const events = await api.subscribe('subscription { chatsChanged { id chat { title activeJob { id } } } }');
  const next = async () => (await events.next()).chatsChanged;
  const waiting = next();
  const { answer: made, chat } = await send({ content: 'Why?' });
  expect(await waiting).toEqual({ id: chat.id, chat: { title: 'Why?', activeJob: { id: made.job.id } } });
  await answer(made.job.id, 'Because.');
  await update({ id: chat.id, title: 'x' });
  expect(await next()).toEqual({ id: chat.id, chat: { title: 'x', activeJob: null } });
  await api.query(`mutation { deleteChat(input: { id: "${chat.id}" }) { __typename } }`);
  expect(await next()).toEqual({ id: chat.id, chat: null });
  const last = events.rest();
  api.log.end();
  expect(await last).toEqual([]);
});

test('a chat is its client’s: others neither see nor change it, and an administrator speaks in it for its client', async () => {
  const { answer: made, chat } = await send({ content: 'Why?' });
  await answer(made.job.id, 'Because.');
  const { chats } = api.context;
  const other = { client: 'other', scopes: MEMBER, maxPriority: 'NORMAL' } as const;
  expect(await chats.find(other, chat.id)).toBeNull();
  expect(await chats.findMessage(other, made.id)).toBeNull();
  const input = { model: 'qwen3:8b', content: 'x', chatId: chat.id };
  await expect(chats.send(other, input)).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
  await expect(chats.answerAgain(other, { messageId: made.id })).rejects.toMatchObject({
    code: 'CHAT_NOT_FOUND',
  });
  await expect(chats.update(other, chat.id, { title: 'x' })).rejects.toMatchObject({
    code: 'CHAT_NOT_FOUND',
  });
  await expect(chats.delete(other, chat.id)).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
  const own = await chats.send(other, { model: 'qwen3:8b', content: 'Mine' });
  expect(own.job).toMatchObject({ client: 'other', priority: 'NORMAL' });
  expect((await chats.list(other, { fromEnd: false, limit: 9 })).chats).toHaveLength(1);
  const admin = { client: 'boss', scopes: EVERY_SCOPE, maxPriority: 'HIGH' } as const;
  const spoken = await chats.send(admin, input);
  expect(spoken.job.client).toBe('tester');
  expect(await chats.count(admin)).toBe(0);
});

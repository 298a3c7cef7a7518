import { getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { TestApp } from '../app/test-app.ts';
import { RawSocket } from '../conformance/support.ts';
import { eventually } from '../support/eventually.ts';

const KEYS = { alice: 'the-key-of-alice-1', bob: 'the-key-of-bob-123', boss: 'the-key-of-the-boss' } as const;
type Who = keyof typeof KEYS;
const keys = Object.entries(KEYS).map(([name, key]) => ({
  name,
  key,
  admin: name === 'boss',
  maxPriority: 'HIGH' as const,
}));

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

let server: TestApp;
beforeAll(async () => {
  server = await TestApp.start({ config: { keys } });
});
afterAll(() => server[Symbol.asyncDispose]());

const headersOf = (who: Who) => ({ 'x-api-key': KEYS[who] });

async function ask(who: Who, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(server.app.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(who) },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const request = { generate: { prompt: 'Why?', options: { maxTokens: 2 } } };

async function submit(who: Who, more: object = {}): Promise<string> {
  const query = `mutation ($input: SubmitJobInput!) {
    submitJob(input: $input) { ... on SubmitJobPayload { job { id } } ... on UserError { message } } }`;
  const { data } = await ask(who, query, { input: { model: 'qwen2.5:0.5b', request, ...more } });
  return data.submitJob.job.id;
}

async function submitBatch(who: Who): Promise<{ readonly id: string; readonly jobIds: readonly string[] }> {
  const query = `mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) {
    ... on SubmitBatchPayload { batch { id jobs(first: 5) { nodes { id } } } } ... on UserError { message } } }`;
  const jobs = [1, 2].map(() => ({ model: 'qwen2.5:0.5b', request }));
  const { data } = await ask(who, query, { input: { jobs } });
  const { batch } = data.submitBatch;
  return { id: batch.id, jobIds: batch.jobs.nodes.map((job: Data) => job.id) };
}

async function ended(who: Who, id: string): Promise<void> {
  await eventually(
    async () => (await ask(who, 'query ($id: ID!) { job(id: $id) { status } }', { id })).data.job.status,
    (status) => ['COMPLETE', 'FAILED', 'CANCELLED'].includes(status),
  );
}

/** The first message of a subscription. */
async function followed(who: Who, query: string, variables: object): Promise<Data> {
  const socket = await new RawSocket(Number(new URL(server.app.url).port), {
    headers: headersOf(who),
  }).acknowledged();
  socket.subscribe('1', query, { variables });
  const message = await socket.take();
  await socket.close();
  return message.payload;
}

/** The id with another that nobody has ever been given in its place, so that answers can be compared. */
const without = (answer: unknown, id: string) => JSON.parse(JSON.stringify(answer).replaceAll(id, 'ID'));

/** By how the id begins, too. */
const byPrefix = (who: Who, id: string) =>
  ask(who, 'query ($prefix: String!) { idsWithPrefix(prefix: $prefix) }', { prefix: id.slice(0, -1) });

/** Every way to name a job. */
const WAYS_TO_A_JOB: readonly (readonly [string, (who: Who, id: string) => Promise<Data>])[] = [
  ['job', (who, id) => ask(who, 'query ($id: ID!) { job(id: $id) { id status } }', { id })],
  ['node', (who, id) => ask(who, 'query ($id: ID!) { node(id: $id) { id __typename } }', { id })],
  ['nodes', (who, id) => ask(who, 'query ($id: ID!) { nodes(ids: [$id]) { id __typename } }', { id })],
  [
    'jobOutput',
    (who, id) => followed(who, 'subscription ($id: ID!) { jobOutput(id: $id) { attempt } }', { id }),
  ],
  [
    'jobUpdated',
    (who, id) => followed(who, 'subscription ($id: ID!) { jobUpdated(id: $id) { type } }', { id }),
  ],
  ['idsWithPrefix', byPrefix],
  [
    'decisions',
    (who, id) =>
      ask(who, 'query ($id: ID!) { decisions(first: 9, filter: { jobId: $id }) { totalCount } }', { id }),
  ],
  ...['cancelJob', 'retryJob', 'updateJobPriority'].map(
    (name) =>
      [
        name,
        (who: Who, id: string) => {
          const input = name === 'updateJobPriority' ? '{ id: $id, priority: LOW }' : '{ id: $id }';
          const query = `mutation ($id: ID!) { ${name}(input: ${input}) { __typename ... on UserError { code message } } }`;
          return ask(who, query, { id });
        },
      ] as const,
  ),
];

const WAYS_TO_A_BATCH: typeof WAYS_TO_A_JOB = [
  ['batch', (who, id) => ask(who, 'query ($id: ID!) { batch(id: $id) { id } }', { id })],
  ['node', (who, id) => ask(who, 'query ($id: ID!) { node(id: $id) { id } }', { id })],
  ['idsWithPrefix', byPrefix],
  [
    'jobs of a batch',
    (who, id) =>
      ask(who, 'query ($id: ID!) { jobs(first: 9, filter: { batchId: $id }) { totalCount nodes { id } } }', {
        id,
      }),
  ],
  [
    'batches',
    (who, id) => ask(who, '{ batches(first: 100) { nodes { id } edges { node { id } } } }', { id }),
  ],
  ...['batchUpdated', 'batchOutput'].map(
    (name) =>
      [
        name,
        (who: Who, id: string) =>
          followed(who, `subscription ($id: ID!) { ${name}(id: $id) { __typename } }`, { id }),
      ] as const,
  ),
  ...['updateBatch', 'cancelBatch', 'retryBatch'].map(
    (name) =>
      [
        name,
        (who: Who, id: string) => {
          const query = `mutation ($id: ID!) { ${name}(input: { id: $id }) { __typename ... on UserError { code message } } }`;
          return ask(who, query, { id });
        },
      ] as const,
  ),
];

/** Every way to name a chat. */
const WAYS_TO_A_CHAT: typeof WAYS_TO_A_JOB = [
  ['chat', (who, id) => ask(who, 'query ($id: ID!) { chat(id: $id) { id } }', { id })],
  ['node', (who, id) => ask(who, 'query ($id: ID!) { node(id: $id) { id } }', { id })],
  ['nodes', (who, id) => ask(who, 'query ($id: ID!) { nodes(ids: [$id]) { id __typename } }', { id })],
  ...(
    [
      ['sendChatMessage', '{ chatId: $id, content: "And?", model: "qwen2.5:0.5b" }'],
      ['updateChat', '{ id: $id, title: "Mine" }'],
      ['deleteChat', '{ id: $id }'],
    ] as const
  ).map(
    ([name, input]) =>
      [
        name,
        (who: Who, id: string) => {
          const query = `mutation ($id: ID!) { ${name}(input: ${input}) { __typename ... on UserError { code message } } }`;
          return ask(who, query, { id });
        },
      ] as const,
  ),
];

/** Begins a chat, and answers the ids of the chat, of the answer and of its job when that has ended. */
async function chatOf(
  who: Who,
): Promise<{ readonly chat: string; readonly message: string; readonly job: string }> {
  const query = `mutation { sendChatMessage(input: { model: "qwen2.5:0.5b", content: "Why?", options: { maxTokens: 2 } }) {
    ... on SendChatMessagePayload { chat { id } answer { id job { id } } } ... on UserError { message } } }`;
  const { chat, answer } = (await ask(who, query)).data.sendChatMessage;
  await ended(who, answer.job.id);
  return { chat: chat.id, message: answer.id, job: answer.job.id };
}

const UNKNOWN = {
  job: 'job_01HZZZZZZZZZZZZZZZZZZZZZZZ',
  batch: 'bat_01HZZZZZZZZZZZZZZZZZZZZZZZ',
  chat: 'chat_01HZZZZZZZZZZZZZZZZZZZZZZZ',
  message: 'msg_01HZZZZZZZZZZZZZZZZZZZZZZZ',
};

describe('with keys, a job of another client', () => {
  it.each(WAYS_TO_A_JOB)('is not there by %s, just as one that never was', async (_name, ask) => {
    const id = await submit('alice');
    await ended('alice', id);
    const unknown = without(await ask('bob', UNKNOWN.job), UNKNOWN.job);
    expect(without(await ask('bob', id), id)).toEqual(unknown);
    expect(without(await ask('alice', id), id)).not.toEqual(unknown);
    expect(without(await ask('boss', id), id)).not.toEqual(unknown);
  });

  it.each(WAYS_TO_A_BATCH)('is not there by %s of its batch', async (_name, ask) => {
    const { id } = await submitBatch('alice');
    const unknown = without(await ask('bob', UNKNOWN.batch), UNKNOWN.batch);
    expect(without(await ask('bob', id), id)).toEqual(unknown);
    expect(without(await ask('alice', id), id)).not.toEqual(unknown);
    expect(without(await ask('boss', id), id)).not.toEqual(unknown);
  });

  it.each(WAYS_TO_A_CHAT)('is not there by %s of the chat in which it answers', async (_name, ask) => {
    const { chat } = await chatOf('alice');
    const unknown = without(await ask('bob', UNKNOWN.chat), UNKNOWN.chat);
    expect(without(await ask('bob', chat), chat)).toEqual(unknown);
    expect(without(await ask('alice', chat), chat)).not.toEqual(unknown);
  });

  it('is not there by the message that it produced', async () => {
    const { message } = await chatOf('alice');
    const QUERY = 'query ($id: ID!) { node(id: $id) { id ... on ChatMessage { job { id } } } }';
    const AGAIN =
      'mutation ($id: ID!) { answerAgain(input: { messageId: $id }) { __typename ... on UserError { code message } } }';
    for (const query of [QUERY, AGAIN]) {
      const unknown = without(await ask('bob', query, { id: UNKNOWN.message }), UNKNOWN.message);
      expect(without(await ask('bob', query, { id: message }), message)).toEqual(unknown);
      expect(without(await ask('alice', query, { id: message }), message)).not.toEqual(unknown);
    }
    expect((await ask('bob', '{ chats(first: 9) { nodes { id } } }')).data.chats.nodes).toEqual([]);
    // Nor as a branch of a chat of one's own, whichever page of it is asked for.
    const own = await chatOf('bob');
    for (const args of ['first: 9', 'last: 9', 'first: 1, after: $cursor', 'last: 1, before: $cursor']) {
      const BRANCH = `query ($chat: ID!, $id: ID!, $cursor: String) { chat(id: $chat) {
        messages(leaf: $id, ${args}) { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage } } }
        again: chat(id: $chat) { messages(first: 1, after: $cursor) { totalCount } } }`;
      const branch = async (id: string) =>
        without(await ask('bob', BRANCH, { chat: own.chat, id, cursor: id }), id);
      expect(await branch(message)).toEqual(await branch(UNKNOWN.message));
    }
  });

  it('is in no list, page, count, decision, instance or event', async () => {
    const hers = [await submit('alice'), ...(await submitBatch('alice')).jobIds];
    const his = await submit('bob');
    for (const id of hers) await ended('alice', id);
    await ended('bob', his);
    const lists = `{ jobs(first: 100) { totalCount nodes { id client } edges { node { id } } }
      ofHers: jobs(last: 100, orderBy: { field: PRIORITY, direction: ASC }) { nodes { id } pageInfo { hasNextPage } }
      decisions(first: 100) { nodes { job { id } } }
      stats { instances { activeJobs { id } } } backends { instances { activeJobs { id } } } }`;
    const bob = await ask('bob', lists);
    expect(bob.errors).toBeUndefined();
    expect(bob.data.jobs.totalCount).toBe(bob.data.jobs.nodes.length);
    expect(bob.data.jobs.nodes.every((job: Data) => job.client === 'bob')).toBe(true);
    expect(JSON.stringify(bob)).toContain(his);
    for (const id of hers) expect(JSON.stringify(bob)).not.toContain(id);
    const boss = JSON.stringify(await ask('boss', lists));
    for (const id of [...hers, his]) expect(boss).toContain(id);
  });

  it('is told of in no stream of changes, snapshot or resumed stream', async () => {
    const port = Number(new URL(server.app.url).port);
    const query =
      'subscription ($after: EventCursor) { jobUpdated(after: $after) { cursor job { id client } } }';
    const open = async (who: Who, after?: string) => {
      const socket = await new RawSocket(port, { headers: headersOf(who) }).acknowledged();
      socket.subscribe('1', query, { variables: { after } });
      return socket;
    };
    const seenBy = (socket: RawSocket) =>
      socket.messages.flatMap(({ payload }: Data) => payload?.data?.jobUpdated ?? []) as Data[];
    const [bob, boss] = [await open('bob'), await open('boss')];
    const before = await submit('bob');
    await eventually(() => seenBy(boss).some(({ job }) => job.id === before));
    const cursor = seenBy(boss).at(-1).cursor;
    const hers = await submit('alice');
    await ended('alice', hers);
    const his = await submit('bob');
    const resumed = await open('bob', cursor);
    for (const socket of [bob, boss, resumed]) {
      await eventually(() => seenBy(socket).some(({ job }) => job.id === his));
    }
    expect(seenBy(boss).some(({ job }) => job.id === hers)).toBe(true);
    for (const socket of [bob, resumed]) {
      expect([...new Set(seenBy(socket).map(({ job }) => job.client))]).toEqual(['bob']);
    }
    await Promise.all([bob, boss, resumed].map((socket) => socket.close()));
  });

  it('is no job of a decision that is followed', async () => {
    const query = 'subscription { decided { decision { kind job { id } } } }';
    const open = async (who: Who) => {
      const port = Number(new URL(server.app.url).port);
      const socket = await new RawSocket(port, { headers: headersOf(who) }).acknowledged();
      socket.subscribe('1', query);
      return socket;
    };
    const told = (socket: RawSocket) => JSON.stringify(socket.messages);
    const [bob, boss] = [await open('bob'), await open('boss')];
    const hers = await submit('alice');
    await ended('alice', hers);
    const his = await submit('bob');
    await eventually(() => told(boss).includes(hers) && told(boss).includes(his) && told(bob).includes(his));
    expect(told(bob)).not.toContain(hers);
    await Promise.all([bob, boss].map((socket) => socket.close()));
  });

  it('has an idempotency key of its own', async () => {
    const [hers, his] = [
      await submit('alice', { idempotencyKey: 'k' }),
      await submit('bob', { idempotencyKey: 'k' }),
    ];
    expect(his).not.toBe(hers);
    expect(await submit('bob', { idempotencyKey: 'k' })).toBe(his);
    const query = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) {
      ... on IdempotencyConflictError { existingJob { id } } } }`;
    const other = { model: 'qwen2.5:0.5b', request: { generate: { prompt: 'Other' } }, idempotencyKey: 'k' };
    expect((await ask('bob', query, { input: other })).data.submitJob.existingJob.id).toBe(his);
  });

  it('leaves its place in the line as a number', async () => {
    await ask('boss', 'mutation { pauseScheduler { stats { paused } } }');
    await submit('alice', { priority: 'HIGH' });
    const his = await submit('bob');
    const { data } = await ask('bob', 'query ($id: ID!) { job(id: $id) { queuePosition } }', { id: his });
    expect(data.job.queuePosition).toBe(1);
    await ask('boss', 'mutation { resumeScheduler { stats { paused } } }');
  });

  it('is in the head of the queue for its owner and administrators alone, also where several follow it', async () => {
    await ask('boss', 'mutation { pauseScheduler { stats { paused } } }');
    const [hers, his] = [await submit('alice', { priority: 'HIGH' }), await submit('bob')];
    const query = `subscription ($filter: JobFilter) {
      queueChanged(filter: $filter) { totalCount jobs { id client } }
    }`;
    const head = async (who: Who, filter: object): Promise<Data> =>
      (await followed(who, query, { filter })).data.queueChanged;
    for (const filter of [
      {},
      { clients: ['alice', 'bob'] },
      { matching: 'qwen' },
      { priorities: ['HIGH', 'NORMAL'] },
    ]) {
      const [boss, alice, bob] = await Promise.all(
        (['boss', 'alice', 'bob'] as const).map((who) => head(who, filter)),
      );
      const ids = ({ jobs }: Data) => jobs.map((job: Data) => job.id);
      expect(ids(boss), JSON.stringify(filter)).toEqual(expect.arrayContaining([hers, his]));
      for (const [told, client, id] of [
        [alice, 'alice', hers],
        [bob, 'bob', his],
      ] as const) {
        expect(ids(told)).toContain(id);
        expect(told.jobs.every((job: Data) => job.client === client)).toBe(true);
        expect(told.totalCount).toBe(told.jobs.length);
      }
    }
    expect(await head('bob', { clients: ['alice'] })).toEqual({ totalCount: 0, jobs: [] });
    await ask('boss', 'mutation { resumeScheduler { stats { paused } } }');
  });
});

describe('the schema', () => {
  it('has no other way to a job or a batch than those that are tried above', () => {
    const found = Object.values(schema.getTypeMap())
      .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
      .flatMap((type) =>
        Object.values(isObjectType(type) || isInterfaceType(type) ? type.getFields() : {})
          .filter((field) =>
            ['Job', 'Batch', 'Node', 'JobConnection', 'JobEdge', 'JobEvent', 'JobOutputChunk'].includes(
              getNamedType(field.type).name,
            ),
          )
          .map((field) => `${type.name}.${field.name}`),
      );
    // Those of payloads and of errors lead to what the caller named or submitted.
    expect(found.filter((name) => !/(Payload|Error)\./.test(name)).sort()).toEqual([
      'Batch.jobs',
      'BatchConnection.nodes',
      'BatchEdge.node',
      'BatchOutputChunk.chunk',
      'Chat.activeJob',
      'ChatMessage.job',
      'Decision.job',
      'Instance.activeJobs',
      'Job.batch',
      'JobConnection.edges',
      'JobConnection.nodes',
      'JobEdge.node',
      'JobEvent.job',
      'Query.batch',
      'Query.job',
      'Query.jobs',
      'Query.node',
      'Query.nodes',
      'QueueEvent.jobs',
      'Subscription.batchUpdated',
      'Subscription.jobOutput',
      'Subscription.jobUpdated',
    ]);
  });
});

describe('without keys', () => {
  it('client names are no borders', async () => {
    await using open = await TestApp.start();
    const ask = async (client: string, query: string, variables: object): Promise<Data> => {
      const response = await fetch(open.app.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-client': client },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    };
    const submit =
      'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id } } } }';
    const { data } = await ask('alice', submit, { input: { model: 'qwen2.5:0.5b', request } });
    const { id } = data.submitJob.job;
    const answer = await ask(
      'bob',
      'query ($id: ID!) { job(id: $id) { client } jobs(first: 1) { totalCount } }',
      { id },
    );
    expect(answer.data).toEqual({ job: { client: 'alice' }, jobs: { totalCount: 1 } });
  });
});

/** A variable of GraphQL is sent once, and kept for each job that names it: what one request has queued is limited as a whole. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RequestAllowance } from '../../src/accept/request-allowance.ts';
import { ANYONE, GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;
beforeEach(async () => {
  api = await GraphQLApi.open({ queueLimit: 10_000 });
});
afterEach(() => api.stop());

const MANY = 100;
const TEXT = 'x'.repeat(2 * 1024 ** 2);
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const IMAGE = Buffer.concat([Buffer.from(PIXEL, 'base64'), Buffer.alloc(1024 ** 2)]).toString('base64');

interface Member {
  readonly type: string;
  readonly value: unknown;
  /** Of one job, with `$it`. */
  readonly job: string;
}

const generate = (fields: string) => `{ model: "qwen3:8b", request: { generate: { ${fields} } } }`;
const chat = (fields: string) => `{ model: "qwen3:8b", request: { chat: { ${fields} } } }`;
const MESSAGES = 'messages: [{ role: USER, content: "?" }]';

const MEMBERS: Readonly<Record<string, Member>> = {
  prompt: { type: 'String!', value: TEXT, job: generate('prompt: $it') },
  system: { type: 'String', value: TEXT, job: generate('prompt: "?", system: $it') },
  'a template': { type: 'String', value: TEXT, job: generate('prompt: "?", template: $it') },
  'what comes after the text': { type: 'String', value: TEXT, job: generate('prompt: "?", suffix: $it') },
  'tokens of a conversation': {
    type: '[Integer!]',
    value: Array.from({ length: 200_000 }, () => 7),
    job: generate('prompt: "?", context: $it'),
  },
  'what a message says': {
    type: 'String!',
    value: TEXT,
    job: chat('messages: [{ role: USER, content: $it }]'),
  },
  messages: {
    type: '[ChatMessageInput!]!',
    value: Array.from({ length: 4_000 }, () => ({ role: 'USER', content: 'x'.repeat(200) })),
    job: chat('messages: $it'),
  },
  images: { type: '[String!]', value: [IMAGE], job: generate('prompt: "?", images: $it') },
  tools: {
    type: '[JSON!]',
    value: [{ type: 'function', function: { name: 'look', description: TEXT } }],
    job: chat(`${MESSAGES}, tools: $it`),
  },
  'calls of tools': {
    type: 'JSON',
    value: [{ function: { name: 'look', arguments: { text: TEXT } } }],
    job: chat('messages: [{ role: ASSISTANT, content: "?", toolCalls: $it }]'),
  },
  format: {
    type: 'JSON',
    value: { type: 'object', properties: { [TEXT]: { type: 'string' } } },
    job: generate('prompt: "?", format: $it'),
  },
  'further options': {
    type: 'JSON',
    value: { stop: [TEXT] },
    job: generate('prompt: "?", options: { extra: $it }'),
  },
  'texts to embed': {
    type: '[String!]!',
    value: Array.from({ length: 4_000 }, () => 'x'.repeat(200)),
    job: '{ model: "qwen3:8b", request: { embed: { input: $it } } }',
  },
  metadata: {
    type: 'JSON',
    value: { text: 'x'.repeat(60_000) },
    job: '{ model: "qwen3:8b", request: { generate: { prompt: "?" } }, metadata: $it }',
  },
  'a whole job': {
    type: 'SubmitJobInput!',
    value: { model: 'qwen3:8b', request: { generate: { prompt: TEXT } } },
    job: '$it',
  },
};

const REFUSAL = '... on InvalidInputError { issues { path message } }';

describe.each(Object.entries(MEMBERS))('%s, sent once and named by many jobs', (_, { type, value, job }) => {
  // What has a limit of its own is small, and needs more jobs.
  const count = JSON.stringify(value).length > 100_000 ? MANY : 400;
  const jobs = `[${Array.from({ length: count }, () => job).join(', ')}]`;

  test('is refused before any of it is read, with the job that is too much and what to do', async () => {
    const issues = [{ path: ['jobs', expect.any(String)], message: expect.stringContaining('maxBodyBytes') }];
    const { submitBatch } = await api.query(
      `mutation ($it: ${type}) { submitBatch(input: { jobs: ${jobs} }) { ${REFUSAL} } }`,
      { it: value },
    );
    expect(submitBatch).toEqual({ issues });
    expect(api.store.counts().PENDING).toBe(0);
    const { checkBatch } = await api.query(
      `query ($it: ${type}) { checkBatch(input: { jobs: ${jobs} }) { path message } }`,
      { it: value },
    );
    expect(checkBatch).toEqual(issues);
  });
});

describe('A request that submits several times', () => {
  const aliases = Array.from(
    { length: 30 },
    (_, index) => `a${index}: submitJob(input: ${generate('prompt: $it')}) { __typename ${REFUSAL} }`,
  );

  test('has as much queued in all as another at once, and the next one begins anew', async () => {
    const source = `mutation ($it: String!) { ${aliases.join(' ')} }`;
    const answers: { __typename: string }[] = Object.values(await api.query(source, { it: TEXT }));
    const queued = answers.filter(({ __typename }) => __typename === 'SubmitJobPayload');
    expect(queued).toHaveLength(9);
    expect(answers.filter(({ __typename }) => __typename === 'InvalidInputError')).toHaveLength(21);
    expect(api.store.counts().PENDING).toBe(9);
    await api.submit({ request: { generate: { prompt: TEXT } } });
  });
});

test('What is said in chats counts, too', async () => {
  const count = 30;
  const said = 'x'.repeat(900_000);
  const aliases = Array.from(
    { length: count },
    (_, index) =>
      `a${index}: sendChatMessage(input: { model: "qwen3:8b", content: $it }) { __typename ${REFUSAL} }`,
  );
  const answers: { __typename: string }[] = Object.values(
    await api.query(`mutation ($it: String!) { ${aliases.join(' ')} }`, { it: said }),
  );
  const refused = answers.filter(({ __typename }) => __typename === 'InvalidInputError');
  expect(refused.length).toBeGreaterThan(0);
  expect(api.store.counts().PENDING).toBe(count - refused.length);
});

describe('What was decoded already', () => {
  test('is counted by the same rule where it holds several jobs; what a route read of one job has the limit of the route', async () => {
    const { accept } = api.context;
    const request = { kind: 'GENERATE', prompt: TEXT.repeat(30) } as const;
    const jobs = Array.from({ length: 30 }, () => ({
      model: 'qwen3:8b',
      request: { kind: 'GENERATE', prompt: TEXT } as const,
    }));
    await expect(accept.admitBatch(ANYONE, { jobs })).rejects.toThrow(/jobs\.9: .*maxBodyBytes/);
    const { job } = await accept.admit(ANYONE, { model: 'qwen3:8b', request });
    expect(job.status).toBe('PENDING');
  });
});

describe('The allowance', () => {
  test('never refuses what has been sent in full within the same limit', () => {
    const text = fc
      .array(fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'ü', '€', '𝄞', '\ud834'), { maxLength: 9 })
      .map((units) => units.join(''));
    const leaf = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null));
    const json = fc.oneof(
      fc.array(leaf, { maxLength: 5 }),
      fc.dictionary(text, fc.array(leaf, { maxLength: 3 }), { maxKeys: 5 }),
    );
    fc.assert(
      fc.property(json, (value) => {
        new RequestAllowance(Buffer.byteLength(JSON.stringify(value))).take(value, []);
      }),
      { numRuns: 200 },
    );
    const largest = JSON.stringify(Array.from({ length: 100_000 }, () => 'ü'));
    new RequestAllowance(Buffer.byteLength(largest)).take(JSON.parse(largest), []);
  });

  test('looks at what is nested ten thousand levels deep', () => {
    const deep = JSON.parse(`${'['.repeat(10_000)}"text"${']'.repeat(10_000)}`);
    expect(() => new RequestAllowance(10_000).take(deep, [])).toThrow(/maxBodyBytes/);
    new RequestAllowance(100_000).take(deep, []);
  });
});

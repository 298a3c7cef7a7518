/** Asks for everything there is, everywhere it can be reached, and counts what was answered. */
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClientLimitError } from '../../src/domain/allowance.ts';
import { ContextLengthExceededError } from '../../src/domain/context-errors.ts';
import { NO_DECISIONS } from '../../src/domain/decision.ts';
import { InvalidSettingError, StoreUnwritableError } from '../../src/domain/errors.ts';
import { HopelessDeadlineError } from '../../src/domain/hopeless-deadline.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { schema } from '../../src/graphql/schema.ts';
import { residency, sampleOf } from '../contract/store-history.ts';
import { EMBED_RESULT, GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';
import { AT, cell, decisions } from '../support/system-fixture.ts';

const ROOTS = ['Query', 'Mutation', 'Subscription'];
const objects = Object.values(schema.getTypeMap()).filter(
  (type) => isObjectType(type) && !isIntrospectionType(type),
);

/** Fields that were resolved, as `Type.field`. */
const resolved = new Set<string>();
for (const type of objects.filter(isObjectType)) {
  for (const field of Object.values(type.getFields())) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      resolved.add(`${type.name}.${field.name}`);
      return resolve(source, args, context, info);
    };
  }
}

/** Arguments of fields below the roots that cannot do without. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'Batch.jobs': '(first: 2)',
  'Chat.messages': '(first: 2)',
};

/** Everything of a type, each type once on a way down. Members of abstract types may disagree on a field, so theirs have aliases. */
function selectionOf(type: GraphQLNamedType, path: readonly string[]): string {
  if (isAbstractType(type)) {
    const members = schema
      .getPossibleTypes(type)
      .map((member) => `... on ${member.name} ${fieldsOf(member, path, `${member.name}_`)}`);
    return `{ __typename ${members.join(' ')} }`;
  }
  return isObjectType(type) ? fieldsOf(type, path, '') : '';
}

function fieldsOf(type: GraphQLNamedType, path: readonly string[], prefix: string): string {
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields()).map((field) =>
    fieldText(type.name, field, [...path, type.name], prefix),
  );
  return `{ __typename ${fields.join(' ')} }`;
}

function fieldText(
  parent: string,
  field: GraphQLField<unknown, unknown>,
  path: readonly string[],
  prefix: string,
): string {
  const type = getNamedType(field.type);
  const alias = prefix ? `${prefix}${field.name}: ` : '';
  const name = `${alias}${field.name}${ARGUMENTS[`${parent}.${field.name}`] ?? ''}`;
  if (!isObjectType(type) && !isAbstractType(type)) return name;
  return path.includes(type.name) || path.length > 4 ? '' : `${name} ${selectionOf(type, path)}`;
}

function operation(kind: 'query' | 'mutation' | 'subscription', name: string, args = ''): string {
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[kind];
  const field = root?.getFields()[name];
  if (!field) throw new Error(`There is no ${kind} ${name}.`);
  return `${kind} { ${name}${args} ${selectionOf(getNamedType(field.type), [])} }`;
}

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open({ queueLimit: 20 });
});
afterEach(() => api.stop());

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const JOB =
  '{ model: "qwen3:8b", request: { generate: { prompt: "x" } }, labels: [{ key: "a", value: "b" }] }';

test('every field of the schema answers', async () => {
  const failed = await api.submit({ labels: [{ key: 'a', value: 'b' }] });
  await api.start(failed);
  await api.fail(failed, { code: 'LOAD_FAILED', message: 'No.', retryable: true });
  const text = await api.submit({ fallback: { models: ['qwen3:8b', 'phi4'], after: 5_000 } });
  await api.start(text);
  await api.complete(text, TEXT_RESULT, [{ attempt: 1, channel: 'THINKING', text: 'Hm.' }]);
  const embedding = await api.submit({ model: 'all-minilm', request: { embed: { input: ['x'] } } });
  await api.start(embedding);
  await api.complete(embedding, EMBED_RESULT);
  const { submitBatch } = await api.query(
    `mutation { submitBatch(input: { jobs: [${JOB}] }) { ... on SubmitBatchPayload { batch { id jobs(first: 1) { nodes { id } } } } } }`,
  );
  const { id: batchId } = submitBatch.batch;
  const waiting: JobId = submitBatch.batch.jobs.nodes[0].id;
  api.system.decided = decisions(3, text);
  api.decisions.restore({ decisions: decisions(3, text), end: { ...NO_DECISIONS, sequence: 3 } });
  api.system.instances = api.system.instances.map((one) => ({ ...one, activeJobIds: [waiting] }));
  api.system.cells = [cell('one')];
  api.system.logs.set(cell('one').id, ['a line']);
  api.system.backend = { health: 'DEGRADED', problem: 'Slow.' };
  api.system.cells = [cell('one')];
  const ids = [
    text,
    batchId,
    ...api.system.backends().flatMap((one) => [one.id, ...one.gpus, ...one.instances, ...one.cells]),
    api.system.models()[0],
  ].map((one) => (typeof one === 'string' ? one : one?.id));

  await api.query(operation('query', 'backends'));
  await api.query(operation('query', 'batch', `(id: "${batchId}")`));
  await api.query(operation('query', 'batches', '(first: 2)'));
  await api.query(operation('query', 'decisions', '(first: 2)'));
  await api.query(operation('query', 'checkBatch', `(input: { jobs: [${JOB.replace('"x"', '""')}] })`));
  await api.query(
    operation('query', 'previewBatch', `(input: { jobs: [${JOB}, ${JOB.replace('"x"', '""')}] })`),
  );
  await api.query(operation('query', 'idsWithPrefix', '(prefix: "job_")'));
  await api.query(operation('query', 'health'));
  await api.query(operation('query', 'jobs', '(first: 10)'));
  for (const id of [failed, text, embedding, waiting])
    await api.query(operation('query', 'job', `(id: "${id}")`));
  await api.query(operation('query', 'model', '(name: "qwen3:8b")'));
  await api.query(operation('query', 'models', '(first: 10)'));
  await api.query(operation('query', 'node', `(id: "${text}")`));
  await api.query(operation('query', 'nodes', `(ids: ${JSON.stringify(ids)})`));
  await api.store.history.residencies.keep([residency({ loadingAt: AT - 1_000 })]);
  const since = `(from: "${new Date(AT - 60_000).toISOString()}", to: "${new Date(AT + 60_000).toISOString()}")`;
  await api.store.history.samples.keep(Math.floor(AT / 10_000) * 10_000, sampleOf({}, 1));
  await api.query(operation('query', 'history', since));
  await api.query(operation('query', 'residencies', `(from: "${new Date(AT - 5_000).toISOString()}")`));
  await api.query(operation('query', 'stats'));
  await api.query(operation('query', 'viewer'));
  await api.query(operation('query', 'clients'));
  await api.memory.reserve({ owner: 'x', bytes: 1, gpuId: null, leaseMs: null });
  await api.query(operation('query', 'reservations'));
  await api.query(operation('query', 'memoryBudget'));
  await api.query(operation('query', 'workerAllocation', '(input: { minBytesPerWorker: 1 })'));

  for (const name of ['cancelJob', 'retryJob', 'updateJobPriority']) {
    for (const id of [waiting, failed, text, 'job_unknown']) {
      const priority = name === 'updateJobPriority' ? ', priority: LOW' : '';
      await api.query(operation('mutation', name, `(input: { id: "${id}"${priority} })`));
    }
  }
  for (const name of ['cancelJobs', 'retryJobs', 'updateJobPriorities']) {
    const priority = name === 'updateJobPriorities' ? ', priority: LOW' : '';
    await api.query(operation('mutation', name, `(input: { jobs: { ids: ["${waiting}"] }${priority} })`));
  }
  await api.query(operation('mutation', 'reloadConfiguration'));
  api.reload = async () => {
    throw new InvalidSettingError('port: "x" is no port');
  };
  await api.query(operation('mutation', 'reloadConfiguration'));
  for (const base64 of [
    PNG,
    'no image',
    Buffer.concat([Buffer.from(PNG, 'base64'), Buffer.alloc(40_000)]).toString('base64'),
  ])
    await api.query(operation('mutation', 'storeImage', `(input: { base64: "${base64}" })`));
  const send = (input: string) =>
    api.query(operation('mutation', 'sendChatMessage', `(input: { model: "qwen3:8b", ${input} })`));
  await send('content: "Why?", options: { seed: 1 }');
  const { chats } = await api.query('{ chats(first: 1) { nodes { id activeJob { id } leafId } } }');
  const [talk] = chats.nodes;
  await send(`content: "And?", chatId: "${talk.id}"`);
  await send('content: "And?", chatId: "chat_none"');
  await api.start(talk.activeJob.id);
  await api.complete(talk.activeJob.id, TEXT_RESULT);
  await api.query(operation('query', 'chats', '(first: 1)'));
  await api.query(operation('query', 'chat', `(id: "${talk.id}")`));
  await api.query(operation('mutation', 'answerAgain', `(input: { messageId: "${talk.leafId}" })`));
  await api.query(operation('mutation', 'updateChat', `(input: { id: "${talk.id}", title: "Sky" })`));
  for (const name of ['updateBatch', 'cancelBatch', 'retryBatch']) {
    for (const id of [batchId, 'bat_none'])
      await api.query(operation('mutation', name, `(input: { id: "${id}" })`));
  }
  await api.query(operation('mutation', 'pauseScheduler'));
  await api.query(operation('mutation', 'resumeScheduler'));
  const submitJob = (input: string) => api.query(operation('mutation', 'submitJob', `(input: ${input})`));
  const keyed = JOB.replace('{', '{ idempotencyKey: "k", ');
  await submitJob(keyed);
  await submitJob(keyed.replace('"x"', '"y"'));
  await submitJob(JOB.replace('"x"', '""'));
  await submitJob(JOB.replace('qwen3', 'qwen33'));
  await api.query(operation('mutation', 'submitBatch', `(input: { jobs: [${JOB}] })`));
  await api.query(
    operation('mutation', 'submitBatch', `(input: { jobs: [${Array(20).fill(JOB).join(' ')}] })`),
  );

  await submitJob(JOB.replace('model: "qwen3:8b"', 'task: "write"'));
  await submitJob(JOB.replace('model: "qwen3:8b"', 'task: "wrong"'));
  await api.query(operation('query', 'task', '(name: "write")'));
  await api.query(operation('query', 'tasks'));
  for (const option of ['huge', 'none'])
    await api.query(
      operation('mutation', 'selectTaskModel', `(input: { task: "write", option: "${option}" })`),
    );
  await api.query(operation('query', 'memoryBudget', '(tasks: true)'));
  await api.query(operation('mutation', 'warmUpTasks'));

  api.queueFor = () => {
    const limit = { promptTokens: 9_000, contextLength: 8_192, heldBy: 'model' } as const;
    throw new ContextLengthExceededError('qwen3:8b', limit);
  };
  await submitJob(JOB);
  api.queueFor = () => {
    throw new HopelessDeadlineError(1, 2);
  };
  await submitJob(JOB);
  api.queueFor = () => {
    throw new ClientLimitError('someone', 'TOKENS_PER_MINUTE', 100, 2_000);
  };
  await submitJob(JOB);
  api.queueFor = (asked) => asked;

  api.store.submit = async () => ({ kind: 'queue-full', limit: 1, waiting: 1, client: 'someone' });
  await submitJob(JOB);

  api.store.submit = () => Promise.reject(new StoreUnwritableError('The disk is full.'));
  await submitJob(JOB);

  for (const bytes of [1, 0, 2 ** 50])
    await api.query(operation('mutation', 'reserveVram', `(input: { bytes: ${bytes} })`));
  for (const id of ['', api.memory.reservations()[0]?.id])
    await api.query(operation('mutation', 'releaseVram', `(input: { id: "${id}" })`));
  for (const name of ['loadModel', 'pinModel', 'unpinModel', 'unloadModel'])
    await api.query(operation('mutation', name, '(input: { model: "qwen3:8b" })'));
  const { pullModel } = await api.query(
    'mutation { pullModel(input: { model: "new:1" }) { ... on PullModelPayload { pull { id } } } }',
  );
  await api.query(operation('mutation', 'pullModel', '(input: { model: "new:1" })'));
  await api.query(operation('mutation', 'cancelPull', '(input: { id: "pul_none" })'));
  await api.query(operation('query', 'modelPulls'));
  await api.query(operation('mutation', 'copyModel', '(input: { source: "qwen3:8b", destination: "b" })'));
  await api.query(operation('mutation', 'deleteModel', '(input: { model: "b" })'));
  api.system.backend = { health: 'UNREACHABLE' };
  await api.query(operation('mutation', 'loadModel', '(input: { model: "qwen3:8b" })'));

  for (const [name, args] of [
    ['jobUpdated', ''],
    ['batchUpdated', `(id: "${batchId}")`],
    ['batchOutput', `(id: "${batchId}")`],
    ['jobOutput', `(id: "${text}")`],
    ['vramChanged', ''],
    ['statsChanged', ''],
    ['queueChanged', '(first: 10)'],
    ['pullUpdated', `(id: "${pullModel.pull.id}")`],
    ['pullsUpdated', ''],
    ['decided', ''],
    ['cellLog', `(id: "${cell('one').id}")`],
  ] as const) {
    const events = await api.subscribe(operation('subscription', name, args));
    await events.next();
    await events.stop();
  }

  const told = await api.subscribe(operation('subscription', 'chatsChanged'));
  const news = told.next();
  await api.query(operation('mutation', 'deleteChat', `(input: { id: "${talk.id}" })`));
  await news;
  await told.stop();
  await api.query(operation('mutation', 'cancelPull', `(input: { id: "${pullModel.pull.id}" })`));

  const all = objects
    .filter(isObjectType)
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
  expect(all.filter((field) => !resolved.has(field))).toEqual([]);
  expect(all.filter((field) => ROOTS.some((root) => field.startsWith(`${root}.`))).length).toBeGreaterThan(
    20,
  );
});

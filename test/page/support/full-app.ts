/** A server with something on every page: models in memory, a queue that does not move, jobs that ended, a reservation, another program. */
import { systemClock } from '../../../src/clock.ts';
import { GiB } from '../../../src/domain/units.ts';
import { TestApp } from '../../app/test-app.ts';
import { eventually } from '../../support/eventually.ts';

export interface FullApp extends AsyncDisposable {
  readonly t: TestApp;
  readonly runningId: string;
  readonly waitingId: string;
  readonly doneId: string;
  readonly failedId: string;
  readonly batchId: string;
}

export async function fullApp(): Promise<FullApp> {
  // Fast loads, and answers that are not done before the page has been looked at.
  const t = await TestApp.start({ ollama: { tokensPerSecond: 0.5 }, config: { headroomBytes: GiB } });
  t.ollama.core.memory.setForeign(0, 2 * GiB);
  await t.query(
    'mutation { reserveVram(input: { bytes: 1073741824, owner: "tests", lease: 600000 }) { __typename } }',
  );
  const quick = { request: { generate: { prompt: 'Hi.', options: { maxTokens: 1 } } } };
  const doneId = (await t.submit({ model: 'gemma:2b', ...quick })).job.id;
  await t.ended(doneId);
  const { submitBatch } = await t.query(
    'mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) { ... on SubmitBatchPayload { batch { id } } } }',
    { input: { name: 'Two greetings', jobs: [1, 2].map(() => ({ model: 'gemma:2b', ...quick })) } },
  );
  const batchId: string = submitBatch.batch.id;
  const hasEnded = () => t.query('query ($batchId: ID!) { batch(id: $batchId) { finishedAt } }', { batchId });
  await eventually(hasEnded, ({ batch }) => batch.finishedAt !== null);
  await t.query('mutation { pauseScheduler { __typename } }');
  const deadline = new Date(systemClock.now() + 1_000).toISOString();
  const failedId = (await t.submit({ model: 'qwen2.5:0.5b', deadline, ...quick })).job.id;
  await t.ended(failedId);
  await t.query('mutation { resumeScheduler { __typename } }');
  await t.query('mutation { pinModel(input: { model: "qwen2.5:0.5b" }) { __typename } }');
  const long = { request: { generate: { prompt: 'Tell me everything.', options: { maxTokens: 2_000 } } } };
  const submitted: string[] = [];
  for (const priority of ['HIGH', 'NORMAL', 'NORMAL', 'NORMAL', 'NORMAL', 'LOW'])
    submitted.push(
      (await t.submit({ model: 'gemma:2b', priority, labels: [{ key: 'suite', value: 'mmlu' }], ...long }))
        .job.id,
    );
  const states = async () => Promise.all(submitted.map(async (id) => (await t.job(id)).status));
  const all = await eventually(states, (seen) => seen.filter((status) => status === 'RUNNING').length === 2);
  return {
    t,
    doneId,
    failedId,
    batchId,
    runningId: submitted[all.indexOf('RUNNING')] ?? '',
    waitingId: submitted[all.indexOf('PENDING')] ?? '',
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  };
}

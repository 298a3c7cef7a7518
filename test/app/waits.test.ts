/** What a job waited for, and what it was asked, by the API of a whole server. */
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

const TOLD = `query ($id: ID!) { job(id: $id) {
  createdAt firstOutputAt startedAt finishedAt waits { reason from to } request { ... on GenerateRequest { prompt options { maxTokens } } }
} }`;

test('What jobs waited for is told of those that ran and of those that were cancelled in the queue', async () => {
  await using t = await TestApp.start({ backend: { parallel: 1 }, ollama: { tokensPerSecond: 4 } });
  const submit = async (maxTokens: number): Promise<string> => {
    const request = { generate: { prompt: 'Tides?', options: { maxTokens } } };
    return (await t.submit({ model: 'gemma:2b', request })).job.id;
  };
  const told = async (id: string) => (await t.query(TOLD, { id })).job;
  const cancel = (id: string) =>
    t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id });
  const first = await submit(400);
  await t.jobWhen(first, ({ status }) => status === 'RUNNING');
  const [second, third] = [await submit(8), await submit(8)];
  await t.query('mutation { pauseScheduler { __typename } }');
  // Queues are looked at each second, so what lasted for less may be missing.
  const waited = await eventually(
    () => told(second),
    ({ createdAt, waits }) =>
      waits.at(-1)?.reason === 'SCHEDULER_PAUSED' && systemClock.now() > Date.parse(createdAt) + 2_000,
  );
  expect(waited.waits.at(-1).to).toBeNull();
  expect(waited.request).toEqual({ prompt: 'Tides?', options: { maxTokens: 8 } });
  await cancel(third);
  const gone = await told(third);
  expect(gone.waits.length).toBeGreaterThan(0);
  expect(gone.waits[0].from).toBe(gone.createdAt);
  expect(gone.waits.at(-1).to).toBe(gone.finishedAt);
  expect(gone.firstOutputAt).toBeNull();
  await cancel(first);
  await t.query('mutation { resumeScheduler { __typename } }');
  await t.jobWhen(second, ({ status }) => status === 'COMPLETE');
  const done = await told(second);
  expect(done.waits[0].from).toBe(done.createdAt);
  for (const [place, { to }] of done.waits.slice(0, -1).entries())
    expect(to).toBe(done.waits[place + 1].from);
  expect(done.waits.every(({ to }: { to: string | null }) => to !== null)).toBe(true);
  expect(done.firstOutputAt > done.startedAt && done.firstOutputAt <= done.finishedAt).toBe(true);
  expect((await told(third)).waits).toEqual(gone.waits);
});

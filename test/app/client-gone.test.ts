/** What becomes of the job of a program that breaks its connection is a setting. */
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

it.each([
  ['finish', 'COMPLETE'],
  ['cancel', 'CANCELLED'],
] as const)('with onClientGone: %s its job is %s in the end', async (onClientGone, status) => {
  await using t = await TestApp.start({ config: { onClientGone }, ollama: { speed: 5 } });
  const client = new AbortController();
  const body = JSON.stringify({ model: 'smollm:360m', prompt: 'x', options: { num_predict: 200 } });
  const asked = { method: 'POST', body, signal: client.signal };
  const answer = fetch(`${t.app.url}/api/generate`, asked).then((response) => response.text());
  const gone = expect(answer).rejects.toThrow();
  const jobs = async () => (await t.query('{ jobs(first: 1) { nodes { id status } } }')).jobs.nodes;
  const [{ id }] = await eventually(jobs, ([job]) => job?.status === 'RUNNING');
  client.abort();
  await gone;
  expect((await t.ended(id)).status).toBe(status);
});

/** JSON that is nested deeper than anything means, wherever a caller can put it: refused with words, and nobody else notices. */
import { expect, it } from 'vitest';
import { TestApp } from './test-app.ts';

const PLACE = '@deep@';
const SUBMIT = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename
  ... on InvalidInputError { issues { path message } } } }`;

/** Asks with nested objects in the place of `PLACE`. As text: `JSON.stringify` bears no such depth. */
async function ask(
  t: TestApp,
  input: object,
  levels: number,
  more: object = {},
): Promise<{ data?: unknown; errors?: unknown[] }> {
  const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const body = JSON.stringify({ query: SUBMIT, variables: { input }, ...more }).replaceAll(
    `"${PLACE}"`,
    () => deep,
  );
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(t.app.graphqlUrl, { method: 'POST', headers, body });
  return (await response.json()) as Awaited<ReturnType<typeof ask>>;
}

it.each([65, 900, 1_500, 4_000, 100_000])('JSON nested %s deep is refused by its field', async (levels) => {
  await using t = await TestApp.start();
  const prompt = { generate: { prompt: 'x' } };
  const messages = [{ role: 'USER', content: 'x' }];
  const generate = (more: object) => ({ request: { generate: { prompt: 'x', ...more } } });
  const chat = (more: object) => ({ request: { chat: { messages, ...more } } });
  const fields: Readonly<Record<string, object>> = {
    metadata: { metadata: PLACE, request: prompt },
    'request.generate.format': generate({ format: PLACE }),
    'request.generate.options.extra': generate({ options: { extra: PLACE } }),
    'request.chat.format': chat({ format: PLACE }),
    'request.chat.tools.0': chat({ tools: [PLACE] }),
    'request.chat.messages.0.toolCalls': chat({
      messages: [{ role: 'ASSISTANT', content: '', toolCalls: PLACE }],
    }),
  };
  for (const [field, input] of Object.entries(fields)) {
    const { data } = await ask(t, { model: 'smollm:360m', ...input }, levels);
    const issue = { path: expect.any(Array), message: expect.stringContaining('at most 64 levels') };
    expect([field, data]).toMatchObject([
      field,
      { submitJob: { __typename: 'InvalidInputError', issues: [issue] } },
    ]);
    const { submitJob } = data as { submitJob: { issues: { path: string[] }[] } };
    expect(submitJob.issues[0]?.path.join('.').startsWith(field)).toBe(true);
  }
  // Where no JSON is meant it is a value of a wrong type, like any other.
  for (const wrong of [{ deadline: PLACE }, { labels: PLACE }, { request: PLACE }, { priority: PLACE }]) {
    const { errors } = await ask(t, { model: 'smollm:360m', request: prompt, ...wrong }, levels);
    expect(errors?.length).toBeGreaterThan(0);
    for (const error of errors ?? []) expect(error).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  }
  expect((await t.ended(await t.generate('smollm:360m'))).status).toBe('COMPLETE');
});

it('a body that is so large that a thread decodes it is refused alike', async () => {
  await using t = await TestApp.start();
  const large = { extensions: { padding: 'x'.repeat(200_000) } };
  const input = { model: 'smollm:360m', metadata: PLACE, request: { generate: { prompt: 'x' } } };
  for (const levels of [65, 99, 101, 4_000, 100_000]) {
    const { data } = await ask(t, input, levels, large);
    const issues = [{ message: expect.stringContaining('at most 64 levels') }];
    expect([levels, data]).toMatchObject([levels, { submitJob: { issues } }]);
    const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const body = `{"model":"smollm:360m","prompt":"${large.extensions.padding}","metadata":${deep}}`;
    const answer = await fetch(`${t.app.url}/api/submit`, { method: 'POST', body });
    expect([levels, answer.status]).toEqual([levels, 400]);
  }
});

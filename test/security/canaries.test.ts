/** What jobs say and what keys are stands in no log, metric, audit line or error, whatever goes wrong. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { attached, testConfig } from '../app/test-app.ts';
import { RawSocket } from '../conformance/support.ts';

const MODEL = 'qwen2.5:0.5b';
const PROMPT = 'canary-of-a-prompt';
const KEY = 'canary-of-a-key-1234';
const WRONG_KEY = 'canary-of-a-wrong-key';
const CANARY = /canary-of-/;
/** Where a caller's own words belong: in the answer to it that it asked for, and not in what went wrong. */
type Kind = 'answer' | 'refusal';

it('canaries sent through every path are found in no log, metric, audit line and error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-canaries-'));
  const ollama = await runVirtualOllama({
    gpus: [{ totalBytes: 24 * 1024 ** 3 }],
    numParallel: 2,
    speed: 50,
  });
  const logged: string[] = [];
  const audit = join(folder, 'audit.jsonl');
  const config = testConfig(folder, [attached(ollama.url)], {
    keys: [{ name: 'ann', key: KEY, admin: true, maxPriority: 'HIGH' }],
    audit,
  });
  const app = createApp(config, {
    logger: createLoggerOn({ write: (line: string) => void logged.push(line) }, 'debug', systemClock),
    readSettings: async () => config,
  });
  await app.start();
  try {
    const errors: { readonly what: string; readonly text: string }[] = [];
    const send = async (what: string, path: string, body: unknown, kind: Kind = 'answer', key = KEY) => {
      const response = await fetch(new URL(path, app.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const isError = response.status >= 400 || /"errors?":/.test(text);
      if (kind === 'refusal') expect([what, isError]).toEqual([what, true]);
      if (isError) errors.push({ what: `${what}: ${response.status}`, text });
      return text;
    };
    const ask = (what: string, query: string, variables: object, kind: Kind = 'answer') =>
      send(what, '/graphql', { query, variables }, kind);
    const submit =
      'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename ... on UserError { message } ... on InvalidInputError { issues { path message } } } }';
    const generate = { generate: { prompt: PROMPT, options: { maxTokens: 3 } } };
    const messages = [{ role: 'user', content: PROMPT }];
    const everyPath = async () => {
      await ask('submitJob', submit, {
        input: { model: MODEL, request: generate, metadata: { note: PROMPT } },
      });
      await ask(
        'sendChatMessage',
        'mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { __typename } }',
        { input: { model: MODEL, content: PROMPT } },
      );
      await send('generate', '/api/generate', {
        model: MODEL,
        prompt: PROMPT,
        system: PROMPT,
        options: { num_predict: 3 },
      });
      await send('chat', '/api/chat', { model: MODEL, messages, options: { num_predict: 3 }, stream: false });
      await send('embed', '/api/embed', { model: 'nomic-embed-text', input: PROMPT });
      await send('submit', '/api/submit', { model: MODEL, prompt: PROMPT });
      await send('completions', '/v1/chat/completions', {
        model: MODEL,
        messages,
        max_tokens: 3,
        stream: true,
      });
      await send('responses', '/v1/responses', { model: MODEL, input: PROMPT, max_output_tokens: 3 });
      await send('messages', '/v1/messages', { model: MODEL, messages, max_tokens: 3 });
      await send('batches', '/v1/messages/batches', {
        requests: [{ custom_id: 'a', params: { model: MODEL, max_tokens: 3, messages } }],
      });
    };
    await everyPath();
    ollama.core.faults.set({ failOf: PROMPT });
    await everyPath();
    ollama.core.faults.set({ failOf: '' });

    // What cannot be read or taken, by each way in.
    await ask(
      'a variable of a wrong type',
      submit,
      { input: { model: MODEL, request: { generate: { prompt: { text: PROMPT } } } } },
      'refusal',
    );
    await ask(
      'an unknown field',
      submit,
      { input: { model: MODEL, request: { generate: { promt: PROMPT } } } },
      'refusal',
    );
    await ask(
      'a literal of a wrong type',
      `mutation { submitJob(input: { model: 1, request: { generate: { prompt: "${PROMPT}", options: "${PROMPT}" } } }) { __typename } }`,
      {},
      'refusal',
    );
    await ask('a query that is none', `mutation { submitJob(input: { prompt: "${PROMPT}`, {}, 'refusal');
    for (const path of [
      '/graphql',
      '/api/generate',
      '/api/chat',
      '/api/embed',
      '/api/submit',
      '/v1/chat/completions',
      '/v1/responses',
      '/v1/messages',
      '/v1/messages/batches',
      '/v1/embeddings',
    ])
      for (const [what, body] of [
        ['broken JSON', `{"model":"${MODEL}","prompt":"${PROMPT}", ${PROMPT}`],
        [
          'a wrong type',
          {
            model: MODEL,
            prompt: [{ a: PROMPT }],
            messages: PROMPT,
            input: { a: PROMPT },
            requests: PROMPT,
            query: { a: PROMPT },
          },
        ],
        [
          'a wrong option',
          {
            model: MODEL,
            prompt: PROMPT,
            messages: [{ role: 5, content: { a: PROMPT } }],
            input: [{ a: [PROMPT] }],
            options: PROMPT,
            max_tokens: PROMPT,
            requests: [{ custom_id: { a: PROMPT }, params: PROMPT }],
          },
        ],
        [
          'a model that is not there',
          {
            model: 'not-there',
            prompt: PROMPT,
            messages,
            input: PROMPT,
            max_tokens: 3,
            requests: [{ custom_id: 'a', params: { model: 'not-there', max_tokens: 1, messages } }],
          },
        ],
      ] as const)
        await send(`${what} to ${path}`, path, body);
    for (const path of ['/graphql', '/api/generate', '/v1/messages', '/v1/chat/completions'])
      await send(
        `a wrong key to ${path}`,
        path,
        { model: MODEL, prompt: PROMPT, messages },
        'refusal',
        WRONG_KEY,
      );
    await ask('a text where none may be', `{ job(id: "x" "${PROMPT}") { id } }`, {}, 'refusal');
    await ask('reload', 'mutation { reloadConfiguration { __typename } }', {});

    const socket = await new RawSocket(Number(new URL(app.url).port)).acknowledged({ apiKey: KEY });
    socket.socket.send(
      JSON.stringify({
        id: '1',
        type: 'subscribe',
        payload: {
          query: submit,
          variables: { input: { model: MODEL, request: { generate: { prompt: [PROMPT] } } } },
        },
      }),
    );
    errors.push({ what: 'a socket', text: JSON.stringify(await socket.take()) });
    await socket.close();

    const metrics = await (
      await fetch(new URL('/metrics', app.url), { headers: { 'x-api-key': KEY } })
    ).text();
    expect(metrics).toContain('vramkeeper_job_failures_total');
    expect(errors.length).toBeGreaterThan(30);
    expect(errors.filter(({ text }) => CANARY.test(text))).toEqual([]);
    expect(metrics.match(CANARY)).toBeNull();
    expect((await readFile(audit, 'utf8')).match(CANARY)).toBeNull();
    await app.stop({ graceMs: 0 });
    expect(logged.length).toBeGreaterThan(20);
    expect(logged.filter((line) => CANARY.test(line))).toEqual([]);
  } finally {
    await app.stop({ graceMs: 0 });
    await ollama.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { eventually } from '../support/eventually.ts';
import { GIB, THIN, thinModel } from './bench.ts';
import { ask, askJson, objects, start } from './client.ts';

const catalog = [
  thinModel('a', 100),
  thinModel('b', 100),
  thinModel('thinker', 50, { capabilities: ['completion', 'thinking', 'tools'] }),
  thinModel('seer', 50, { capabilities: ['completion', 'vision'] }),
  thinModel('talker', 50, { messages: [{ role: 'user', content: 'word '.repeat(200) }] }),
  thinModel('filler', 50, { capabilities: ['completion', 'insert'] }),
  thinModel('embedder', 20, { facts: { ...THIN, poolingType: 1 } }),
];
const hi = [{ role: 'user', content: 'hi' }];

let server: RunningVirtualOllama;
let url: string;

beforeAll(async () => {
  server = await runVirtualOllama({
    catalog,
    gpus: [{ totalBytes: 2 * GIB }],
    speed: 50,
  });
  ({ url } = server);
});
afterAll(() => server.stop());

describe('generating', () => {
  test('no header is sent before the first object', async () => {
    server.core.faults.set({ stallMidStream: 1 });
    const asking = start(url, '/api/generate', { model: 'a', prompt: 'x', options: { num_predict: 1 } });
    await eventually(() => server.core.scheduler.runners().some((runner) => runner.engine.busy > 0));
    let answered = false;
    asking.answer.then(
      () => {
        answered = true;
      },
      () => {},
    );
    await askJson(url, '/api/version');
    expect(answered).toBe(false);
    asking.abort();
  });

  test('num_predict gives that many tokens and "length"; without it the answer ends by itself', async () => {
    const limited = objects(
      await ask(url, '/api/generate', { model: 'a', prompt: 'x', options: { num_predict: 7 } }),
    );
    expect(limited).toHaveLength(8);
    expect(limited.at(-1)).toMatchObject({ done: true, done_reason: 'length', eval_count: 7, response: '' });
    const natural = objects(await ask(url, '/api/generate', { model: 'a', prompt: 'x' }));
    expect(natural.at(-1)).toMatchObject({ done: true, done_reason: 'stop', eval_count: natural.length - 1 });
  });

  test('the same question has the same answer, and a seed changes it', async () => {
    const text = async (seed: number) =>
      (
        await askJson(url, '/api/generate', {
          model: 'a',
          prompt: 'why',
          stream: false,
          options: { seed, num_predict: 20 },
        })
      ).value.response;
    expect(await text(1)).toBe(await text(1));
    expect(await text(1)).not.toBe(await text(2));
  });

  test('durations are whole nanoseconds, and load_duration holds the wait in the queue', async () => {
    await askJson(url, '/api/generate', { model: 'a', keep_alive: 0 });
    await eventually(
      async () =>
        !(await askJson(url, '/api/ps')).value.models.some((m: { name: string }) => m.name === 'a:latest'),
    );
    const cold = await askJson(url, '/api/generate', {
      model: 'a',
      prompt: 'x',
      stream: false,
      options: { num_predict: 1 },
    });
    const { load_duration: load, total_duration: total } = cold.value;
    expect(Number.isInteger(load) && Number.isInteger(total)).toBe(true);
    expect(load).toBeGreaterThan(1e6);
    expect(total).toBeGreaterThanOrEqual(load);
  });

  test('stops at a stop sequence, without it', async () => {
    const whole = (
      await askJson(url, '/api/generate', {
        model: 'a',
        prompt: 'z',
        stream: false,
        options: { num_predict: 12 },
      })
    ).value.response as string;
    const stop = whole.split(' ')[4] ?? '';
    const cut = (
      await askJson(url, '/api/generate', {
        model: 'a',
        prompt: 'z',
        stream: false,
        options: { num_predict: 12, stop: [stop] },
      })
    ).value;
    expect(cut.done_reason).toBe('stop');
    expect(whole.startsWith(cut.response)).toBe(true);
    expect(cut.response).not.toContain(stop);
  });

  test('a format gives JSON of that form', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        age: { type: 'integer' },
        tags: { type: 'array', items: { enum: ['x', 'y'] } },
      },
    };
    const answer = (
      await askJson(url, '/api/generate', { model: 'a', prompt: 'q', stream: false, format: schema })
    ).value;
    const value = JSON.parse(answer.response);
    expect(Object.keys(value)).toEqual(['name', 'age', 'tags']);
    expect(Number.isInteger(value.age)).toBe(true);
    expect(['x', 'y']).toContain(value.tags[0]);
    const free = (
      await askJson(url, '/api/chat', { model: 'a', messages: hi, stream: false, format: 'json' })
    ).value;
    expect(typeof JSON.parse(free.message.content)).toBe('object');
  });

  test('a thinking model thinks first unless told not to, and num_predict may be used up by it', async () => {
    const thought = (await askJson(url, '/api/chat', { model: 'thinker', messages: hi, stream: false }))
      .value;
    expect(thought.message.thinking).not.toBe('');
    expect(thought.message.content).not.toBe('');
    const short = (
      await askJson(url, '/api/chat', {
        model: 'thinker',
        messages: hi,
        stream: false,
        options: { num_predict: 3 },
      })
    ).value;
    expect(short.message.content).toBe('');
    expect(short.done_reason).toBe('length');
    const plain = (
      await askJson(url, '/api/chat', { model: 'thinker', messages: hi, stream: false, think: false })
    ).value;
    expect(plain.message.thinking).toBeUndefined();
  });

  test('a model with tools calls the first one, with arguments of its form, and then answers its result', async () => {
    const tools = [
      {
        type: 'function',
        function: {
          name: 'weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      },
    ];
    const called = objects(
      await ask(url, '/api/chat', { model: 'thinker', messages: hi, tools, think: false }),
    );
    const call = (
      called.at(-1) as {
        message: { tool_calls: { id: string; function: { name: string; arguments: object } }[] };
      }
    ).message.tool_calls[0];
    expect(call?.function.name).toBe('weather');
    expect(Object.keys(call?.function.arguments ?? {})).toEqual(['city']);
    expect(call?.id).toMatch(/^call_[a-z0-9]{8}$/);
    const messages = [
      ...hi,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: 'rain', tool_name: 'weather' },
    ];
    const after = (
      await askJson(url, '/api/chat', { model: 'thinker', messages, tools, think: false, stream: false })
    ).value;
    expect(after.message.tool_calls).toBeUndefined();
    expect(after.message.content).not.toBe('');
  });

  test('an image costs a model that sees tokens, and the context is at least 2048', async () => {
    const messages = [{ role: 'user', content: 'hi', images: ['aGVsbG8='] }];
    const seen = (
      await askJson(url, '/api/chat', {
        model: 'seer',
        messages,
        stream: false,
        options: { num_ctx: 100, num_predict: 1 },
      })
    ).value;
    expect(seen.prompt_eval_count).toBeGreaterThan(700);
    const ps = (await askJson(url, '/api/ps')).value.models as { name: string; context_length: number }[];
    expect(ps.find((model) => model.name === 'seer:latest')?.context_length).toBe(2_048);
  });

  test('log probabilities come with each token when asked for', async () => {
    const [first] = objects(
      await ask(url, '/api/generate', {
        model: 'a',
        prompt: 'x',
        logprobs: true,
        top_logprobs: 2,
        options: { num_predict: 1 },
      }),
    );
    expect(first?.logprobs).toMatchObject([{ token: first?.response, top_logprobs: [{}, {}] }]);
  });

  test('a suffix needs a model that inserts', async () => {
    const filled = await askJson(url, '/api/generate', {
      model: 'filler',
      prompt: 'x',
      suffix: 'y',
      stream: false,
    });
    expect(filled.status).toBe(200);
    const refused = await askJson(url, '/api/generate', { model: 'a', prompt: 'x', suffix: 'y' });
    expect(refused.value.error).toBe('registry.ollama.ai/library/a:latest does not support insert');
  });

  test('a prompt that is too long: cut where it may shift, refused where not, and a chat drops its oldest messages', async () => {
    const prompt = 'word '.repeat(200);
    const options = { num_ctx: 100, num_predict: 1 };
    const cut = (await askJson(url, '/api/generate', { model: 'b', prompt, stream: false, options })).value;
    expect(cut.prompt_eval_count).toBe(52);
    const refused = await askJson(url, '/api/generate', {
      model: 'b',
      prompt,
      stream: false,
      options,
      shift: false,
    });
    expect(refused.status).toBe(400);
    expect(refused.value.error).toMatch(/^the prompt is longer than the context length/);
    const alone = { model: 'b', messages: [{ role: 'user', content: prompt }], stream: false, options };
    expect((await askJson(url, '/api/chat', alone)).value.prompt_eval_count).toBe(52);
    const relayed = await askJson(url, '/api/chat', { ...alone, truncate: false });
    expect(relayed.status).toBe(400);
    expect(JSON.parse(relayed.value.error).error).toMatchObject({ code: 400, n_ctx: 100 });
    const messages = [{ role: 'user', content: prompt }, ...hi];
    const kept = (await askJson(url, '/api/chat', { model: 'b', messages, stream: false, options })).value;
    expect(kept.prompt_eval_count).toBe(2);
    const whole = await askJson(url, '/api/chat', {
      model: 'b',
      messages,
      stream: false,
      options,
      truncate: false,
    });
    expect(JSON.parse(whole.value.error).error).toMatchObject({ code: 400, n_ctx: 100 });
  });

  test('the oldest messages that a model brings along are left out as well', async () => {
    const options = { num_ctx: 100, num_predict: 1 };
    const asked = { model: 'talker', prompt: 'hi', stream: false, options };
    expect((await askJson(url, '/api/generate', asked)).value.prompt_eval_count).toBe(2);
    expect((await askJson(url, '/api/generate', { ...asked, truncate: false })).status).toBe(400);
  });
});

describe('embedding', () => {
  test('vectors have length 1, follow the text, and keep their order', async () => {
    const { value } = await askJson(url, '/api/embed', {
      model: 'embedder',
      input: ['red apple', 'blue sky', 'red apple'],
    });
    const [first, second, third] = value.embeddings as number[][];
    expect(first).toHaveLength(64);
    expect(Math.hypot(...(first ?? []))).toBeCloseTo(1, 5);
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
    expect(value.prompt_eval_count).toBe(8);
  });

  test('the older form is not normalised', async () => {
    const { value } = await askJson(url, '/api/embeddings', { model: 'embedder', prompt: 'red apple pie' });
    expect(Math.hypot(...(value.embedding as number[]))).toBeGreaterThan(2);
  });
});

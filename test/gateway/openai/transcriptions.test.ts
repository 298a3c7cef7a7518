/** `/v1/audio/transcriptions` by the `openai` package and by forms as others make them, over a virtual Ollama with a model that hears. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { MiB } from '../../../src/domain/units.ts';
import { chatShape } from '../../../src/gateway/ollama/text-shapes.ts';
import { chatRequest, readTranscription } from '../../../src/gateway/openai/transcriptions/request.ts';
import { TranscriptionForm } from '../../../src/gateway/openai/transcriptions/transcription-form.ts';
import type { CompleteEnd } from '../../../src/gateway/shared/answer-with-job.ts';
import { refused } from '../../../src/gateway/shared/problem.ts';
import type { Exchange } from '../../../src/ollama-api/exchange.ts';
import { eventually } from '../../support/eventually.ts';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { type GatewayWorld, gatewayWorld } from '../support/world.ts';
import { answering } from './support/answering.ts';

const HEARS = 'hears';
const SEES = 'sees';
const EMBEDS = 'embeds';
const { facts } = thinModel('x', 1);
const catalog = [
  { ...thinModel(HEARS, 100), capabilities: ['completion', 'audio'] as const },
  { ...thinModel(SEES, 100), capabilities: ['completion', 'vision'] as const },
  { ...thinModel(EMBEDS, 50), facts: { ...facts, architecture: 'bert', poolingType: 1 } },
];
const WAVE = Buffer.from(
  'RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0',
  'latin1',
);

const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
const sound = (bytes: Buffer = WAVE) => toFile(bytes, 'a.wav', { type: 'audio/wav' });

let world: GatewayWorld;
let client: OpenAI;
beforeAll(async () => {
  world = await gatewayWorld({ ollama: { catalog } });
  client = clientOf(world.url);
});
afterAll(() => world[Symbol.asyncDispose]());

const post = async (body: FormData | string, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await fetch(`${world.url}/v1/audio/transcriptions`, { method: 'POST', body, headers });
  return { status: answer.status, type: answer.headers.get('content-type'), told: await answer.text() };
};

function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

describe('a transcription', () => {
  test('is an object with the text, and a job with the sound', async () => {
    const { data, response } = await client.audio.transcriptions
      .create({ file: await sound(), model: HEARS, language: 'en', prompt: 'Of the sea.' })
      .withResponse();
    expect(data).toEqual({ text: expect.stringMatching(/^\w.*\w$/) });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const [job] = await world.jobs();
    expect(job).toMatchObject({ id: response.headers.get('x-job-id'), kind: 'CHAT', status: 'COMPLETE' });
  });

  test('is plain text where that is asked for, and an object for every other format', async () => {
    const asked = { file: await sound(), model: HEARS };
    const { text } = await client.audio.transcriptions.create(asked);
    expect(await client.audio.transcriptions.create({ ...asked, response_format: 'text' })).toBe(text);
    const file = new Blob([WAVE]);
    for (const response_format of ['json', 'verbose_json', 'srt', 'vtt', 'any']) {
      const answer = await post(formOf({ model: HEARS, file, response_format }));
      expect(answer).toMatchObject({ status: 200, type: expect.stringMatching(/^application\/json/) });
      expect(JSON.parse(answer.told)).toEqual({ text });
    }
  });

  test('of a sound of 30 MiB is made, too', async () => {
    const file = await sound(Buffer.concat([WAVE, Buffer.alloc(30 * MiB)]));
    expect(await client.audio.transcriptions.create({ file, model: HEARS })).toEqual({
      text: expect.stringMatching(/\w/),
    });
  });

  test('ends with its client', async () => {
    await using t = await gatewayWorld({ ollama: { catalog, tokensPerSecond: 1 } });
    const leave = new AbortController();
    const asked = clientOf(t.url).audio.transcriptions.create(
      { file: await sound(), model: HEARS },
      { signal: leave.signal },
    );
    const left = asked.catch((error: Error) => error.constructor.name);
    await eventually(t.jobs, ([job]) => job?.status === 'RUNNING');
    leave.abort();
    expect(await left).toBe('APIUserAbortError');
    await eventually(t.jobs, ([job]) => job?.status === 'CANCELLED');
  });
});

describe('what is wrong is told', () => {
  const file = new Blob([WAVE]);

  test.each<readonly [string, Readonly<Record<string, string | Blob>>, number, string]>([
    ['no model', { file }, 400, 'model is required'],
    ['an empty model', { file, model: '' }, 400, 'model is required'],
    ['no file', { model: HEARS }, 400, 'file is required: http: no such file'],
    ['a file that is a text', { model: HEARS, file: 'abc' }, 400, 'file is required: http: no such file'],
    ['a file of another name', { model: HEARS, sound: file }, 400, 'file is required: http: no such file'],
    ['an empty file', { model: HEARS, file: new Blob([]) }, 400, 'audio file is empty'],
    ['a model that is not there', { model: 'nothere', file }, 404, "model 'nothere' not found"],
    ['a model that embeds', { model: EMBEDS, file }, 400, `"${EMBEDS}" does not support chat`],
    [
      'a model that does not hear',
      { model: SEES, file },
      400,
      `registry.ollama.ai/library/${SEES}:latest does not support audio`,
    ],
  ])('%s', async (_, fields, status, message) => {
    const answer = await post(formOf(fields));
    expect(answer.status).toBe(status);
    const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
    expect(JSON.parse(answer.told).error).toEqual({ message, type, param: null, code: null });
  });

  const multipart = (more: string) => ({ 'content-type': `multipart/form-data${more}` });
  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['{}', { 'content-type': 'application/json' }, "request Content-Type isn't multipart/form-data"],
    ['', { 'content-type': 'text/plain' }, "request Content-Type isn't multipart/form-data"],
    ['x', multipart(''), 'no multipart boundary param in Content-Type'],
    ['x', multipart('; boundary=x'), 'multipart: NextPart: EOF'],
    ['', multipart('; boundary=x'), 'multipart: NextPart: EOF'],
    [
      '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nhears',
      multipart('; boundary=x'),
      'multipart: NextPart: EOF',
    ],
  ])('a body %j of %j', async (body, headers, why) => {
    const { status, told } = await post(body, headers);
    expect(status).toBe(400);
    expect(JSON.parse(told).error.message).toBe(`failed to parse multipart form: ${why}`);
  });

  test('a sound in a chat is none of it: a model that hears needs no eyes for it', async () => {
    const messages = [{ role: 'user', content: 'What is this?', images: [WAVE.toString('base64')] }];
    const answer = await fetch(`${world.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: HEARS, messages, stream: false }),
    });
    expect(answer.status).toBe(200);
  });
});

test('of a field that comes twice the first counts, and what belongs to no field is left out', async () => {
  const form = formOf({ model: 'one', language: 'en', file: new Blob(['a']) });
  form.append('model', 'two');
  form.append('file', new Blob(['b']));
  const sent = new Response(form);
  const headers = { 'content-type': sent.headers.get('content-type') ?? '' };
  const request = await readTranscription(headers, Buffer.from(await sent.arrayBuffer()));
  expect(request).toMatchObject({ model: 'one', language: 'en', prompt: '', responseFormat: '' });
  expect(Buffer.from(request.audio).toString()).toBe('a');
});

test('the model is told to write down what it hears, in which language, and of what it is', () => {
  const asked = { model: 'm', audio: WAVE, responseFormat: '', language: 'en', prompt: 'Of the sea.' };
  const { messages, options } = chatRequest(asked);
  expect(messages).toMatchObject([
    {
      role: 'system',
      content: expect.stringMatching(/^Transcribe .*\. The audio is in en\. Context: Of the sea\.$/),
    },
    { role: 'user', images: [WAVE] },
  ]);
  expect(options).toEqual({ temperature: 0 });
  const plain = chatRequest({ ...asked, language: '', prompt: '' }).messages?.[0];
  expect(plain?.content).toMatch(/question in the audio\.$/);
});

describe('while it is waited for', () => {
  const END = { result: { kind: 'text', raw: {} }, texts: { TEXT: ' a b ', THINKING: '' } };
  const end = END as unknown as CompleteEnd;
  const form = (exchange: Exchange) =>
    new TranscriptionForm(
      exchange,
      chatShape('m', systemClock),
      String(exchange.request.headers['x-format']),
    );
  const ask = (url: string, format: string) => fetch(url, { headers: { 'x-format': format } });

  test('there are spaces before it', async () => {
    await using t = await answering((exchange) => {
      const answer = form(exchange);
      answer.waiting();
      answer.complete(end, null);
    });
    expect(await (await ask(t.url, 'json')).text()).toBe(' {"text":"a b"}');
    expect(await (await ask(t.url, 'text')).text()).toBe(' a b');
  });

  test('what goes wrong is an object with the error, and never a text', async () => {
    await using t = await answering((exchange) => {
      const answer = form(exchange);
      answer.waiting();
      answer.fail(refused(404, 'MODEL_NOT_FOUND', 'It is gone.'));
    });
    expect(await (await ask(t.url, 'json')).json()).toMatchObject({ error: { code: 'model_not_found' } });
    await expect(ask(t.url, 'text').then((answer) => answer.text())).rejects.toThrow();
  });
});

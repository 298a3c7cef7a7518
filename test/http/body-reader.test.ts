/** What is small is read at once, what is large in another thread; neither shows in what comes out. */
import { afterEach, describe, expect, it } from 'vitest';
import { gatewayBodies } from '../../src/gateway/gateway-routes.ts';
import { CHAT_BODY } from '../../src/gateway/ollama/bodies.ts';
import { type BodyReader, JSON_BODY } from '../../src/http/body-reader.ts';
import { OllamaError } from '../../src/ollama-api/errors.ts';

let reader: BodyReader = gatewayBodies();
afterEach(async () => {
  await reader.stop();
  reader = gatewayBodies();
});

/** As the listener gives it: bytes of their own. */
const bytes = (text: string) => Buffer.from(new TextEncoder().encode(text).buffer as ArrayBuffer);
const LARGE = 'x'.repeat(500_000);

describe.each([
  ['small', 'y'],
  ['large', LARGE],
])('a %s body', (_size, content) => {
  const image = Buffer.from(content).toString('base64');

  it('is decoded, its images to bytes', async () => {
    const body = { model: 'm', messages: [{ role: 'user', content, images: [image] }], options: { a: [1] } };
    const { messages, options } = await reader.read(CHAT_BODY, bytes(JSON.stringify(body)));
    expect(messages?.[0]).toMatchObject({ role: 'user', content });
    expect(Buffer.from(messages?.[0]?.images?.[0] as Uint8Array).toString()).toBe(content);
    expect(options).toEqual({ a: [1] });
  });

  it('is refused with the same error', async () => {
    const read = reader.read(CHAT_BODY, bytes(JSON.stringify({ model: 5, messages: [{ content }] })));
    await expect(read).rejects.toThrow(OllamaError);
    await expect(read).rejects.toMatchObject({
      status: 400,
      message: 'json: cannot unmarshal number into Go struct field ChatRequest.model of type string',
    });
  });

  it('that is no JSON is known as such', async () => {
    expect(await reader.read(JSON_BODY, bytes(`{"a":"${content}`))).toBeUndefined();
    expect(await reader.read(JSON_BODY, bytes(`{"a":"${content}"}`))).toEqual({ a: content });
  });
});

it('large bodies leave the thread that answers free', async () => {
  let turns = 0;
  let isRead = false;
  const turn = () => {
    turns += 1;
    if (!isRead) setImmediate(turn);
  };
  setImmediate(turn);
  await reader.read(JSON_BODY, bytes(JSON.stringify(Array.from({ length: 20 }, () => LARGE))));
  isRead = true;
  expect(turns).toBeGreaterThan(10);
});

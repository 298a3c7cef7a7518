/** The models of the server by the `ollama` package, as programs use it. */
import { createHash } from 'node:crypto';
import { Ollama } from 'ollama';
import { describe, expect, test } from 'vitest';
import { MiB } from '../../src/domain/units.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { ggufFile } from '../support/gguf-file.ts';

const MODEL = 'smollm:360m';

async function world(options: Parameters<typeof TestApp.start>[0] = {}) {
  const app = await TestApp.start(options);
  const client = new Ollama({ host: app.app.url });
  const names = async () => (await client.list()).models.map(({ name }) => name);
  await eventually(async () => (await fetch(`${app.app.url}/api/tags`)).ok);
  return { app, client, names, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

describe('the models of a server', () => {
  test('are told from its first moment on', async () => {
    await using app = await TestApp.start();
    const { models } = await new Ollama({ host: app.app.url }).list();
    expect(models.map(({ name }) => name)).toContain(MODEL);
  });

  test('are listed, shown, copied, deleted and pulled again', async () => {
    await using t = await world();
    expect(await t.names()).toContain(MODEL);
    expect(await t.client.show({ model: MODEL })).toMatchObject({ details: { family: 'llama' } });
    await t.client.copy({ source: MODEL, destination: 'mine' });
    expect(await t.names()).toContain('mine:latest');
    await t.client.delete({ model: MODEL });
    expect(await t.names()).not.toContain(MODEL);
    await expect(t.client.show({ model: MODEL })).rejects.toMatchObject({
      status_code: 404,
      error: `model '${MODEL}' not found`,
    });
    const told = await collected(await t.client.pull({ model: MODEL, stream: true }));
    expect(told[0]).toEqual({ status: 'pulling manifest' });
    expect(told.at(-1)).toEqual({ status: 'success' });
    expect(await t.names()).toContain(MODEL);
    expect(await t.client.ps()).toEqual({ models: [] });
  });

  test('are made of others and of files, and run jobs at once', async () => {
    await using t = await world();
    const created = await collected(
      await t.client.create({ model: 'brief', from: MODEL, system: 'Be brief.', stream: true }),
    );
    expect(created.at(-1)).toEqual({ status: 'success' });
    expect((await t.client.show({ model: 'brief' })).system).toBe('Be brief.');
    const file = ggufFile();
    const digest = `sha256:${createHash('sha256').update(file).digest('hex')}`;
    const put = await fetch(`${t.app.app.url}/api/blobs/${digest}`, {
      method: 'POST',
      body: new Uint8Array(file),
    });
    expect(put.status).toBe(201);
    const answer = await fetch(`${t.app.app.url}/api/create`, {
      method: 'POST',
      body: JSON.stringify({ model: 'own', files: { 'own.gguf': digest }, stream: false }),
    });
    expect(await answer.json()).toEqual({ status: 'success' });
    for (const model of ['brief', 'own'])
      expect(await t.app.submit({ model, request: { generate: { prompt: 'x' } } }), model).toMatchObject({
        __typename: 'SubmitJobPayload',
      });
    for (const model of ['brief', 'own'])
      expect((await t.app.ended(await t.app.generate(model))).status).toBe('COMPLETE');
    const running = await eventually(
      () => t.client.ps(),
      ({ models }) => models.some(({ name }) => name === 'own:latest'),
    );
    expect(running.models.every(({ size_vram }) => size_vram > 0)).toBe(true);
  });

  test('a download ends with the program that asked for it', async () => {
    await using t = await world({ ollama: { pullBytesPerSecond: 5 * MiB, speed: 1 } });
    await t.client.delete({ model: MODEL });
    const stream = await t.client.pull({ model: MODEL, stream: true });
    const broken = collected(stream).catch((error: unknown) => error);
    const pulls = async () => (await t.app.query('{ modelPulls { status } }')).modelPulls;
    await eventually(pulls, ([pull]) => pull?.status === 'RUNNING');
    stream.abort();
    expect(await broken).toBeInstanceOf(Error);
    await eventually(pulls, ([pull]) => pull?.status === 'FAILED');
  });
});

describe('who may change the models', () => {
  const ADMIN = 'a-key-for-administrators';
  const USER = 'a-key-for-everybody-else';

  test('are administrators, where there are keys; all may look', async () => {
    await using app = await TestApp.start({
      config: {
        keys: [
          { name: 'boss', key: ADMIN, admin: true, maxPriority: 'HIGH' },
          { name: 'user', key: USER, admin: false, maxPriority: 'HIGH' },
        ],
      },
    });
    const ask = async (key: string | null, method: string, path: string, body?: object) => {
      const response = await fetch(`${app.app.url}/api/${path}`, {
        method,
        ...(key !== null && { headers: { authorization: `Bearer ${key}` } }),
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    };
    await eventually(async () => (await ask(USER, 'GET', 'tags')).status === 200);
    expect(await ask(null, 'GET', 'tags')).toMatchObject({
      status: 401,
      text: expect.stringMatching(/^\{"error":"This server needs an API key/),
    });
    expect((await ask(USER, 'GET', 'ps')).status).toBe(200);
    expect((await ask(USER, 'POST', 'show', { model: MODEL })).status).toBe(200);
    const changes = [
      ['POST', 'pull', { model: MODEL }],
      ['POST', 'push', { model: MODEL }],
      ['POST', 'create', { model: 'x', from: MODEL }],
      ['POST', 'copy', { source: MODEL, destination: 'y' }],
      ['HEAD', `blobs/sha256:${'0'.repeat(64)}`, undefined],
      ['POST', `blobs/sha256:${'0'.repeat(64)}`, { a: 1 }],
      ['DELETE', 'delete', { model: MODEL }],
    ] as const;
    for (const [method, path, body] of changes) {
      expect((await ask(USER, method, path, body)).status, path).toBe(403);
      expect((await ask(ADMIN, method, path, body)).status, path).not.toBe(403);
    }
  });
});

/** What a library passes on as it came: the server's own answers, records and refusals. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BackendError, backendAnswerOf } from '../../../src/domain/errors.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { ggufFile } from '../../support/gguf-file.ts';
import { attached, NEVER } from './worlds.ts';

const MODEL = 'smollm:360m';

async function world() {
  const server = await runVirtualOllama({ speed: 1_000 });
  const backend = attached(server.url);
  const direct = async (path: string, body?: unknown) =>
    (
      await fetch(server.url + path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
    ).json();
  return {
    server,
    library: backend.library,
    direct,
    async [Symbol.asyncDispose]() {
      await backend.stop();
      await server.stop();
    },
  };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('answers of a server', () => {
  test('are handed on as they came', async () => {
    await using t = await world();
    expect({ models: await t.library.tags(NEVER) }).toEqual(await t.direct('/api/tags'));
    for (const request of [
      { model: MODEL },
      { model: MODEL, verbose: true },
      { model: MODEL, system: 'Be brief.' },
    ])
      expect(await t.library.show(request, NEVER)).toEqual(await t.direct('/api/show', request));
  });

  test('come record by record from a pull and a create', async () => {
    await using t = await world();
    await t.library.delete(MODEL, NEVER);
    const pulled: JsonObject[] = [];
    await t.library.pull(MODEL, (_progress, record) => pulled.push(record), NEVER);
    expect(pulled[0]).toEqual({ status: 'pulling manifest' });
    expect(pulled.some(({ digest, total }) => digest !== undefined && total !== undefined)).toBe(true);
    expect(pulled.at(-1)).toEqual({ status: 'success' });
    const created: JsonObject[] = [];
    await t.library.create({ model: 'mine', from: MODEL, system: 'x' }, (one) => created.push(one), NEVER);
    expect(created.length).toBeGreaterThan(2);
    expect(created.at(-1)).toEqual({ status: 'success' });
    const last: JsonObject[] = [];
    await t.library.create({ model: 'mine', from: MODEL, stream: false }, (one) => last.push(one), NEVER);
    expect(last).toEqual([{ status: 'success' }]);
  });

  test('are kept whole where they refuse, with the status of a call and without one in a stream', async () => {
    await using t = await world();
    const ignore = () => {};
    const refusals: readonly [() => Promise<unknown>, number | null, string][] = [
      [() => t.library.show({ model: 'nobody' }, NEVER), 404, "model 'nobody:latest' not found"],
      [() => t.library.show({ model: '' }, NEVER), 400, 'model is required'],
      [() => t.library.copy('nobody', 'x', NEVER), 404, 'model "nobody" not found'],
      [() => t.library.copy(' ', 'x', NEVER), 400, 'source " " is invalid'],
      [() => t.library.delete('nobody', NEVER), 404, "model 'nobody' not found"],
      [
        () => t.library.create({ model: 'a', stream: false }, ignore, NEVER),
        400,
        "neither 'from' or 'files' was specified",
      ],
      [() => t.library.create({ model: 'a:b:c' }, ignore, NEVER), 400, 'invalid model name'],
      [
        () => t.library.push({ model: 'nobody' }, ignore, NEVER),
        null,
        expect.stringContaining('no such file'),
      ],
      [() => t.library.pull('nobody', ignore, NEVER), null, 'pull model manifest: file does not exist'],
    ];
    for (const [call, status, error] of refusals) {
      const failure: unknown = await call().then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(failure).toBeInstanceOf(BackendError);
      const answer = backendAnswerOf(new Error('Around it.', { cause: failure }));
      expect({ status: answer?.status, ...JSON.parse(answer?.body ?? '{}') }).toEqual({ status, error });
      // Whatever prints an error for a log prints its fields.
      expect(Object.keys(failure as object)).not.toContain('answer');
    }
  });
});

describe('a file on its way to a server', () => {
  test('is streamed, known afterwards, and can be made a model of', async () => {
    await using t = await world();
    const bytes = ggufFile();
    const digest = digestOf(bytes);
    expect(await t.library.hasBlob(digest, NEVER)).toBe(false);
    expect(await t.library.putBlob(digest, inPieces(bytes), NEVER)).toBe(true);
    expect(await t.library.hasBlob(digest, NEVER)).toBe(true);
    expect(await t.library.putBlob(digest, inPieces(bytes), NEVER)).toBe(false);
    await t.library.create({ model: 'own', files: { 'own.gguf': digest } }, () => {}, NEVER);
    expect((await t.library.list(NEVER)).map(({ name }) => name)).toContain('own:latest');
  });

  test('is refused with the words of the server when it is another one', async () => {
    await using t = await world();
    const digest = digestOf(Buffer.from('other'));
    const failure: unknown = await t.library
      .putBlob(digest, inPieces(ggufFile()), NEVER)
      .catch((error: unknown) => error);
    expect(backendAnswerOf(failure)).toMatchObject({
      status: 400,
      body: expect.stringContaining(`digest mismatch, expected \\"${digest}\\"`),
    });
    await expect(t.library.hasBlob('sha256:short', NEVER)).rejects.toMatchObject({ answer: { status: 400 } });
  });

  test('ends when whoever sends it gives up', async () => {
    await using t = await world();
    const leaving = new AbortController();
    const begun = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1_000);
      begun.resolve();
      await new Promise(() => {});
    }
    const put = t.library.putBlob(digestOf(Buffer.from('x')), endless(), leaving.signal);
    await begun.promise;
    leaving.abort(new Error('Gone.'));
    await expect(put).rejects.toThrow('Gone.');
  });
});

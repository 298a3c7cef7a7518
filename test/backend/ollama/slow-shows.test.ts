/** A server that takes long to tell of each model: nobody waits for those that nobody wants. */

import { describe, expect, test } from 'vitest';
import { type KnownFacts, StoredFacts } from '../../../src/backend/ollama/known-facts.ts';
import { SmallStore } from '../../registry/fixture.ts';
import { eventually } from '../../support/eventually.ts';
import { httpServer, json, type RawServer } from './raw-server.ts';
import { attached, NEVER } from './worlds.ts';

const MODELS = 60;
const name = (i: number) => `m${i}:latest`;

/** Tells of a model when it is let. */
class SlowServer implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #held = new Map<string, () => void>();
  #server: RawServer | null = null;
  /** Answers at once. */
  fast = false;
  edition = 1;
  readonly broken = new Set<string>();

  static async start(): Promise<SlowServer> {
    const slow = new SlowServer();
    slow.#server = await httpServer((request, response) => {
      if (request.path === '/api/tags') {
        const models = Array.from({ length: MODELS }, (_, i) => ({
          name: name(i),
          digest: `${slow.edition}${String(i).padStart(63, '0')}`,
          size: 1e9,
        }));
        return json(response, 200, { models });
      }
      const model = String(request.body.model);
      slow.asked.push(model);
      const answer = () =>
        slow.broken.has(model)
          ? json(response, 500, { error: 'invalid file magic' })
          : json(response, 200, {
              modelfile: `FROM /blobs/sha256-${model.replace(/\D/g, '').padStart(64, '0')}`,
              model_info: { 'general.architecture': 'llama', 'llama.block_count': 2 },
              capabilities: ['completion'],
            });
      if (slow.fast) return answer();
      slow.#held.set(model, answer);
    });
    return slow;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  release(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const answer of held) answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await this.#server?.[Symbol.asyncDispose]();
  }
}

const known = (models: readonly { readonly name: string; readonly pending?: boolean }[]) =>
  models.filter(({ pending }) => !pending).map((model) => model.name);

describe('a slow server', () => {
  test('is asked of a few at once, those that are waited for first, and what is told can be used', async () => {
    await using server = await SlowServer.start();
    await using backend = attached(server.url);
    backend.library.prefer?.(new Set([name(57), name(33)]));
    const first = await backend.library.list(NEVER);
    expect(first).toHaveLength(MODELS);
    expect(known(first)).toEqual([]);
    expect(server.asked).toHaveLength(4);
    expect(server.asked).toEqual(expect.arrayContaining([name(33), name(57)]));
    server.release();
    await eventually(
      () => server.asked.length,
      (count) => count === 8,
    );
    const next = await backend.library.list(NEVER);
    expect(known(next)).toEqual(expect.arrayContaining([name(33), name(57)]));
    expect(known(next)).toHaveLength(4);
    // What is under way is not asked for twice.
    expect(server.asked).toHaveLength(8);
    server.fast = true;
    server.release();
    await eventually(
      async () => known(await backend.library.list(NEVER)).length,
      (count) => count === MODELS,
    );
    expect(new Set(server.asked).size).toBe(server.asked.length);
  });

  test('is not asked again after a restart, but of what has changed', async () => {
    await using server = await SlowServer.start();
    server.fast = true;
    const store = new SmallStore();
    const listAll = async () => {
      const facts = new StoredFacts(store, { warn: () => {} });
      await facts.start();
      await using backend = attached(server.url, { known: facts satisfies KnownFacts });
      return await backend.library.list(NEVER);
    };
    const before = await listAll();
    expect(known(before)).toHaveLength(MODELS);
    server.asked.length = 0;
    expect(await listAll()).toEqual(before);
    expect(server.asked).toEqual([]);
    server.edition = 2;
    await listAll();
    expect(server.asked).toHaveLength(MODELS);
  });

  test('that cannot tell of one model tells of the others, and is asked again', async () => {
    await using server = await SlowServer.start();
    server.fast = true;
    server.broken.add(name(3));
    await using backend = attached(server.url);
    const models = await backend.library.list(NEVER);
    expect(known(models)).toHaveLength(MODELS);
    expect(models.find((model) => model.name === name(3))).toMatchObject({ facts: null });
    server.broken.clear();
    const again = await backend.library.list(NEVER);
    expect(again.find((model) => model.name === name(3))?.facts).not.toBeNull();
  });
});

test('facts that another version stored in another form are asked for anew', async () => {
  const store = new SmallStore();
  await store.remember('model-facts-1', 'digest', { weights: 7 });
  const facts = new StoredFacts(store, { warn: () => {} });
  await facts.start();
  expect(facts.get('digest')).toBeUndefined();
});

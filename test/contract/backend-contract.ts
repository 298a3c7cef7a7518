/** What every backend promises, whichever server is behind it. */

import { describe, expect, test } from 'vitest';
import type {
  Backend,
  InstanceHandle,
  LoadSpec,
  OutputRecord,
  RunRequest,
} from '../../src/domain/backend.ts';
import { BackendError } from '../../src/domain/errors.ts';
import { type ModelInfo, residencyKey } from '../../src/domain/model.ts';
import type { JobRequest } from '../../src/domain/request.ts';
import { eventually } from '../support/eventually.ts';
import { numbersIn } from '../support/vectors.ts';

/** One server with its backend. What the names stand for: a completion model, another name of its weights, an embedding model. */
export interface BackendWorld extends AsyncDisposable {
  readonly backend: Backend;
  readonly models: { readonly completion: string; readonly alias: string; readonly embedding: string };
  /** Loads that the server has made, whoever asked. */
  loads(): number;
  /** What another client of the server does. */
  readonly others: {
    load(model: string, contextLength: number): Promise<void>;
    unload(model: string): Promise<void>;
  };
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Makes the next occasion fail. */
  readonly fail: { nextLoadForMemory(): void; nextGenerationMidway(): void; nextStreamWithoutEnd(): void };
}

const NEVER = new AbortController().signal;
const CONTEXT = 2048;
const PROMPT: JobRequest = { kind: 'GENERATE', prompt: 'Why?', options: { maxTokens: 5 } };
const LONG: JobRequest = { kind: 'GENERATE', prompt: 'Why?', options: { maxTokens: 2000 } };

async function modelNamed(world: BackendWorld, name: string): Promise<ModelInfo> {
  const models = await world.backend.library.list(NEVER);
  const found = models.find((model) => model.name === name);
  if (!found) throw new Error(`The world lacks ${name}.`);
  return found;
}

async function specFor(world: BackendWorld, name: string, contextLength = CONTEXT): Promise<LoadSpec> {
  const model = await modelNamed(world, name);
  const tokens = Math.min(contextLength, model.contextLength ?? contextLength);
  return {
    variant: {
      modelName: name,
      weights: model.weights,
      contextLength: tokens,
      options: { num_ctx: tokens, num_gpu: 999 },
      embedding: !model.capabilities.includes('completion'),
    },
    config: { parallel: 1, kvCacheType: 'f16', flashAttention: null },
    gpus: [],
  };
}

async function loadedWithoutShift(world: BackendWorld, name: string): Promise<InstanceHandle> {
  const { variant, ...spec } = await specFor(world, name);
  const options = { ...variant.options, shift: false };
  return world.backend.load({ ...spec, variant: { ...variant, options } }, NEVER);
}

async function loaded(world: BackendWorld, name: string): Promise<InstanceHandle> {
  return world.backend.load(await specFor(world, name), NEVER);
}

function asking(modelName: string, request: JobRequest): RunRequest {
  return { modelName, request, blobs: new Map() };
}

async function outputOf(handle: InstanceHandle, request: RunRequest) {
  const records: OutputRecord[] = [];
  const result = await handle.run(request, (record) => records.push(record), NEVER);
  return { result, records };
}

async function failureOf(promise: Promise<unknown>): Promise<[code: string, remedy: string]> {
  const outcome = await promise.then(
    () => new Error('It succeeded.'),
    (error: unknown) => error,
  );
  if (!(outcome instanceof BackendError)) throw outcome;
  expect(outcome.message).toMatch(/\.$/);
  return [outcome.code, outcome.remedy];
}

async function residentNames(world: BackendWorld): Promise<readonly string[]> {
  return (await world.backend.inspect(NEVER)).residents.map((resident) => resident.modelName);
}

export function backendContract(name: string, makeWorld: () => Promise<BackendWorld>): void {
  describe(`the ${name} backend, looking around`, () => {
    test('tells its version and that nothing is resident', async () => {
      await using world = await makeWorld();
      const { version, residents } = await world.backend.inspect(NEVER);
      expect(version).not.toBe('');
      expect(residents).toEqual([]);
    });

    test('lists models with their facts, aliases with the same weights', async () => {
      await using world = await makeWorld();
      const completion = await modelNamed(world, world.models.completion);
      expect(completion.capabilities).toContain('completion');
      expect(completion.diskBytes).toBeGreaterThan(0);
      expect(completion.facts?.blockCount).toBeGreaterThan(0);
      expect(completion.contextLength).toBeGreaterThan(0);
      expect((await modelNamed(world, world.models.alias)).weights).toBe(completion.weights);
      expect((await modelNamed(world, world.models.embedding)).capabilities).toContain('embedding');
    });

    test('ends a look by its signal', async () => {
      await using world = await makeWorld();
      const reason = new Error('enough');
      await expect(world.backend.inspect(AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });

  describe(`the ${name} backend, loading`, () => {
    test('resolves when the model is resident, measured, and there to stay', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const { residents } = await world.backend.inspect(NEVER);
      expect(residents).toMatchObject([
        { modelName: world.models.completion, contextLength: CONTEXT, expiresAt: null },
      ]);
      expect(handle.measured?.sizeBytes).toBe(residents[0]?.sizeBytes);
      expect(handle.measured?.vramBytes).toBe(residents[0]?.vramBytes);
      expect(handle.variant).toMatchObject({ modelName: world.models.completion, contextLength: CONTEXT });
    });

    test('loads an embedding model', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.embedding);
      expect(handle.measured?.sizeBytes).toBeGreaterThan(0);
      expect(await residentNames(world)).toEqual([world.models.embedding]);
    });

    test('of weights that are there under another name loads nothing twice', async () => {
      await using world = await makeWorld();
      const first = await loaded(world, world.models.completion);
      const second = await loaded(world, world.models.alias);
      expect(residencyKey(second.variant)).toBe(residencyKey(first.variant));
      expect(second.measured).toEqual(first.measured);
      expect(world.loads()).toBe(1);
    });

    test('of a model that is not there fails for good', async () => {
      await using world = await makeWorld();
      const spec = await specFor(world, world.models.completion);
      const missing = { ...spec, variant: { ...spec.variant, modelName: 'no-such-model:latest' } };
      expect(await failureOf(world.backend.load(missing, NEVER))).toEqual(['MODEL_NOT_FOUND', 'none']);
    });

    test('out of memory says that memory has to be freed, and works later', async () => {
      await using world = await makeWorld();
      world.fail.nextLoadForMemory();
      const spec = await specFor(world, world.models.completion);
      expect(await failureOf(world.backend.load(spec, NEVER))).toEqual(['OUT_OF_MEMORY', 'free-memory']);
      await world.backend.load(spec, NEVER);
    });

    test('ends by its signal, with its reason and nothing left', async () => {
      await using world = await makeWorld();
      const controller = new AbortController();
      const loading = world.backend.load(await specFor(world, world.models.completion), controller.signal);
      const reason = new Error('watchdog');
      const outcome = expect(loading).rejects.toBe(reason);
      controller.abort(reason);
      await outcome;
      await eventually(
        () => residentNames(world),
        ({ length }) => length === 0,
      );
    });
  });

  describe(`the ${name} backend, running`, () => {
    test('streams a prompt, and reloads nothing', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const { result, records } = await outputOf(handle, asking(world.models.completion, PROMPT));
      expect(records.length).toBeGreaterThan(1);
      expect(records.map(({ text }) => text).join('')).not.toBe('');
      expect(records.at(-1)?.raw).toEqual(result.raw);
      expect(result).toMatchObject({ kind: 'text', doneReason: 'LENGTH', toolCalls: null });
      expect(result.usage).toMatchObject({ completionTokens: 5 });
      expect(result.usage.promptTokens).toBeGreaterThan(0);
      expect(result.raw).toMatchObject({ done: true });
      expect(world.loads()).toBe(1);
    });

    test('streams a chat', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const chat: JobRequest = {
        kind: 'CHAT',
        messages: [
          { role: 'SYSTEM', content: 'Be brief.' },
          { role: 'USER', content: 'Why?' },
        ],
        options: { maxTokens: 5, temperature: 0, seed: 1 },
      };
      const { result, records } = await outputOf(handle, asking(world.models.completion, chat));
      expect(records.map(({ text }) => text).join('')).not.toBe('');
      expect(records.at(-1)?.raw).toEqual(result.raw);
      expect(result).toMatchObject({ kind: 'text', doneReason: 'LENGTH' });
      expect(world.loads()).toBe(1);
    });

    test('makes no server load anew for a context that does not move on', async () => {
      await using world = await makeWorld();
      const { completion } = world.models;
      const handle = await loadedWithoutShift(world, completion);
      const options = { maxTokens: 2 };
      const requests: readonly JobRequest[] = [
        { kind: 'GENERATE', prompt: 'Why?', options },
        { kind: 'CHAT', messages: [{ role: 'USER', content: 'Why?' }], options },
        { kind: 'GENERATE', prompt: 'Why?', context: [1, 2, 3], template: '{{ .Prompt }}', options },
      ];
      for (const request of requests) await outputOf(handle, asking(completion, request));
      expect(handle.variant.options.shift).toBe(false);
      expect(world.loads()).toBe(1);
    });

    test('renders a prompt and runs nothing, where that was asked for', async () => {
      await using world = await makeWorld();
      const { completion } = world.models;
      const handle = await loaded(world, completion);
      const messages = [{ role: 'user', content: 'Wherefore?' }];
      const requests: readonly JobRequest[] = [
        { kind: 'GENERATE', prompt: 'Wherefore?', debugRenderOnly: true },
        { kind: 'CHAT', messages, debugRenderOnly: true },
      ];
      for (const request of requests) {
        const { result, records } = await outputOf(handle, asking(completion, request));
        expect(result.raw).toMatchObject({
          _debug_info: { rendered_template: expect.stringContaining('Wherefore?') },
        });
        expect(records.map(({ text }) => text).join('')).toBe('');
      }
    });

    test('embeds texts, one vector each', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.embedding);
      const embed: JobRequest = { kind: 'EMBED', input: ['one', 'two', 'three'] };
      const { result } = await outputOf(handle, asking(world.models.embedding, embed));
      if (result.kind !== 'embed') throw new Error(`It answered with ${result.kind}.`);
      const numbers = numbersIn(result.vectors);
      expect(numbers).toHaveLength(3);
      expect(new Set(numbers.map((vector) => vector.length))).toEqual(new Set([result.vectors.dimensions]));
      expect(world.loads()).toBe(1);
    });

    test('tells a prompt that was cut from one that was not, and cuts none that must stay whole', async () => {
      await using world = await makeWorld();
      const { completion, embedding } = world.models;
      const long = 'word '.repeat(3_000);
      const requests = (content: string): readonly [model: string, JobRequest][] => [
        [completion, { kind: 'GENERATE', prompt: content, options: { maxTokens: 2 } }],
        [completion, { kind: 'CHAT', messages: [{ role: 'USER', content }], options: { maxTokens: 2 } }],
        [embedding, { kind: 'EMBED', input: ['hi', content] }],
      ];
      for (const model of [completion, embedding]) {
        const handle = await loaded(world, model);
        const { contextLength } = handle.variant;
        const asked = (content: string) => requests(content).filter(([name]) => name === model);
        for (const [, request] of asked('hi')) {
          const { result } = await outputOf(handle, asking(model, request));
          expect(result.prompt).toEqual({ truncated: false, contextLength });
        }
        for (const [, request] of asked(long)) {
          const mayCut = () => true;
          const { result } = await outputOf(handle, { ...asking(model, request), mayCut });
          expect(result.prompt).toEqual({ truncated: true, contextLength });
          for (const run of [asking(model, request), { ...asking(model, request), mayCut: () => false }])
            expect(await failureOf(handle.run(run, () => {}, NEVER))).toEqual([
              'CONTEXT_LENGTH_EXCEEDED',
              'none',
            ]);
        }
      }
      expect(world.loads()).toBe(2);
    });

    test('answers several at a time, each its own', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const lengths = [1, 2, 3, 4];
      const outputs = await Promise.all(
        lengths.map((maxTokens) =>
          outputOf(handle, asking(world.models.completion, { ...PROMPT, options: { maxTokens } })),
        ),
      );
      expect(outputs.map(({ result }) => result.usage)).toMatchObject(
        lengths.map((completionTokens) => ({ completionTokens })),
      );
    });

    test('under another name of the weights reloads nothing', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      await outputOf(handle, asking(world.models.alias, PROMPT));
      expect(world.loads()).toBe(1);
    });

    test('ends by its signal with its reason, and runs the next one', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const controller = new AbortController();
      const reason = new Error('no longer wanted');
      let after = 0;
      const run = handle.run(
        asking(world.models.completion, LONG),
        () => {
          if (controller.signal.aborted) after += 1;
          controller.abort(reason);
        },
        controller.signal,
      );
      await expect(run).rejects.toBe(reason);
      await outputOf(handle, asking(world.models.completion, PROMPT));
      expect(after).toBe(0);
      expect(world.loads()).toBe(1);
    });

    test('refuses what the model cannot do, for good', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.embedding);
      const run = handle.run(asking(world.models.embedding, PROMPT), () => {}, NEVER);
      expect(await failureOf(run)).toEqual(['REQUEST_REJECTED', 'none']);
    });

    test('whose engine dies may be tried again', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      world.fail.nextGenerationMidway();
      const run = handle.run(asking(world.models.completion, PROMPT), () => {}, NEVER);
      expect(await failureOf(run)).toEqual(['ENGINE_DIED', 'retry']);
      await outputOf(handle, asking(world.models.completion, PROMPT));
    });

    test('whose stream breaks off without an end is not taken for a result', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      world.fail.nextStreamWithoutEnd();
      const run = handle.run(asking(world.models.completion, PROMPT), () => {}, NEVER);
      expect(await failureOf(run)).toEqual(['BACKEND_ERROR', 'retry']);
    });
  });

  describe(`the ${name} backend, unloading`, () => {
    test('resolves when the model is gone', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const other = await loaded(world, world.models.embedding);
      await handle.unload(NEVER);
      expect(await residentNames(world)).toEqual([world.models.embedding]);
      await other.unload(NEVER);
      expect(await residentNames(world)).toEqual([]);
    });

    test('waits for what still runs on it', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const begun = Promise.withResolvers<void>();
      const run = handle.run(
        asking(world.models.completion, { ...PROMPT, options: { maxTokens: 50 } }),
        () => begun.resolve(),
        NEVER,
      );
      await begun.promise;
      await handle.unload(NEVER);
      expect((await run).usage.completionTokens).toBe(50);
    });

    test('of what is gone already does no harm', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      await world.others.unload(world.models.completion);
      await handle.unload(NEVER);
      await handle.unload(NEVER);
      expect(world.loads()).toBe(1);
    });
  });

  describe(`the ${name} backend, beside other clients`, () => {
    test('adopts what they loaded, and runs on it without a reload', async () => {
      await using world = await makeWorld();
      await world.others.load(world.models.completion, 1024);
      const [resident] = (await world.backend.inspect(NEVER)).residents;
      if (!resident) throw new Error('Nothing is resident.');
      const handle = world.backend.adopt(resident, await specFor(world, world.models.completion));
      expect(handle.variant.contextLength).toBe(1024);
      expect(handle.measured).toEqual({ sizeBytes: resident.sizeBytes, vramBytes: resident.vramBytes });
      await outputOf(handle, asking(world.models.completion, PROMPT));
      await outputOf(handle, asking(world.models.alias, PROMPT));
      expect(world.loads()).toBe(1);
      await handle.unload(NEVER);
      expect(await residentNames(world)).toEqual([]);
    });
  });

  describe(`the ${name} backend, losing its server`, () => {
    test('says for everything that it is unreachable and to be waited for', async () => {
      await using world = await makeWorld();
      const spec = await specFor(world, world.models.completion);
      const handle = await world.backend.load(spec, NEVER);
      await world.goDown();
      const lost = ['BACKEND_UNREACHABLE', 'wait'];
      expect(await failureOf(world.backend.inspect(NEVER))).toEqual(lost);
      expect(await failureOf(world.backend.library.list(NEVER))).toEqual(lost);
      expect(await failureOf(world.backend.load(spec, NEVER))).toEqual(lost);
      expect(await failureOf(handle.run(asking(world.models.completion, PROMPT), () => {}, NEVER))).toEqual(
        lost,
      );
      expect(await failureOf(handle.unload(NEVER))).toEqual(lost);
      await world.comeBack();
      await world.backend.inspect(NEVER);
    });

    test('in mid-stream is a loss, not a result', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const begun = Promise.withResolvers<void>();
      const failure = failureOf(
        handle.run(asking(world.models.completion, LONG), () => begun.resolve(), NEVER),
      );
      await begun.promise;
      await world.goDown();
      expect(await failure).toEqual(['BACKEND_UNREACHABLE', 'wait']);
      await world.comeBack();
    });
  });

  describe(`the ${name} backend, stopping`, () => {
    test('ends what runs, twice without harm', async () => {
      await using world = await makeWorld();
      const handle = await loaded(world, world.models.completion);
      const begun = Promise.withResolvers<void>();
      const failure = failureOf(
        handle.run(asking(world.models.completion, LONG), () => begun.resolve(), NEVER),
      );
      await begun.promise;
      await world.backend.stop();
      await world.backend.stop();
      expect(await failure).toEqual(['BACKEND_UNREACHABLE', 'wait']);
    });
  });
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { badBase64At } from '../../src/ollama-api/base64.ts';
import { parseGoDuration } from '../../src/ollama-api/duration.ts';
import { goTime, stringifyGo } from '../../src/ollama-api/go-json.ts';
import { GoJsonError } from '../../src/ollama-api/json-scanner.ts';
import { JsonText } from '../../src/ollama-api/json-text.ts';
import { isValidName, parseModelName, shortName } from '../../src/ollama-api/model-name.ts';
import { Batch } from '../../src/virtual-ollama/core/batch.ts';
import { normalized, shortestFloat32 } from '../../src/virtual-ollama/core/embedding.ts';
import { paceOf } from '../../src/virtual-ollama/core/pace.ts';
import { sampleOfSchema } from '../../src/virtual-ollama/core/schema-sample.ts';
import { LocalGpuMemory } from '../../src/virtual-ollama/gpu-memory.ts';
import { completeSettings } from '../../src/virtual-ollama/settings.ts';
import { Bench, thinModel } from './bench.ts';

const readGoJson = (text: string) => JsonText.read(text)?.value();

describe('text forms', () => {
  test('JSON is read as JSON.parse reads it, whatever follows the first value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n{}', ' x'), (value, tail) => {
        expect(readGoJson(`${JSON.stringify(value)}${tail && ` ${tail}`}`)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  test('a text is refused exactly when no beginning of it is JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,0123.-+eEtruefalsn \\/u') }), (text) => {
        let value: unknown;
        try {
          value = readGoJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(GoJsonError);
          expect(() => JSON.parse(text)).toThrow();
          return;
        }
        if (value === undefined) expect(text.trim()).toBe('');
      }),
    );
  });

  test('JSON written as Go writes it reads back, and holds no angle bracket', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = stringifyGo(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      }),
    );
  });

  test('a time has no trailing zeros', () => {
    expect(goTime(Date.UTC(2026, 7, 21, 18, 48, 22, 120))).toBe('2026-08-21T18:48:22.12Z');
    expect(goTime(Date.UTC(2026, 7, 21, 18, 48, 22))).toBe('2026-08-21T18:48:22Z');
  });

  test('durations add up over their units', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(59), fc.nat(59), fc.nat(999), (h, m, s, ms) => {
        expect(parseGoDuration(`${h}h${m}m${s}s${ms}ms`)).toBeCloseTo(
          h * 3.6e6 + m * 60_000 + s * 1_000 + ms,
          3,
        );
        expect(parseGoDuration(`-${h}h${m}m`)).toBeCloseTo(-(h * 3.6e6 + m * 60_000), 3);
      }),
    );
  });

  test.each([
    ['300', 'time: missing unit in duration "300"'],
    ['', 'time: invalid duration ""'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['-', 'time: invalid duration "-"'],
    ['.s', 'time: invalid duration ".s"'],
    ['100000000h', 'time: invalid duration "100000000h"'],
  ])('%s is refused in the words of Go', (text, message) => {
    expect(() => parseGoDuration(text)).toThrow(message);
  });

  test('a short name leads back to the same name', () => {
    const part = fc.stringMatching(/^[a-z0-9_][a-z0-9_-]{0,10}$/);
    fc.assert(
      fc.property(part, part, part, part, fc.nat(3), (host, namespace, model, tag, kind) => {
        const text =
          [`${model}`, `${model}:${tag}`, `${namespace}/${model}:${tag}`, `${host}/${namespace}/${model}`][
            kind
          ] ?? model;
        const name = parseModelName(text);
        expect(isValidName(name)).toBe(true);
        expect(parseModelName(shortName(name))).toEqual(name);
      }),
    );
  });

  test('good base64 is good, and a foreign character is found where it stands', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(badBase64At(text)).toBeUndefined();
        expect(badBase64At(`${text.replace(/=/g, '')}%`)).toBe(text.replace(/=/g, '').length);
      }),
    );
  });
});

describe('vectors', () => {
  const vector = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e3, max: 1e3 }), {
    minLength: 1,
  });

  test('are scaled to length 1, and printed so that they read back', () => {
    fc.assert(
      fc.property(vector, (values) => {
        fc.pre(values.some((value) => Math.abs(value) > 1e-3));
        const scaled = normalized(values);
        expect(Math.hypot(...scaled)).toBeCloseTo(1, 4);
        for (const value of scaled) expect(Math.fround(shortestFloat32(value)) + 0).toBe(value + 0);
      }),
    );
  });

  test('that hold no number are refused', () => {
    expect(() => normalized([1, Number.NaN])).toThrow('NaN or Inf');
  });
});

test('a sample of a schema has what the schema names', () => {
  const leaf = fc.constantFrom(
    { type: 'string' },
    { type: 'integer' },
    { type: 'boolean' },
    { enum: ['x', 7] },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), leaf), fc.nat(), (properties, hash) => {
      fc.pre(!Object.hasOwn(properties, '__proto__'));
      const sample = sampleOfSchema({ type: 'object', properties }, hash) as Record<string, unknown>;
      expect(Object.keys(sample).sort()).toEqual(Object.keys(properties).sort());
      for (const [name, schema] of Object.entries(properties)) {
        if ('enum' in schema) expect(schema.enum).toContain(sample[name]);
        else if (schema.type === 'integer') expect(Number.isInteger(sample[name])).toBe(true);
        else expect(typeof sample[name]).toBe(schema.type);
      }
    }),
  );
});

test('the memory of the cards is never overdrawn by those who ask, and all of it comes back', () => {
  const share = fc.record({ gpu: fc.nat(2), bytes: fc.nat(800) });
  const step = fc.record({
    pid: fc.integer({ min: 10, max: 15 }),
    shares: fc.array(share, { maxLength: 3 }),
    free: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const memory = new LocalGpuMemory([{ totalBytes: 1_000 }, { totalBytes: 500 }]);
      for (const { pid, shares, free } of steps) {
        memory.free(pid);
        if (!free)
          memory.allocate(
            { pid, name: 'p' },
            shares.filter(({ gpu }, i) => shares.findIndex((s) => s.gpu === gpu) === i),
          );
        for (const gpu of memory.read()) {
          expect(gpu.usedBytes + gpu.freeBytes).toBe(gpu.totalBytes);
          expect(gpu.processes.reduce((sum, process) => sum + process.usedBytes, 0)).toBeLessThanOrEqual(
            gpu.totalBytes,
          );
        }
      }
      for (let pid = 10; pid <= 15; pid++) memory.free(pid);
      expect(memory.read().map(({ usedBytes }) => usedBytes)).toEqual([0, 0]);
    }),
  );
});

test('a batch gives every request all its tokens, in order, however they come and go', () => {
  const work = fc.record({
    atMs: fc.nat(500),
    tokens: fc.nat(60),
    prompt: fc.nat(200),
    leavesAtMs: fc.option(fc.nat(2_000)),
  });
  fc.assert(
    fc.property(
      fc.array(work, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (works, batchExponent) => {
        const clock = new VirtualClock();
        const batch = new Batch(clock, paceOf(completeSettings({ batchExponent })), 1);
        const results = works.map(() => ({ tokens: [] as number[], done: false, left: false }));
        works.forEach(({ atMs, tokens, prompt, leavesAtMs }, i) => {
          const result = results[i] ?? expect.fail();
          clock.after(atMs, () => {
            const member = batch.add({
              promptTokens: prompt,
              outputTokens: tokens,
              onToken: (index) => result.tokens.push(index),
              onDone: () => {
                result.done = true;
              },
            });
            if (leavesAtMs !== null) {
              clock.after(leavesAtMs, () => {
                result.left = true;
                member.leave();
              });
            }
          });
        });
        clock.advance(60_000);
        expect(batch.size).toBe(0);
        results.forEach(({ tokens, done, left }, i) => {
          expect(tokens).toEqual(tokens.map((_, index) => index));
          if (!left) expect(done).toBe(true);
          if (done) expect(tokens).toHaveLength(works[i]?.tokens ?? -1);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('whatever is asked for, one model loads at a time, memory holds, and every request ends', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const request = fc.record({
    afterMs: fc.nat(3_000),
    model: fc.constantFrom(...names),
    outputTokens: fc.integer({ min: 1, max: 150 }),
    context: fc.constantFrom(undefined, 512, 1_024),
    leavesAfterMs: fc.option(fc.nat(4_000), { freq: 4 }),
    unloadsFirst: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 25 }), fc.nat(1_000), (requests, seed) => {
      const bench = new Bench({
        catalog: names.map((name, i) => thinModel(name, 150 * (i + 1))),
        seed,
        numParallel: 2,
      });
      const outcomes = requests.map(
        ({ afterMs, model, outputTokens, context, leavesAfterMs, unloadsFirst }) => {
          bench.run(afterMs);
          if (unloadsFirst) bench.unload(model);
          const asked = bench.ask(model, {
            outputTokens,
            options: context === undefined ? {} : { num_ctx: context },
          });
          let left = false;
          if (leavesAfterMs !== null) {
            bench.clock.after(leavesAfterMs, () => {
              left = true;
              asked.cancel();
            });
          }
          expect(bench.usedMib()).toBeLessThanOrEqual(1_000);
          return () => left || asked.doneAtMs !== undefined || asked.failure !== undefined;
        },
      );
      bench.run(3_600_000);
      expect(outcomes.every((ended) => ended())).toBe(true);
      expect(bench.loaded).toEqual([]);
      expect(bench.usedMib()).toBe(0);
      let loading = 0;
      for (const event of bench.core.events.all()) {
        if (event.kind === 'load-started') expect(++loading).toBe(1);
        if (event.kind === 'loaded' || event.kind === 'load-failed') loading--;
      }
    }),
    { numRuns: 60 },
  );
});

test('the same seed and the same requests give the same events', () => {
  const run = (seed: number) => {
    const bench = new Bench({ catalog: ['a', 'b', 'c', 'd'].map((name) => thinModel(name, 260)), seed });
    for (let i = 0; i < 20; i++) {
      bench.ask('abcd'.charAt((i * 7) % 4), { outputTokens: 20 });
      bench.run(700);
    }
    bench.run(100_000);
    return bench.core.events.all();
  };
  expect(run(3)).toEqual(run(3));
});

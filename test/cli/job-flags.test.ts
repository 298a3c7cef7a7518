import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobDefaults, withDefaults } from '../../src/cli/submit/job-defaults.ts';
import { VirtualClock } from '../../src/clock.ts';
import { Served } from './support/served.ts';

const NOW = Date.parse('2026-11-20T21:40:00.000Z');
const clock = new VirtualClock(NOW);

let served: Served;
let folder: string;
beforeAll(async () => {
  served = await Served.start();
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-flags-'));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const FLAGS = {
  system: 'Be brief.',
  maxTokens: 5,
  temperature: 0.5,
  seed: 7,
  stop: ['END', 'STOP'],
  think: 'high',
  truncate: true,
  format: 'json',
  metadata: ['a=b', '{"c": 1}'],
  priority: 'high',
} as const;

describe('flags', () => {
  test('say of each kind of job what it takes', async () => {
    const defaults = await jobDefaults(FLAGS, clock);
    const options = { maxTokens: 5, temperature: 0.5, seed: 7, extra: { stop: ['END', 'STOP'] } };
    expect(withDefaults({ model: 'm', request: { generate: { prompt: 'x' } } }, defaults)).toEqual({
      model: 'm',
      priority: 'HIGH',
      metadata: { a: 'b', c: 1 },
      request: {
        generate: {
          prompt: 'x',
          system: 'Be brief.',
          think: 'HIGH',
          truncate: true,
          format: 'json',
          options,
        },
      },
    });
    const messages = [{ role: 'USER' as const, content: 'x' }];
    expect(withDefaults({ model: 'm', request: { chat: { messages } } }, defaults).request).toEqual({
      chat: {
        messages: [{ role: 'SYSTEM', content: 'Be brief.' }, ...messages],
        think: 'HIGH',
        truncate: true,
        format: 'json',
        options,
      },
    });
    expect(withDefaults({ model: 'm', request: { embed: { input: ['x'] } } }, defaults).request).toEqual({
      embed: { input: ['x'], truncate: true },
    });
  });

  test('leave alone what a line says itself', async () => {
    const defaults = await jobDefaults({ ...FLAGS, context: 8_192 }, clock);
    const own = {
      model: 'm',
      priority: 'LOW' as const,
      metadata: { a: 'own' },
      request: {
        generate: { prompt: 'x', system: 'Mine.', options: { seed: 1, extra: { top_k: 3, stop: 'X' } } },
      },
    };
    expect(withDefaults(own, defaults)).toMatchObject({
      priority: 'LOW',
      metadata: { a: 'own', c: 1 },
      request: {
        generate: {
          system: 'Mine.',
          options: { seed: 1, contextLength: 8_192, maxTokens: 5, extra: { top_k: 3, stop: 'X' } },
        },
      },
    });
  });

  test.each([
    ['2h', '2026-11-20T23:40:00.000Z'],
    ['90s', '2026-11-20T21:41:30.000Z'],
    ['2030-01-31T12:00:00Z', '2030-01-31T12:00:00.000Z'],
    ['2030-01-31T12:00:00+02:00', '2030-01-31T10:00:00.000Z'],
  ])('take %s as a deadline', async (text, expected) => {
    expect((await jobDefaults({ deadline: text }, clock)).deadline).toBe(expected);
  });

  test('take other models that will do, of a job that names none itself', async () => {
    const defaults = await jobDefaults({ fallback: ['a', 'b'], fallbackAfter: '30s' }, clock);
    expect(defaults.fallback).toEqual({ models: ['a', 'b'], after: 30_000 });
    const job = { model: 'm', request: { generate: { prompt: 'x' } } };
    expect(withDefaults(job, defaults).fallback).toEqual(defaults.fallback);
    const own = { models: ['c'] };
    expect(withDefaults({ ...job, fallback: own }, defaults).fallback).toEqual(own);
  });

  test('take a time of day as the next such time', async () => {
    for (const time of ['00:00', '9:05', '23:59']) {
      const at = Date.parse((await jobDefaults({ deadline: time }, clock)).deadline ?? '');
      expect(at).toBeGreaterThan(NOW);
      expect(at).toBeLessThanOrEqual(NOW + 25 * 3_600_000);
      expect(new Date(at).getMinutes()).toBe(Number(time.split(':')[1]));
    }
  });

  test.each([
    [{ deadline: 'soon' }, /"soon" is no deadline/],
    [{ deadline: '2001-01-01T00:00:00Z' }, /has passed/],
    [{ think: 'deep' }, /Use on, off, low, medium, high or max/],
    [{ metadata: ['alone'] }, /NAME=VALUE or a JSON object/],
    [{ metadata: ['{"a"'] }, /--metadata is not JSON/],
    [{ priority: 'soon' }, /"soon" is not a priority/],
    [{ format: '{"a"' }, /--format is not JSON/],
    [{ format: '/nowhere/schema.json' }, /schema\.json cannot be read/],
    [{ fallbackAfter: '3s' }, /name one with --fallback/],
    [{ fallback: ['a'], fallbackAfter: 'soon' }, /--fallback-after: "soon" is not a duration/],
  ])('refuse %j with what would be right', async (flags, says) => {
    await expect(jobDefaults(flags, clock)).rejects.toThrow(says);
  });

  test('take a schema from a file, and none that is no object', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const path = join(folder, 'schema.json');
    await writeFile(path, JSON.stringify(schema));
    expect((await jobDefaults({ format: path }, clock)).format).toEqual(schema);
    await writeFile(path, '[]');
    await expect(jobDefaults({ format: path }, clock)).rejects.toThrow(/holds no JSON Schema/);
  });
});

describe('submit', () => {
  test('takes seeds and counts of 53 bits, and says what the most is', async () => {
    const submit = (flag: string, value: string) =>
      served.run(['submit', 'qwen2.5:0.5b', 'Why?', '--stop', ' ', '--no-wait', flag, value]);
    for (const flag of ['--seed', '--max-tokens']) {
      expect(await submit(flag, '9007199254740991')).toMatchObject({ code: 0 });
      const refused = { code: 2, notes: expect.stringContaining('9007199254740991') };
      expect(await submit(flag, '9007199254740992')).toMatchObject(refused);
    }
  });

  test('passes them on', async () => {
    const args = ['submit', 'qwen2.5:0.5b', 'Why?', '--json', '--max-tokens', '3', '--metadata', 'run=4'];
    const { code, out } = await served.run([
      ...args,
      '--deadline',
      '2h',
      '--stop',
      'END',
      '--temperature',
      '0',
    ]);
    expect(code).toBe(0);
    const job = JSON.parse(out);
    expect(job).toMatchObject({ metadata: { run: '4' }, result: { usage: { completionTokens: 3 } } });
    expect(Date.parse(job.deadline) - Date.parse(job.createdAt)).toBeGreaterThan(7_100_000);
  });

  test('refuses for an embedding model what it could not use', async () => {
    expect(await served.run(['submit', 'all-minilm', 'x', '--system', 'y'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('--system means nothing'),
    });
  });
});

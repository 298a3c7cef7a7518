import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { barLine } from '../../src/cli/jobs/progress.ts';
import { fittedTable } from '../../src/cli/terminal/fitted-table.ts';
import { widthOf } from '../../src/cli/terminal/text.ts';
import { wrapped } from '../../src/cli/terminal/wrapped.ts';
import { Served } from './support/served.ts';

let served: Served;
let batchId: string;
beforeAll(async () => {
  served = await Served.start();
  const path = join(served.folder, 'a-batch.jsonl');
  const jobs = ['qwen2.5:0.5b', 'gemma:2b', 'nomic-embed-text'].map((model) =>
    model.startsWith('nomic')
      ? { model, input: 'x' }
      : { model, prompt: 'x', metadata: { note: 'y'.repeat(9) } },
  );
  await writeFile(path, jobs.map((job) => JSON.stringify(job)).join('\n'));
  await served.run(['submit', '--batch', path, '--client', 'a-client-with-quite-a-long-name']);
  batchId = JSON.parse((await served.run(['jobs', '--json', '--limit', '1'])).out).id;
  batchId = JSON.parse((await served.run(['job', batchId, '--json'])).out).batch.id;
  await served.run(['reserve', '2GiB', '--owner', 'trainer']);
});
afterAll(() => served[Symbol.asyncDispose]());

const COMMANDS = [
  'jobs',
  'models',
  'ps',
  'list',
  'decisions',
  'health',
  'batch',
  'reservations',
  'random',
  'top',
];
const ARGS: Readonly<Record<string, readonly string[]>> = {
  top: ['top', '--once'],
  random: ['submit', '--random', '5', '--seed', '1'],
};

describe.each([60, 80])('in %i columns', (columns) => {
  test.each(COMMANDS)('no line of %s is too long', async (name) => {
    const args = name === 'batch' ? ['job', batchId] : (ARGS[name] ?? [name]);
    const { out } = await served.run(args, {
      env: { VRAMKEEPER_URL: served.url, COLUMNS: String(columns) },
    });
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
  });
});

test('what is left of an id is enough for the other commands, and names and ends are whole', async () => {
  const { out } = await served.run(['jobs'], { env: { VRAMKEEPER_URL: served.url, COLUMNS: '60' } });
  const rows = out.trimEnd().split('\n').slice(1);
  const gemma = rows.find((row) => row.includes('gemma:2b')) ?? '';
  expect(gemma).toContain('COMPLETE');
  const [id = ''] = gemma.split(' ');
  expect(id.length).toBeLessThan(20);
  expect(await served.run(['job', id])).toMatchObject({ code: 0, out: expect.stringContaining('gemma:2b') });
});

test('a reason is broken between words, and none of them is lost', async () => {
  const wide = await served.run(['decisions']);
  const narrow = await served.run(['decisions'], { env: { VRAMKEEPER_URL: served.url, COLUMNS: '60' } });
  const words = (text: string) => text.trim().split(/\s+/);
  expect(words(narrow.out)).toEqual(words(wide.out));
});

const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '語'), maxLength: 30 });

test('a table is no wider than its room as long as its columns can be left out or cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, text, text, text), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 20, max: 140 }),
      (rows, width) => {
        const drawn = fittedTable(
          [
            { head: 'NAME', least: 4 },
            { head: 'WHAT', rank: 2 },
            { head: 'WHO', rank: 1 },
            { head: 'END', least: 4 },
          ],
          rows,
          width,
        );
        for (const line of drawn.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(drawn.split('\n')).toHaveLength(rows.length + 1);
        expect(drawn).toMatch(/^NAME/);
      },
    ),
  );
});

test('a sentence keeps every word in its order, and no line is longer than its room but for a word that is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '語'), minLength: 1, maxLength: 12 }), {
        maxLength: 30,
      }),
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 0, max: 6 }),
      (words, columns, indent) => {
        const broken = wrapped(words.join(' '), columns, indent);
        expect(broken.split(/\s+/).filter(Boolean)).toEqual(words);
        for (const line of broken.split('\n'))
          if (line.trim().includes(' ')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      },
    ),
  );
});

test('a bar gives way to the figures beside it', () => {
  const draw = (_share: number, width: number) => '#'.repeat(width);
  const figures = '12/100 jobs  3 running, 85 waiting';
  expect(barLine(0.1, figures, 120, draw)).toBe(`${'#'.repeat(30)} ${figures}`);
  expect(barLine(0.1, figures, 50, draw)).toBe(`${'#'.repeat(15)} ${figures}`);
  expect(barLine(0.1, figures, 36, draw)).toBe(figures);
});

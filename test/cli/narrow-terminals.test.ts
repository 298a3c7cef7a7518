import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cell, cellTable } from '../../src/cli/memory/cells.ts';
import { barLine } from '../../src/cli/terminal/bar-line.ts';
import { fittedTable } from '../../src/cli/terminal/fitted-table.ts';
import { widthOf } from '../../src/cli/terminal/text.ts';
import { wrapped } from '../../src/cli/terminal/wrapped.ts';
import { systemClock } from '../../src/clock.ts';
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
  'show',
  'budget',
  'workers',
  'doctor',
  'logs',
  'batch',
  'reservations',
  'random',
  'top',
];
const ARGS: Readonly<Record<string, readonly string[]>> = {
  top: ['top', '--once'],
  show: ['show', 'gemma:2b'],
  workers: ['workers', '2GiB'],
  random: ['submit', '--random', '5', '--seed', '1'],
};

describe.each([60, 80])('in %i columns', (columns) => {
  test.each(COMMANDS)('no line of %s is too long', async (name) => {
    const args = name === 'batch' ? ['job', batchId] : (ARGS[name] ?? [name]);
    const { out, notes } = await served.run(args, {
      env: { VRAMKEEPER_URL: served.url, COLUMNS: String(columns) },
    });
    const lines = `${out}${notes}`.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    // A word by itself, such as a digest, can't be broken.
    const tooLong = lines.filter((line) => widthOf(line) > columns && /\S\s+\S/.test(line));
    expect(tooLong).toEqual([]);
    expect(`${out}${notes}`).not.toContain('…');
  });
});

/** Of what leaves something out. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  top: ['HEALTHY', 'loading', 'evictions', '·FREE'],
  list: ['gemma:2b', 'nomic-embed-text:latest', 'qwen2.5:0.5b'],
};

test.each(['budget', 'doctor', 'top', 'list'])('no word of %s is lost in 60 columns', async (name) => {
  const words = async (columns: string) => {
    const { out } = await served.run(ARGS[name] ?? [name], {
      env: { VRAMKEEPER_URL: served.url, COLUMNS: columns },
    });
    return out.split(/\s+/);
  };
  const narrow = new Set(await words('60'));
  // Ages and figures may have changed meanwhile.
  const whole = EXPECTED[name] ?? (await words('400')).filter((word) => !/\d/.test(word));
  expect(whole.filter((word) => !narrow.has(word))).toEqual([]);
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
          expect(widthOf(line)).toBeLessThanOrEqual(Math.max(columns, widthOf(line.trim())));
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

test.each([60, 80, 120])(
  'server processes in %i columns: the id is whole, and so is why one ended',
  (columns) => {
    const exitReason =
      'It was ended for the sake of others: its model had no job, and gemma:2b needed 2.0 GiB.';
    const cell = (over: Partial<Cell>): Cell => ({
      id: 'cell_01m8pfny07y36xdw79xjmq3rg5',
      role: 'INSTANCE',
      modelName: 'nomic-embed-text:latest',
      gpus: [{ index: 0 }],
      pid: 123_456,
      port: 40_001,
      status: 'READY',
      residentBytes: 500 * 2 ** 20,
      startedAt: '2026-11-30T12:00:00Z',
      endedAt: null,
      exitReason: null,
      backend: 'rig',
      ...over,
    });
    const ended = cell({ status: 'EXITED', exitReason, endedAt: '2026-11-30T12:01:00Z' });
    const library = cell({ role: 'LIBRARY', modelName: null, gpus: [] });
    const drawn = cellTable([library, cell({}), ended], {
      terminal: { style: (_, text) => text },
      clock: systemClock,
      columns,
    });
    const lines = drawn.split('\n');
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(lines.filter((line) => line.startsWith(`${ended.id} `))).toHaveLength(3);
    expect(lines[1]).toContain('library');
    expect(drawn.replaceAll(/\s+/g, ' ')).toContain(exitReason);
  },
);

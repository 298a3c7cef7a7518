/** What a comparison reads and writes: tables, prompts, what is kept with its batch. Pure, and whatever anybody wrote there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv, textsOf, writeCsv } from '../../src/dashboard/pages/compare/csv.ts';
import { placedIssues } from '../../src/dashboard/pages/compare/issues.ts';
import {
  batchOf,
  cellKey,
  filledRows,
  NO_PLAN,
  type Plan,
  placeOf,
  promptOf,
  readKept,
  readPlan,
  textOf,
} from '../../src/dashboard/pages/compare/plan.ts';
import { wordDiff } from '../../src/dashboard/pages/compare/word-diff.ts';

const row = (text: string, image: Plan['rows'][number]['image'] = null) => ({ key: text, text, image });

describe('a table', () => {
  test('is read as it was written, whatever is in its fields', () => {
    // What begins like a formula is written with an apostrophe, and an empty line is none.
    const field = fc.string().map((text) => `x${text}`);
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        expect(readCsv(writeCsv(rows))).toEqual(rows);
      }),
    );
  });

  test.each(['=1+1', '+1', '-1', '@x', '\tx'])('runs nothing in a spreadsheet: %j', (text) => {
    expect(writeCsv([[text]])).toMatch(/^"?'/);
  });

  test.each([
    ['a.csv', 'id,Prompt\n1,"one, ""two"""\n\n2,three\n', ['one, "two"', 'three']],
    ['a.csv', '\uFEFFone\r\ntwo\r\n', ['one', 'two']],
    ['a.tsv', 'text\tmore\na, b\tc\n', ['a, b']],
    ['a.csv', 'prompt;id\n"a\nb";1\n', ['a\nb']],
    ['a.txt', 'one, two\n\n three\n', ['one, two', ' three']],
    ['a.jsonl', '{"prompt":"one"}\n"two"\nnull\n{broken\n{"other":1}\n', ['one', 'two']],
  ])('of the name %s has its texts', (name, content, texts) => {
    expect(textsOf(name, content)).toEqual(texts);
  });
});

test('the text of a row comes back out of its prompt', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (question, text) => {
      fc.pre(text.trim() !== '' || question.trim() !== '');
      expect(textOf(question, promptOf(question, text))).toBe(text.trim() === '' ? '' : text);
    }),
  );
});

test('a plan becomes a batch whose jobs come model by model, and is read back from it', () => {
  const plan: Plan = {
    ...NO_PLAN,
    question: 'What is it?',
    rows: [row(''), row('one'), { ...row(''), key: 'i', image: { id: 'img_1', name: 'a.png' } }],
    models: ['a', 'b'],
    settings: { ...NO_PLAN.settings, temperature: '0.5', system: 'Be short.', think: 'OFF' },
  };
  const { jobs, metadata, name } = batchOf(plan);
  expect(name).toBe('What is it?');
  expect(jobs.map(({ model, metadata: place }) => [model, placeOf(place)])).toEqual([
    ['a', '0:0'],
    ['a', '1:0'],
    ['b', '0:1'],
    ['b', '1:1'],
  ]);
  expect(jobs[1]?.request.generate).toEqual({
    prompt: 'What is it?',
    imageIds: ['img_1'],
    options: { temperature: 0.5 },
    system: 'Be short.',
    think: 'OFF',
  });
  const { question, models, settings } = plan;
  expect(readKept(metadata)).toEqual({
    question,
    models,
    settings,
    rows: 2,
    images: { 1: 'a.png' },
    ratings: {},
  });
  expect(readPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
});

test('a question alone is a row, and nothing at all is none', () => {
  expect(filledRows(NO_PLAN)).toEqual([]);
  expect(filledRows({ ...NO_PLAN, question: 'Why?' })).toHaveLength(1);
  expect(filledRows({ ...NO_PLAN, question: 'Why?', rows: [row(' ')] })).toHaveLength(1);
});

test('whatever stands in metadata or in a draft is read without an error', () => {
  fc.assert(
    fc.property(fc.anything(), fc.dictionary(fc.string(), fc.anything()), (anything, ratings) => {
      readKept(anything);
      readPlan(anything);
      placeOf(anything);
      readKept({ kind: 'comparison', models: ['a'], rows: 1, images: anything, settings: anything, ratings });
      readPlan({ rows: [anything], models: anything, settings: anything });
    }),
  );
  const rated = {
    kind: 'comparison',
    models: [],
    rows: 0,
    ratings: { '0:0': { stars: 9 }, '0:1': { stars: 3, note: 4 } },
  };
  expect(readKept(rated)?.ratings).toEqual({ [cellKey(0, 1)]: { stars: 3 } });
});

test('a problem is told of the row, of the model, or of all', () => {
  const plan: Plan = { ...NO_PLAN, rows: [row('one'), row('two')], models: ['a', 'b'] };
  const issues = [
    { path: ['jobs', '1', 'request', 'generate', 'prompt'], message: 'is too long.' },
    { path: ['jobs', '2', 'model'], message: 'No backend has it.' },
    { path: ['jobs', '0', 'request', 'generate', 'images'], message: 'are not seen.' },
    { path: ['jobs'], message: 'are too many.' },
  ];
  const placed = placedIssues(plan, issues);
  expect([...placed.rows]).toEqual([['two', 'is too long.']]);
  expect([...placed.models]).toEqual([
    ['b', 'No backend has it.'],
    ['a', 'are not seen.'],
  ]);
  expect(placed.others).toEqual(['The jobs are too many.']);
});

describe('two answers beside each other', () => {
  const side = (kind: 'first' | 'second', first: string, second: string) =>
    wordDiff(first, second)
      .filter((piece) => piece.kind === 'both' || piece.kind === kind)
      .map(({ text }) => text)
      .join('');

  test('are whole, whatever is marked in them', () => {
    const text = fc.array(fc.constantFrom('a', 'b', ' ', '\n', 'some words', '\u{1f600}'), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [first, second] = [one.join(''), other.join('')];
        expect(side('first', first, second)).toBe(first);
        expect(side('second', first, second)).toBe(second);
        expect(wordDiff(first, first).every(({ kind }) => kind === 'both')).toBe(true);
      }),
    );
  });

  test('have no more marked than what differs, and long ones are told by their lines', () => {
    expect(wordDiff('It is a cat.', 'It is a dog.')).toEqual([
      { kind: 'both', text: 'It is a ' },
      { kind: 'first', text: 'cat.' },
      { kind: 'second', text: 'dog.' },
    ]);
    const long = 'word '.repeat(3_000);
    expect(wordDiff(`${long}\nsame\n`, `other\nsame\n`).at(-1)).toEqual({ kind: 'both', text: 'same\n' });
  });
});

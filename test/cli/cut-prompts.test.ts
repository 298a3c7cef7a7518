/** A prompt that the model was not given whole is said, on standard error, wherever its answer is shown. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Served } from './support/served.ts';

const MODEL = 'smollm:360m';
const LONG = 'word '.repeat(4_000);
const CUT =
  /The prompt was cut to the model's context of 2048 tokens; with truncate false it would be refused/;

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

test('of one job, when it ends and when it is looked at', async () => {
  const { code, out, notes } = await served.run(['submit', MODEL, LONG, '--truncate', '--json']);
  expect([code, notes]).toEqual([0, expect.stringMatching(CUT)]);
  const { id, result } = JSON.parse(out);
  expect(result).toMatchObject({ truncated: true, contextLength: 2_048 });
  expect((await served.run(['job', id])).notes).toMatch(CUT);
});

test('of those jobs of a batch that it is true of, and never of others', async () => {
  const file = join(served.folder, 'batch.jsonl');
  const jobs = ['hi', LONG, 'ho'].map((prompt) => ({ model: MODEL, prompt }));
  await writeFile(file, jobs.map((job) => JSON.stringify(job)).join('\n'));
  const { code, notes } = await served.run(['submit', '--batch', file, '--truncate']);
  expect(code).toBe(0);
  expect(notes.match(new RegExp(CUT, 'g'))).toHaveLength(1);
  expect(notes).toMatch(/2\/3 job_\w+: The prompt was cut/);
});

test('and one that must not be cut is refused, with what to do', async () => {
  const { code, notes } = await served.run(['submit', MODEL, LONG]);
  expect(code).toBe(1);
  expect(notes).toMatch(/more than \d+ tokens, and smollm:360m takes at most 2048.*truncate/);
});

test('of a text to embed', async () => {
  const { notes } = await served.run(['submit', 'all-minilm', LONG]);
  expect(notes).toMatch(/A text was cut to the model's context of \d+ tokens/);
});

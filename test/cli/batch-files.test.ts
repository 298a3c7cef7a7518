import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { coerceInputValue, type GraphQLInputType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LineReader } from '../../src/cli/submit/batch-line.ts';
import { schema } from '../../src/graphql/schema.ts';
import { Served } from './support/served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

const MODEL = 'qwen2.5:0.5b';

async function file(...lines: readonly unknown[]): Promise<string> {
  const path = join(served.folder, 'jobs.jsonl');
  await writeFile(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return path;
}

describe('a file of jobs', () => {
  test('has everything that is wrong with it said at once, by the program and by the server', async () => {
    const path = await file(
      { model: MODEL, prompt: 'fine' },
      { model: MODEL, prompt: 'x', kind: 'chat' },
      '',
      '{"model":',
      { model: MODEL, messages: [] },
      { model: 'nope', input: 'x' },
      { prompt: 'x', priority: 'soon' },
    );
    const { code, out, notes } = await served.run(['submit', '--batch', path]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const [head, ...wrong] = notes.trimEnd().split('\n');
    expect(head).toBe('5 of 6 lines of jobs.jsonl cannot be submitted, so nothing was. Correct:');
    expect(wrong).toEqual([
      expect.stringMatching(/^line 2: `kind` is not a field; a job has model, prompt, .*priority/),
      expect.stringMatching(/^line 4: not JSON: /),
      'line 5: `messages` must have at least one message.',
      expect.stringMatching(/^line 6: No backend has a model named "nope"/),
      'line 7: `model` is missing: name a model, or a task.',
      'line 7: `priority` is "soon", not one of high, low, normal.',
    ]);
    expect(JSON.stringify(await served.query('{ stats { counts { total } } }'))).toContain('"total":0');
  });

  test('has what the program can tell said without a server, too', async () => {
    const path = await file({ model: MODEL, prompt: 'x' }, '[]');
    const { code, notes } = await served.run(['submit', '--batch', path, '--server', 'http://127.0.0.1:9']);
    expect(code).toBe(1);
    expect(notes).toContain('line 2: expected an object');
    expect(notes).not.toContain('no vramkeeper server');
  });

  test('is checked as a whole before its first thousand jobs are queued', async () => {
    const jobs = Array.from({ length: 1_001 }, (_, i) => ({
      model: i < 1_000 ? MODEL : 'nope',
      prompt: 'x',
    }));
    const { code, notes } = await served.run(['submit', '--batch', await file(...jobs), '--no-wait']);
    expect(code).toBe(1);
    expect(notes).toContain('line 1001: No backend has a model named "nope"');
    expect(JSON.stringify(await served.query('{ stats { counts { total } } }'))).toContain('"total":0');
  });

  test('takes the fields of requests beside those of jobs, and what other programs write', async () => {
    const path = await file(
      { model: MODEL, prompt: 'x', system: 'y', think: false, options: { maxTokens: 2 }, priority: 'low' },
      { model: MODEL, messages: [{ role: 'user', content: 'x' }], options: { maxTokens: 2 } },
      { model: 'all-minilm', input: 'one text' },
      { model: 'all-minilm', input: ['two', 'texts'], metadata: { a: 1 } },
    );
    const { code, out } = await served.run(['submit', '--batch', path, '--json']);
    expect(code).toBe(0);
    const told = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const byLine = told.toSorted((a, b) => a.line - b.line);
    expect(byLine.map((job) => [job.line, job.kind, job.priority])).toEqual([
      [1, 'GENERATE', 'LOW'],
      [2, 'CHAT', 'NORMAL'],
      [3, 'EMBED', 'NORMAL'],
      [4, 'EMBED', 'NORMAL'],
    ]);
    expect(byLine[2].result.embeddings).toHaveLength(1);
    expect(byLine[3].result.embeddings).toHaveLength(2);
  });

  test.each([[[]], [['--json']]])('has its results told as they end, with %j', async (flags) => {
    await served.run(['load', MODEL, 'gemma:2b']);
    await served.run(['pause']);
    const path = await file(
      { model: MODEL, prompt: 'long', priority: 'low' },
      { model: MODEL, prompt: 'short', priority: 'high' },
    );
    await using running = served.begin(['submit', '--batch', path, ...flags]);
    await running.untilSaid(/0\/2 jobs done/);
    const listed = await served.query(
      '{ jobs(first: 2, filter: { statuses: [PENDING] }) { nodes { id priority } } }',
    );
    const { jobs } = (listed as { data: { jobs: { nodes: { id: string; priority: string }[] } } }).data;
    const high = jobs.nodes.find(({ priority }) => priority === 'HIGH')?.id ?? '';
    await served.run(['cancel', high]);
    // The other one still waits.
    await running.untilSaid(new RegExp(`${high}.*`));
    expect(running.child.exitCode).toBeNull();
    await served.run(['resume']);
    const { code, out } = await running.ended;
    expect(code).toBe(1);
    expect(out.indexOf(high)).toBeLessThan(out.search(/COMPLETE/));
  });
});

test('any line is a job that the server can read, or has a problem in words', () => {
  const reader = new LineReader();
  /** Mostly right, so that what is wrong stands alone. */
  const mostly = <T>(right: T, ...wrong: readonly unknown[]) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, fc.constantFrom(...wrong), fc.jsonValue());
  const near = fc.record(
    {
      model: mostly('m', 3),
      prompt: mostly('x', ['x']),
      options: mostly(
        { seed: 2 ** 40 },
        { seed: 1.5 },
        { maxTokens: 2 ** 60 },
        { temperature: '1' },
        { topK: 1 },
      ),
      priority: mostly('low', 'HIGH', 'soon', 3),
      think: mostly(true, 'high', 'deep', 0),
      deadline: mostly(
        '2030-01-31T12:00:00Z',
        '2030-01-31T12:00:00.5+02:00',
        '2030-02-30T12:00:00Z',
        '2030-01-31T12:00Z',
        '2030-01-31T25:00:00Z',
        'soon',
      ),
      labels: mostly([{ key: 'a', value: 'b' }], [{ key: 'a' }], [null], { a: 'b' }),
    },
    { requiredKeys: ['model', 'prompt'] },
  );
  fc.assert(
    fc.property(fc.oneof({ weight: 5, arbitrary: near }, fc.jsonValue()), (value) => {
      const line = reader.read(JSON.stringify(value) ?? 'null', 1);
      expect(line.problems.length > 0).toBe(line.job === null);
      if (line.job === null) return;
      // A request with a value that GraphQL cannot read is refused as a whole, without a word about lines.
      expect(coerceInputValue(line.job, schema.getType('SubmitJobInput') as GraphQLInputType)).toBeDefined();
    }),
  );
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/core/default-catalog.ts';
import { eventually } from '../support/eventually.ts';
import { Served } from './support/served.ts';

const SEEING = 'gemma:2b';

let served: Served;
beforeAll(async () => {
  const catalog = DEFAULT_CATALOG.map((model) =>
    model.name === SEEING ? { ...model, capabilities: ['completion', 'vision'] as const } : model,
  );
  served = await Served.start({ catalog });
});
afterAll(() => served[Symbol.asyncDispose]());

const MODEL = 'qwen2.5:0.5b';

async function file(name: string, ...lines: readonly unknown[]): Promise<string> {
  const path = join(served.folder, name);
  await writeFile(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return path;
}

describe('submit', () => {
  test('prints the answer to standard output and nothing else there', async () => {
    const { code, out, notes } = await served.run(['submit', MODEL, 'Why is the sky blue?']);
    expect(notes).toBe('');
    expect(code).toBe(0);
    expect(out.trim().split(/\s+/).length).toBeGreaterThan(2);
    expect(out.endsWith('\n')).toBe(true);
    const { data } = (await served.query(
      '{ jobs(first: 1) { nodes { result { ... on TextResult { text } } } } }',
    )) as { data: { jobs: { nodes: [{ result: { text: string } }] } } };
    expect(out.trimEnd()).toBe(data.jobs.nodes[0].result.text.trimEnd());
  });

  test('reads the prompt from standard input', async () => {
    const { code, out } = await served.run(['submit', MODEL, '-', '--json'], {
      input: 'a prompt with\ntwo lines\n',
    });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'COMPLETE', modelName: MODEL, kind: 'GENERATE' });
  });

  test('embeds with a model that can do nothing else', async () => {
    const { code, out } = await served.run(['submit', 'all-minilm', 'some text']);
    expect(code).toBe(0);
    const vectors: unknown = JSON.parse(out);
    expect(vectors).toHaveLength(1);
  });

  test('keeps priority, client and context length', async () => {
    const { out } = await served.run([
      'submit',
      MODEL,
      'x',
      '--priority',
      'high',
      '--client',
      'tester',
      '--context',
      '1024',
      '--no-wait',
    ]);
    const { out: shown } = await served.run(['job', out.trim(), '--json']);
    expect(JSON.parse(shown)).toMatchObject({ priority: 'HIGH', client: 'tester' });
  });

  test('an unknown model is named with those close to it', async () => {
    expect(await served.run(['submit', 'qwen2.5:0.6b', 'x'])).toMatchObject({
      code: 1,
      out: '',
      notes: expect.stringMatching(
        /No backend has a model named "qwen2.5:0.6b"\. Did you mean .*qwen2.5:0.5b/,
      ),
    });
  });

  test('images are read and sent', async () => {
    const image = join(served.folder, 'image.png');
    await writeFile(image, Buffer.from(`\x89PNG\r\n\x1a\n${'\0'.repeat(20)}`, 'latin1'));
    const taken = await served.run(['submit', SEEING, 'What is this?', '--image', image]);
    expect(taken).toMatchObject({ code: 0, notes: '' });
    const blind = await served.run(['submit', MODEL, 'What is this?', '--image', image]);
    expect(blind).toMatchObject({ code: 1, notes: expect.stringContaining('does not see images') });
    const empty = await file('empty.png');
    const refused = await served.run(['submit', MODEL, 'What is this?', '--image', image, '--image', empty]);
    expect(refused).toMatchObject({
      code: 1,
      notes: expect.stringContaining('empty.png is no image: it is empty'),
    });
    const missing = await served.run(['submit', MODEL, 'x', '--image', 'gone.png']);
    expect(missing).toMatchObject({
      code: 1,
      notes: expect.stringContaining('The image gone.png cannot be read'),
    });
  });
});

describe('submit --batch', () => {
  test('takes the short form and that of the API, and prints every result', async () => {
    const path = await file(
      'jobs.jsonl',
      { model: MODEL, prompt: 'one', priority: 'low', metadata: { n: 1 } },
      '',
      { model: 'all-minilm', request: { embed: { input: ['two', 'three'] } } },
      {
        model: 'gemma:2b',
        request: { chat: { messages: [{ role: 'USER', content: 'x' }], options: { maxTokens: 3 } } },
      },
    );
    const { code, out, notes } = await served.run(['submit', '--batch', path]);
    expect(notes).toMatch(/3\/3 jobs done/);
    expect(code).toBe(0);
    const heads = out.split('\n').filter((line) => line.startsWith('── '));
    expect(heads.toSorted()).toEqual([
      expect.stringMatching(/^── 1\/3 qwen2.5:0.5b COMPLETE in .* job_/),
      expect.stringMatching(/^── 2\/3 all-minilm COMPLETE in .* job_/),
      expect.stringMatching(/^── 3\/3 gemma:2b COMPLETE in .* job_/),
    ]);
    expect(out).toContain('2 embeddings of 384 dimensions');
    expect(out.trimEnd().split('\n').at(-1)).toBe('3 complete, 0 failed, 0 cancelled');
  });

  test('reads standard input and writes JSON', async () => {
    const input = `${JSON.stringify({ model: MODEL, prompt: 'a' })}\n${JSON.stringify({ model: MODEL, prompt: 'b' })}\n`;
    const { code, out } = await served.run(['submit', '--batch', '-', '--json'], { input });
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).status)).toEqual(['COMPLETE', 'COMPLETE']);
  });

  test.each([
    ['no JSON', '{"model":', 'line 2: not JSON'],
    ['no object', '[1]', 'line 2: expected an object'],
    ['no model', '{"prompt":"x"}', 'line 2: `model` is missing'],
    ['no kind', '{"model":"x"}', 'line 2: one of `prompt`, `messages`, `input` and `request` is missing'],
    [
      'two kinds',
      '{"model":"x","prompt":"y","input":"z"}',
      'line 2: `prompt` and `input` are of different kinds of jobs',
    ],
    [
      'a misspelt key',
      '{"model":"x","prompt":"y","imags":[]}',
      'line 2: `imags` is not a field; a job has model, prompt, ',
    ],
    [
      'a misspelt key further in',
      '{"model":"x","request":{"chat":{"messages":[{"role":"USER","text":"y"}]}}}',
      'line 2: `request.chat.messages.0.text` is not a field; there are content, ',
    ],
    [
      'a priority that is none',
      '{"model":"x","prompt":"y","priority":"soon"}',
      'line 2: `priority` is "soon", not one of high, low, normal',
    ],
    ['images that are none', '{"model":"x","prompt":"y","images":"z"}', 'line 2: `images` is not a list'],
    [
      'a number that is none',
      '{"model":"x","input":"y","options":{"seed":1.5}}',
      'line 2: `options.seed` is not',
    ],
    [
      'a deadline that is none',
      '{"model":"x","prompt":"y","deadline":"soon"}',
      'line 2: `deadline` is not an',
    ],
    [
      'what only the server can tell',
      '{"model":"qwen2.5:0.5b","messages":[]}',
      'line 2: `messages` must have at least one message.',
    ],
    [
      'a model that is not there',
      '{"model":"nope","prompt":"x"}',
      'line 2: No backend has a model named "nope"',
    ],
  ])('a line with %s is named, and nothing is submitted', async (_name, line, expected) => {
    const before = await served.query('{ stats { counts { total } } }');
    const path = await file('bad.jsonl', { model: MODEL, prompt: 'fine' }, line);
    const { code, out, notes } = await served.run(['submit', '--batch', path]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(notes).toContain(expected);
    expect(await served.query('{ stats { counts { total } } }')).toEqual(before);
  });

  test('a file without jobs is an error', async () => {
    const path = await file('empty.jsonl', '', '  ');
    expect((await served.run(['submit', '--batch', path])).notes).toContain('has no jobs in it');
  });

  test('--no-wait prints the ids and leaves', async () => {
    const path = await file('two.jsonl', { model: MODEL, prompt: 'a' }, { model: MODEL, prompt: 'b' });
    const { code, out } = await served.run(['submit', '--batch', path, '--no-wait']);
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toEqual([expect.stringMatching(/^job_/), expect.stringMatching(/^job_/)]);
  });
});

describe('submit --random', () => {
  test('runs that many jobs over the installed models', async () => {
    const { code, out } = await served.run(['submit', '--random', '15', '--seed', '5']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^MODEL\s+KIND\s+JOBS\s+COMPLETE/);
    expect(out.trimEnd().split('\n').at(-1)).toBe('15 complete, 0 failed, 0 cancelled');
  });

  test('with --delay they come one after the other', async () => {
    const { code, out } = await served.run(['submit', '--random', '3', '--delay', '0.05', '--json']);
    expect(code).toBe(0);
    const jobs = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(jobs.map((job) => [job.status, job.batch])).toEqual(Array(3).fill(['COMPLETE', null]));
    expect(new Set(jobs.map((job) => job.createdAt)).size).toBe(3);
  });
});

describe('jobs, job and cancel', () => {
  test('lists the newest, filtered and limited', async () => {
    await served.run(['submit', 'smollm:360m', 'x']);
    const { code, out } = await served.run([
      'jobs',
      '--status',
      'complete',
      '--model',
      'smollm:360m',
      '--limit',
      '1',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([expect.objectContaining({ status: 'COMPLETE', modelName: 'smollm:360m' })]);
    const { out: text } = await served.run(['jobs', '--limit', '2']);
    expect(text.split('\n')[0]).toMatch(
      /^ID\s+STATUS\s+PRIORITY\s+KIND\s+MODEL\s+CLIENT\s+SUBMITTED\s+WAITED\s+RAN$/,
    );
  });

  test('a waiting job says why it waits, and can be cancelled once', async () => {
    await served.query('mutation { pauseScheduler { stats { paused } } }');
    try {
      const id = (await served.run(['submit', MODEL, 'later', '--no-wait'])).out.trim();
      const { out } = await served.run(['job', id]);
      expect(out).toMatch(/Status +PENDING/);
      expect(out).toMatch(/Place +1 in the queue/);
      expect(out).toMatch(/Waits +SCHEDULER_PAUSED: \S/);
      expect(await served.run(['cancel', id, '--reason', 'not needed'])).toMatchObject({
        code: 0,
        out: `${id} CANCELLED\n`,
      });
      expect(await served.run(['cancel', id])).toMatchObject({
        code: 1,
        notes: expect.stringContaining('CANCELLED'),
      });
    } finally {
      await served.query('mutation { resumeScheduler { stats { paused } } }');
    }
  });

  test('a job that is not there is said to be so', async () => {
    expect(await served.run(['job', 'job_nope'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('There is no job job_nope'),
    });
  });
});

describe('leaving with Ctrl-C', () => {
  test('a single job goes on, and how to end it is said', async () => {
    await served.query('mutation { pauseScheduler { stats { paused } } }');
    try {
      await using program = served.begin(['submit', MODEL, 'long']);
      const id = await waitForJob();
      program.kill('SIGINT');
      const { code, notes } = await program.ended;
      expect(code).toBe(130);
      expect(notes).toContain(`vramkeeper cancel ${id}`);
      expect((await served.run(['cancel', id])).code).toBe(0);
    } finally {
      await served.query('mutation { resumeScheduler { stats { paused } } }');
    }
  });

  test('so do many', async () => {
    await served.query('mutation { pauseScheduler { stats { paused } } }');
    try {
      await using program = served.begin(['submit', '--random', '5']);
      await program.untilSaid(/0\/5 jobs done/);
      program.kill('SIGINT');
      const { code, notes } = await program.ended;
      expect(code).toBe(130);
      const batchId = /vramkeeper cancel (bat_\w+)/.exec(notes)?.[1] ?? '';
      expect((await served.run(['cancel', batchId])).out).toBe(`${batchId}: 5 jobs cancelled\n`);
    } finally {
      await served.query('mutation { resumeScheduler { stats { paused } } }');
    }
  });

  /** The one job that waits. */
  async function waitForJob(): Promise<string> {
    const waiting = async () => (await served.run(['jobs', '--status', 'pending', '--json'])).out.trim();
    return JSON.parse((await eventually(waiting)).split('\n')[0] ?? '').id;
  }
});

describe('batch', () => {
  test('lists batches with what became of them, and keeps them until they are let go', async () => {
    const jobs = await file('kept.jsonl', { model: MODEL, prompt: 'One.' }, { model: MODEL, prompt: 'Two.' });
    expect((await served.run(['submit', '--batch', jobs])).code).toBe(0);
    const listed = await served.run(['batch', 'list', '--json', '--limit', '1']);
    const batch = JSON.parse(listed.out);
    expect(batch).toMatchObject({ kept: false, counts: { complete: 2, total: 2 } });
    const kept = await served.run(['batch', 'keep', batch.id.slice(0, -2)]);
    expect(kept).toMatchObject({ code: 0, out: `${batch.id} is kept until it is let go.\n` });
    const table = (await served.run(['batch', 'list'])).out;
    expect(table).toMatch(/^ID +NAME +DONE +FAILED +END +CLIENT +SUBMITTED +KEPT/);
    expect(table).toMatch(new RegExp(`${batch.id} .* 2/2 +- +ended .* yes`));
    expect((await served.run(['batch', 'keep', '--let-go', batch.id])).out).toContain('after the usual time');
    expect(JSON.parse((await served.run(['batch', 'list', '--json', '--limit', '1'])).out).kept).toBe(false);
    expect((await served.run(['batch', 'list', '--kind', 'comparison'])).notes).toBe('No batches.\n');
    const none = await served.run(['batch', 'keep', 'bat_nothing']);
    expect(none).toMatchObject({ code: 1, notes: expect.stringContaining('There is no batch bat_nothing') });
  });
});

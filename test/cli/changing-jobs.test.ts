import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Served } from './support/served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

const MODEL = 'qwen2.5:0.5b';
/** Where the shared part of the ids of one batch ends: `job_` and the time. */
const TIME_END = 14;

/** A batch that waits, since nothing is started until `resume`. */
async function waitingBatch(...prompts: readonly string[]): Promise<{ id: string; jobs: readonly string[] }> {
  await served.run(['pause']);
  const path = join(served.folder, 'batch.jsonl');
  await writeFile(path, prompts.map((prompt) => JSON.stringify({ model: MODEL, prompt })).join('\n'));
  const { out, notes } = await served.run(['submit', '--batch', path, '--no-wait']);
  return { id: /bat_\w+/.exec(notes)?.[0] ?? '', jobs: out.trim().split('\n') };
}
afterEach(async () => {
  await served.run(['resume']);
});

const lines = (text: string) => text.trimEnd().split('\n');

test('a batch is shown, listed, cancelled in one line whatever has ended, and queued again', async () => {
  const { id, jobs } = await waitingBatch('a', 'b', 'c');
  const [first = ''] = jobs;
  await served.run(['cancel', first]);
  const shown = await served.run(['job', id]);
  expect(shown.out).toMatch(/^Batch +bat_\w+\nName +batch\.jsonl\n/);
  expect(shown.out).toMatch(/Progress +1 of 3 ended: 1 cancelled, 2 waiting/);
  expect(JSON.parse((await served.run(['job', id, '--json'])).out)).toMatchObject({
    id,
    counts: { total: 3, cancelled: 1, pending: 2 },
  });
  const listed = await served.run(['jobs', '--batch', id, '--json']);
  expect(lines(listed.out).map((line) => JSON.parse(line).id)).toEqual(jobs.toReversed());

  expect(await served.run(['cancel', id])).toMatchObject({
    code: 0,
    out: `${id}: 2 jobs cancelled, 1 left as it is\n`,
    notes: '',
  });
  expect(await served.run(['cancel', id])).toMatchObject({
    code: 0,
    out: `${id}: 0 jobs cancelled, 3 left as they are\n`,
  });
  expect(await served.run(['retry', first])).toMatchObject({ code: 0, out: `${first} PENDING\n` });
  expect(await served.run(['retry', id])).toMatchObject({
    code: 0,
    out: `${id}: 2 jobs queued again, 1 left as it is\n`,
  });
  expect(await served.run(['priority', first, 'high'])).toMatchObject({ code: 0, out: `${first} PENDING\n` });
  expect((await served.run(['priority', id, first, 'low', '--json'])).out).toBe(
    `${JSON.stringify({ id, changed: 3, unchanged: 0 })}\n${JSON.stringify({ id: first, status: 'PENDING' })}\n`,
  );
  expect(JSON.parse((await served.run(['job', first, '--json'])).out)).toMatchObject({ priority: 'LOW' });
  expect(await served.run(['resume'])).toMatchObject({ code: 0, out: 'Jobs are started again; 3 wait.\n' });
  expect(await served.run(['wait', id])).toMatchObject({ code: 0 });
  expect(await served.run(['retry', first])).toMatchObject({ code: 1, out: '' });
  expect(await served.run(['priority', first, 'high'])).toMatchObject({ code: 1, out: '' });
});

test.each([
  [['priority', 'high'], 2, /Give ids and then a priority/],
  [['priority', 'job_x', 'soon'], 2, /"soon" is not a priority/],
  [['decisions', '--kind', 'guess'], 2, /"guess" is no kind of decision\. Use .*dispatch/],
  [['jobs', '--batch', 'job_'], 1, /job_ may be|There is no job job_/],
  [
    ['cancel', 'bat_none', 'job_none', 'none'],
    1,
    /no batch bat_none.*\n.*no job job_none.*\n"none" is no id/,
  ],
  [['wait', 'job_none'], 1, /There is no job job_none/],
  [['follow', 'bat_none'], 1, /There is no batch bat_none/],
])('%j is refused with what would be right', async (args, code, says) => {
  expect(await served.run(args)).toMatchObject({ code, out: '', notes: expect.stringMatching(says) });
});

test('the start of an id is enough where it tells which is meant, and names them where it does not', async () => {
  const { id, jobs } = await waitingBatch('a', 'b');
  const [one = '', two = ''] = jobs;
  const common = [...one].findIndex((letter, i) => letter !== two[i]);
  expect((await served.run(['job', one.slice(0, common + 1)])).out).toContain(one);
  expect((await served.run(['job', id.slice(0, -1)])).out).toContain(id);
  const ambiguous = await served.run(['cancel', one.slice(0, TIME_END - 5)]);
  expect(ambiguous).toMatchObject({ code: 1, out: '' });
  expect(ambiguous.notes).toMatch(/^job_\w+ may be job_\w+, .*Write more of the one you mean\.$/m);
  expect((await served.run(['cancel', two.slice(0, -3), two])).out).toBe(`${two} CANCELLED\n`);
});

describe('wait', () => {
  test('tells each end as it comes, and fails unless all are complete', async () => {
    const { id, jobs } = await waitingBatch('a', 'b');
    const waiting = served.begin(['wait', id, jobs[0] ?? '']);
    await waiting.untilSaid(/0\/2 jobs done/);
    await served.run(['cancel', jobs[0] ?? '']);
    await waiting.untilSaid(new RegExp(`${jobs[0]} CANCELLED`));
    await served.run(['resume']);
    const { code, out } = await waiting.ended;
    expect(code).toBe(1);
    expect(lines(out)).toEqual([`${jobs[0]} CANCELLED`, `${jobs[1]} COMPLETE`]);
    const again = await served.run(['wait', jobs[1] ?? '', '--json']);
    expect(again).toMatchObject({ code: 0, out: `{"id":"${jobs[1]}","status":"COMPLETE"}\n` });
  });

  test('leaves with 130 at Ctrl-C, and the jobs go on', async () => {
    const { id } = await waitingBatch('a');
    await using waiting = served.begin(['wait', id]);
    await waiting.untilSaid(/0\/1 jobs done/);
    waiting.kill('SIGINT');
    expect(await waiting.ended).toMatchObject({
      code: 130,
      notes: expect.stringContaining('The jobs go on without you.'),
    });
    await served.run(['resume']);
    expect((await served.run(['wait', id])).code).toBe(0);
  });
});

describe('follow', () => {
  test('prints what a job says from its start, whether it runs, waits or has ended', async () => {
    const { jobs } = await waitingBatch('Why?');
    const following = served.begin(['follow', jobs[0] ?? '']);
    await following.untilSaid(/Waits: /);
    await served.run(['resume']);
    const live = await following.ended;
    expect(live.code).toBe(0);
    const job = JSON.parse((await served.run(['job', jobs[0] ?? '', '--json'])).out);
    expect(live.out.trimEnd()).toBe(job.result.text.trimEnd());
    expect((await served.run(['follow', (jobs[0] ?? '').slice(0, -2)])).out).toBe(live.out);
  });

  test('prints the results of a batch, for people and for programs', async () => {
    const { id, jobs } = await waitingBatch('a', 'b');
    await served.run(['cancel', jobs[1] ?? '']);
    await served.run(['resume']);
    const text = await served.run(['follow', id]);
    expect(text.code).toBe(1);
    expect(lines(text.out).at(-1)).toBe('1 complete, 0 failed, 1 cancelled');
    const told = lines((await served.run(['follow', id, '--json'])).out).map((line) => JSON.parse(line));
    expect(new Set(told.map((job) => job.id))).toEqual(new Set(jobs));
  });
});

test('pause says what goes on and health why nothing starts, until resume', async () => {
  const paused = await served.run(['pause']);
  expect(paused).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Paused: \d+ running .* resume"\.\n$/),
  });
  const sick = await served.run(['health']);
  expect(sick.code).toBe(1);
  expect(sick.out).toMatch(/^(DEGRADED|STALLED)\n! .*paused/i);
  await served.run(['resume']);
  expect(await served.run(['health'])).toMatchObject({ code: 0, out: expect.stringMatching(/^HEALTHY\n/) });
  const { out } = await served.run(['health', '--json']);
  expect(JSON.parse(out)).toMatchObject({
    status: 'HEALTHY',
    backends: [{ health: 'HEALTHY' }],
    workEstimates: { sampleCount: expect.any(Number) },
  });
  expect((await served.run(['health'])).out).toMatch(
    /^Estimated work: within \d+ % for half of the last \d+ jobs, \d+ % too (long|short) in all\.$/m,
  );
});

test('decisions are listed, of a kind, about a model or a job', async () => {
  const { out } = await served.run(['submit', 'gemma:2b', 'x', '--json']);
  const { id } = JSON.parse(out);
  const loads = await served.run(['decisions', '--kind', 'load', '--model', 'gemma:2b']);
  expect(loads.out).toMatch(/^\d\d:\d\d:\d\d {2}LOAD {6}gemma:2b: \S/);
  const about = await served.run(['decisions', '--job', id.slice(0, -1), '--json']);
  const decided = lines(about.out).map((line) => JSON.parse(line));
  expect(decided.map(({ kind, job }) => [kind, job.id])).toContainEqual(['DISPATCH', id]);
  expect(decided.every(({ job }) => job.id === id)).toBe(true);
});

test('ps, list and rm are as people know them from Ollama', async () => {
  await served.run(['submit', 'smollm:360m', 'x']);
  const ps = await served.run(['ps']);
  expect(lines(ps.out)[0]).toMatch(/^NAME +ID +SIZE +PROCESSOR +CONTEXT +UNTIL +STATUS/);
  expect(ps.out).toMatch(
    /^smollm:360m +[0-9a-f]{12} +\d+ MiB +100% GPU +2048 +(?:\d minutes from now|room is wanted) +ready/m,
  );
  const json = lines((await served.run(['ps', '--json'])).out).map((line) => JSON.parse(line));
  expect(json).toContainEqual(expect.objectContaining({ modelName: 'smollm:360m', backend: 'ollama' }));
  const list = await served.run(['list']);
  expect(lines(list.out)[0]).toMatch(/^NAME +ID +SIZE +MODIFIED/);
  expect(list.out).toMatch(
    /^smollm:360m +[0-9a-f]{12} +\d+ MiB +(\d+ \w+|About an? \w+|Less than a second) ago /m,
  );
  expect(lines(list.out)).toHaveLength(11);
  // How long ago a model came goes on between the two.
  const names = (out: string) => lines(out).map((line) => line.split(' ')[0]);
  expect(names((await served.run(['ls'])).out)).toEqual(names(list.out));
  await served.run(['cp', 'smollm:360m', 'mine']);
  expect(await served.run(['rm', 'mine'])).toMatchObject({ code: 0, out: 'mine is deleted.\n' });
});

test('the client is whoever is logged in, unless it is said', async () => {
  const clientOf = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { out } = await served.run(['submit', MODEL, 'x', '--json', '--max-tokens', '1', ...args], {
      env: { VRAMKEEPER_URL: served.url, ...env },
    });
    return JSON.parse(out).client;
  };
  expect(await clientOf([])).toBe(userInfo().username);
  expect(await clientOf([], { VRAMKEEPER_CLIENT: 'nightly' })).toBe('nightly');
  expect(await clientOf(['--client', 'tester'], { VRAMKEEPER_CLIENT: 'nightly' })).toBe('tester');
});

test('the log has a line for each job that ended, without what it held', async () => {
  const { out } = await served.run(['submit', MODEL, 'A secret prompt', '--json', '--client', 'logged']);
  const { id, result } = JSON.parse(out);
  const { promptTokens, completionTokens } = result.usage;
  await served.server.untilSaid(
    new RegExp(
      `\\[QUEUE\\] A job ended\\. job=${id} model=qwen2\\.5:0\\.5b client=logged status=COMPLETE waitedMs=\\d+ ranMs=\\d+ promptTokens=${promptTokens} completionTokens=${completionTokens}\n`,
    ),
  );
  const { jobs } = await waitingBatch('never');
  await served.run(['cancel', jobs[0] ?? '']);
  const [line] = await served.server.untilSaid(new RegExp(`A job ended\\. job=${jobs[0]}.*`));
  expect(line).toMatch(/status=CANCELLED waitedMs=\d+$/);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './support/program.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'vramkeeper-usage-'));
});
afterAll(() => rm(cwd, { recursive: true }));

describe('wrong usage ends with 2 and says what would be right', () => {
  test.each([
    [['serv'], /unknown command 'serv'[\s\S]*Did you mean serve/],
    [['dance'], /unknown command 'dance'[\s\S]*vramkeeper --help/],
    [['jobs', '--limt', '3'], /unknown option '--limt'[\s\S]*Did you mean --limit/],
    [['jobs', '--limit', 'many'], /--limit <count>.*'many' is invalid.*whole number from 1/],
    [['jobs', '--status', 'done'], /"done" is not a status. Use pending, /],
    [['job'], /missing required argument 'id'/],
    [['submit'], /Give one of: a MODEL and a PROMPT, --batch FILE, or --random N/],
    [['submit', 'm', 'p', '--random', '3'], /Give one of/],
    [['submit', 'm', 'p', '--delay', '1'], /--delay .* needs --batch or --random/],
    [['submit', 'm', 'p', '--priority', 'urgent'], /"urgent" is not a priority. Use high, normal or low/],
    [['submit', 'm', 'p', '--server', 'ftp://x'], /"ftp:\/\/x" is not the address of a server/],
    [['submit', '--random', '3', '--image', 'x.png'], /--image belongs to a single job/],
    [['serve', '--port', 'x'], /--port: "x" is not a whole number from 0 to 65535/],
    [['serve', '--config', 'gone.yaml'], /gone.yaml cannot be read: there is no such file/],
    [['serve', '--host', '0.0.0.0'], /keys are needed/],
    [['virtual-ollama', '--gpu', 'big'], /--gpu: "big" is not a size/],
    [[], /Usage: vramkeeper/],
  ] as const)('%j', async (args, expected) => {
    const { code, out, notes } = await run(args, { cwd });
    expect(notes).toMatch(expected);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

test('--help and --version are no mistakes', async () => {
  expect(await run(['--version'], { cwd })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  const { code, out } = await run(['submit', '--help'], { cwd });
  expect(code).toBe(0);
  expect(out).toContain('--batch <file>');
});

test('without a server the client commands say so in a sentence', async () => {
  for (const args of [
    ['jobs'],
    ['job', 'job_1'],
    ['cancel', 'job_1'],
    ['submit', 'm', 'p'],
    ['submit', '--random', '1'],
  ]) {
    const { code, out, notes } = await run(args, { cwd, env: { VRAMKEEPER_URL: 'http://127.0.0.1:9' } });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(notes).toBe(
      'There is no vramkeeper server at http://127.0.0.1:9. Start one with "vramkeeper serve", or name another with --server or VRAMKEEPER_URL.\n',
    );
  }
});

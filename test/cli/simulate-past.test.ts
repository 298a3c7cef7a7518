import { afterAll, beforeAll, expect, test } from 'vitest';
import { Served } from './support/served.ts';
import { runSimulated } from './support/simulated.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

test('what a server has done can be had done again, on other cards', async () => {
  const url = served.url;
  const none = await runSimulated(['--from-server', url]);
  expect(none.code).toBe(1);
  expect(none.notes).toMatch(/no completed jobs/);
  for (const model of ['qwen2.5:0.5b', 'smollm:360m', 'qwen2.5:0.5b'])
    expect((await served.run(['submit', model, 'Why is the sky blue?'])).code).toBe(0);
  const { code, out, notes } = await runSimulated([
    ...['--from-server', url, '--gpu', '8GiB', '--gpu', '8GiB', '--policy', 'fifo-lru', '--json'],
  ]);
  expect({ code, notes }).toEqual({ code: 0, notes: '' });
  expect(JSON.parse(out).runs).toMatchObject([
    { workload: 'recorded jobs', policy: 'fifo-lru', jobs: 3, loads: 2 },
  ]);
});

test('a server that is not there is said to be missing', async () => {
  const { code, notes } = await runSimulated(['--from-server', 'http://127.0.0.1:9']);
  expect(code).toBe(1);
  expect(notes).toMatch(/There is no vramkeeper server at http:\/\/127.0.0.1:9/);
});

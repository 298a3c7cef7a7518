/** The backend works while the disk does; no byte of an answer goes out before the job is on disk. */
import { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import type { FromWorker } from '../../src/store/threads/protocol.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayWorld } from './support/world.ts';

const MODEL = 'smollm:360m';

/** Holds back what the threads of the store say after a commit, and passes on what they say before. */
function heldCommits() {
  let held: (() => void)[] | null = null;
  const on = Worker.prototype.on;
  const spy = vi.spyOn(Worker.prototype, 'on').mockImplementation(function (this: Worker, name, listener) {
    if (name !== 'message') return on.call(this, name, listener);
    return on.call(this, 'message', (message: FromWorker) => {
      if (held && message.kind !== 'ahead') held.push(() => listener(message));
      else listener(message);
    });
  });
  return {
    hold() {
      held = [];
    },
    release() {
      const all = held ?? [];
      held = null;
      for (const tell of all) tell();
    },
    [Symbol.dispose]: () => spy.mockRestore(),
  };
}

test.each([
  { route: '/api/chat', body: { messages: [{ role: 'user', content: 'Hi.' }] } },
  { route: '/api/generate', body: { prompt: 'Hi.', stream: false } },
  { route: '/v1/chat/completions', body: { messages: [{ role: 'user', content: 'Hi.' }], stream: true } },
])(
  '$route is answered by the backend before the commit, and by the server after it',
  async ({ route, body }) => {
    const answered: string[] = [];
    using commits = heldCommits();
    await using t = await gatewayWorld({ ollama: { onAnswered: ({ path }) => void answered.push(path) } });
    const ask = () =>
      fetch(t.url + route, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: MODEL, ...body }),
      });
    const usual = await (await ask()).text();
    const before = answered.length;
    commits.hold();
    let hasBegun = false;
    const asked = ask().finally(() => {
      hasBegun = true;
    });
    await eventually(() => answered.slice(before).some((path) => /chat|generate/.test(path)));
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(hasBegun).toBe(false);
    commits.release();
    const answer = await asked;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-job-id')).toMatch(/^job_/);
    const shape = (text: string) => text.split('\n').filter(Boolean).length;
    expect(shape(await answer.text())).toBe(shape(usual));
  },
);

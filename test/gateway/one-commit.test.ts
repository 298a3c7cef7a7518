import { expect, test, vi } from 'vitest';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';
import { gatewayWorld } from './support/world.ts';

const MODEL = 'smollm:360m';

test.each([
  { route: '/api/chat', body: { messages: [{ role: 'user', content: 'Hi.' }] } },
  { route: '/api/generate', body: { prompt: 'Hi.' } },
  { route: '/v1/chat/completions', body: { messages: [{ role: 'user', content: 'Hi.' }] } },
  { route: '/v1/messages', body: { max_tokens: 5, messages: [{ role: 'user', content: 'Hi.' }] } },
])(
  'a request to $route whose model is ready is accepted and begun by one commit',
  async ({ route, body }) => {
    await using t = await gatewayWorld();
    for (let round = 0; round < 3; round += 1) {
      const answer = await fetch(t.url + route, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: MODEL, ...body }),
      });
      await answer.text();
      expect(answer.status).toBe(200);
    }
    const { jobs } = await t.app.query('{ jobs(first: 10) { nodes { createdAt startedAt } } }');
    const [newest, second, first] = jobs.nodes;
    // The store's time of a commit is one for all that is in it. The first one had to wait for the load.
    expect([newest.startedAt, second.startedAt]).toEqual([newest.createdAt, second.createdAt]);
    expect(first.startedAt).not.toBe(first.createdAt);
  },
);

test('a request whose model is ready costs three decisions: to claim it, that it runs, and that it ended', async () => {
  const requests = 20;
  await using t = await gatewayWorld();
  const ask = async () => {
    const answer = await fetch(`${t.url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'Hi.' }] }),
    });
    await answer.text();
    expect(answer.status).toBe(200);
  };
  await ask();
  const decisions = vi.spyOn(USUAL_POLICY, 'decide');
  const events = vi.spyOn(SchedulerLoop.prototype, 'handle');
  try {
    for (let asked = 0; asked < requests; asked += 1) await ask();
    const readings = events.mock.calls.filter(([{ type }]) => type === 'observed').length;
    // Forecasts are made by deciding too, and nobody asks for one here.
    expect(decisions.mock.calls.length - readings).toBeLessThan(3.5 * requests);
  } finally {
    decisions.mockRestore();
    events.mockRestore();
  }
});

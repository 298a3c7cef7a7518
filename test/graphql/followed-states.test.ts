/** States that are followed as a whole: figures. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

describe('statsChanged', () => {
  const STATS = `subscription ($minInterval: Milliseconds) {
    statsChanged(minInterval: $minInterval) {
      at health { status problems { code } }
      stats { counts { pending } paused queues { modelName oldestAge } latency { sampleCount } }
    }
  }`;

  test('tells figures and health as they are, then the newest after the interval', async () => {
    await api.submit();
    const events = await api.subscribe(STATS, { minInterval: 500 });
    expect((await events.next()).statsChanged).toMatchObject({
      at: '2026-11-20T21:40:03.120Z',
      health: { status: 'HEALTHY', problems: [] },
      stats: { counts: { pending: 1 }, paused: false, queues: [{ modelName: 'qwen3:8b' }] },
    });
    await api.submit();
    await api.submit();
    api.system.paused = true;
    const next = events.next();
    api.clock.advance(500);
    expect((await next).statsChanged).toMatchObject({
      at: '2026-11-20T21:40:03.620Z',
      health: { status: 'STALLED', problems: [{ code: 'SCHEDULER_PAUSED' }] },
      stats: { counts: { pending: 3 }, paused: true },
    });
    await events.stop();
  });

  test.each([0, 1, 99])(
    'is told no more often than ten times a second, also for an interval of %d ms',
    async (minInterval) => {
      const events = await api.subscribe(STATS, { minInterval });
      await events.next();
      await api.submit();
      const next = events.next();
      api.clock.advance(99);
      await api.submit();
      api.clock.advance(1);
      expect((await next).statsChanged.stats.counts.pending).toBe(2);
      await events.stop();
      expect([api.log.waiting, api.live.stats.size]).toEqual([0, 0]);
    },
  );
});

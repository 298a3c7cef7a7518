/** What the executor reports, over the loop of a simulated server. */
import { describe, expect, it } from 'vitest';
import { Outcomes } from '../../../src/app/scheduling/outcomes.ts';
import { seededRandom } from '../../../src/clock.ts';
import { BackendError, SpilledError } from '../../../src/domain/errors.ts';
import type { InstanceId, JobId } from '../../../src/domain/ids.ts';
import { footprintBytes } from '../../../src/domain/instance.ts';
import { queueKey } from '../../../src/domain/queue-key.ts';
import { GiB } from '../../../src/domain/units.ts';
import { ServerMetrics } from '../../../src/metrics/server-metrics.ts';
import type { SchedulerEvent } from '../../../src/scheduler/events.ts';
import { JobStatistics } from '../../../src/view/job-statistics.ts';
import { SwapCounter } from '../../../src/view/swap-counter.ts';
import { SimulatedWorld } from '../../scheduler/simulated-world.ts';
import { TEXT_RESULT } from '../../support/graphql-api.ts';

const MODEL = { name: 'a:latest', bytes: 4 * GiB, loadMs: 1_000, runMs: 1_000 };

function world(isShared = true) {
  const server = new SimulatedWorld({ models: [MODEL], random: seededRandom(1) });
  server.loadForOthers(MODEL.name);
  server.observe();
  const [instance] = server.loop.state.instances.values();
  if (!instance) throw new Error('Nothing was taken over.');
  /** In the order in which it happened. */
  const told: (string | SchedulerEvent)[] = [];
  const { clock } = server;
  const swaps = new SwapCounter(clock);
  const metrics = new ServerMetrics();
  const statistics = new JobStatistics();
  const outcomes = new Outcomes({
    loop: {
      get state() {
        return server.loop.state;
      },
      handle: (event) => void told.push(event),
      note: (event) => void told.push(event),
    },
    allowances: {
      answered: (client, { promptTokens, completionTokens }) =>
        void told.push(`counted ${client} ${promptTokens + completionTokens}`),
    },
    learning: {
      measured: (of, { modelName }, { sizeBytes, vramBytes, loadMs }) =>
        void told.push(`learned ${of.id} ${modelName} ${sizeBytes} ${vramBytes} ${loadMs}`),
    },
    contexts: {
      learn: (job, _request, { usage }) => void told.push(`read ${job.queue} ${usage.promptTokens}`),
    },
    ownLoads: { loaded: (_id, { modelName }) => void told.push(`ours ${modelName}`) },
    statistics,
    swaps,
    metrics: metrics.execution,
    isShared: () => isShared,
  });
  return { outcomes, told, swaps, statistics, instance, clock, metrics };
}

describe('a load that succeeded', () => {
  it.each([
    [true, ['ours a:latest']],
    [false, []],
  ])('is told, counted and learned from; where others load too (%s) it is kept who did', (shared, ours) => {
    const { outcomes, told, swaps, instance } = world(shared);
    const measured = { sizeBytes: 5, vramBytes: 4 };
    outcomes.loaded(instance.id, instance.variant, measured, 70);
    const event = { type: 'loaded', instanceId: instance.id, variant: instance.variant, measured };
    expect(told).toEqual([event, ...ours, `learned ${instance.id} a:latest 5 4 70`]);
    expect(swaps.stats).toMatchObject({ loads: 1, loadTimeMs: 70, spills: 0 });
  });

  it('teaches nothing where the server does not tell what it takes, nor when its instance is gone', () => {
    const { outcomes, told, instance } = world();
    outcomes.loaded(instance.id, instance.variant, null, 70);
    outcomes.loaded('ins_gone' as InstanceId, instance.variant, { sizeBytes: 1, vramBytes: 1 }, 70);
    expect(told.filter((one) => String(one).startsWith('learned'))).toEqual([]);
  });
});

describe('the memory planned for a load', () => {
  const planned = 4 * GiB;
  it.each([
    ['over', planned / 1.25, 0.25],
    ['under', planned * 1.25, 0.2],
  ])('is compared with what it took: %s', async (direction, vramBytes, error) => {
    const { outcomes, metrics, instance } = world();
    expect(footprintBytes(instance) - instance.driverBytes).toBe(planned);
    outcomes.loaded(instance.id, instance.variant, { sizeBytes: vramBytes, vramBytes }, 70);
    const text = await metrics.text();
    expect(text).toContain(`vramkeeper_footprint_error_ratio_count{direction="${direction}"} 1`);
    const sum = new RegExp(`footprint_error_ratio_sum{direction="${direction}"} (.*)`).exec(text)?.[1];
    expect(Number(sum)).toBeCloseTo(error, 6);
    metrics.stop();
  });

  it('is compared with nothing where that is not known, or nothing lies on a GPU', async () => {
    const { outcomes, metrics, instance } = world();
    outcomes.loaded(instance.id, instance.variant, null, 70);
    outcomes.loaded(instance.id, instance.variant, { sizeBytes: 5, vramBytes: 0 }, 70);
    expect(await metrics.text()).not.toContain('footprint_error_ratio_count{');
    metrics.stop();
  });
});

describe('a load that failed', () => {
  it('for a spill is learned from before the loop decides, and counted', () => {
    const { outcomes, told, swaps, instance } = world();
    const spill = new SpilledError('It spilled.', { sizeBytes: 9, vramBytes: 6 });
    outcomes.loadFailed(instance.id, spill, 30);
    expect(told[0]).toBe(`learned ${instance.id} a:latest 9 6 30`);
    expect(told[1]).toMatchObject({ type: 'load-failed', instanceId: instance.id, spilled: true });
    expect(swaps.stats).toMatchObject({ spills: 1, loads: 0 });
  });

  it.each([
    ['free-memory', 'It ran out.'],
    ['retry', 'It ran out. Buy more.'],
  ] as const)('with the remedy %s is told as "%s"', async (remedy, message) => {
    const { outcomes, told, instance, metrics } = world();
    const options = { finding: 'It ran out.' };
    outcomes.loadFailed(
      instance.id,
      new BackendError('OUT_OF_MEMORY', remedy, 'It ran out. Buy more.', options),
      1,
    );
    expect(await metrics.text()).toMatch(/load_failures_total{backend="[^"]+",code="OUT_OF_MEMORY"} 1\n/);
    expect(told).toMatchObject([
      { type: 'load-failed', code: 'OUT_OF_MEMORY', remedy, message, spilled: false },
    ]);
  });
});

it('an unload counts as an eviction when it made room, once, with its time', () => {
  const { outcomes, told, swaps, instance, clock } = world();
  outcomes.unloaded(instance.id);
  expect(swaps.overheadMs).toBe(0);
  swaps.evicting(instance.id);
  clock.advance(250);
  outcomes.unloaded(instance.id);
  clock.advance(250);
  outcomes.unloaded(instance.id);
  expect(swaps.stats).toMatchObject({ unloads: 3, evictions: 1 });
  expect(swaps.overheadMs).toBe(250);
  expect(told).toHaveLength(3);
});

it('an answer teaches how many tokens its prompt had, and is counted where that was cut', () => {
  const { outcomes, told, statistics } = world();
  const claimed = {
    job: { id: 'job_1' as JobId, client: 'ann', queue: queueKey({ model: MODEL.name, contextLength: null }) },
    request: { kind: 'GENERATE', prompt: 'hi' },
  } as const;
  const prompt = (truncated: boolean) => ({ ...TEXT_RESULT, prompt: { truncated, contextLength: 4_096 } });
  for (const truncated of [false, true]) outcomes.answered(claimed, prompt(truncated));
  expect(told).toEqual(['read a:latest 11', 'counted ann 18', 'read a:latest 11', 'counted ann 18']);
  expect(statistics.truncatedPrompts).toBe(1);
});

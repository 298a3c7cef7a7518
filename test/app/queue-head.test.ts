/** What `queueChanged` tells, held against what a whole server then does. */
import { expect, test } from 'vitest';
import { RawSocket } from '../conformance/support.ts';
import { TestApp } from './test-app.ts';

const QUEUE = `subscription {
  queueChanged(first: 20, minInterval: 100) { totalCount jobs { id waiting { reason } } queues { modelName } }
}`;

const STARTS = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Job { id startedAt } } }';

interface Told {
  readonly data: {
    readonly queueChanged: {
      readonly totalCount: number;
      readonly jobs: readonly { readonly id: string; readonly waiting: { readonly reason: string } }[];
    };
  };
}

interface Started {
  readonly id: string;
  readonly startedAt: string;
}

test('jobs start in the order that was told, and the head gets shorter', async () => {
  await using server = await TestApp.start({ ollama: { numParallel: 1 }, backend: { parallel: 1 } });
  await server.query('mutation { pauseScheduler { __typename } }');
  const ids: string[] = [];
  for (const priority of ['LOW', 'NORMAL', 'HIGH', 'LOW', 'NORMAL', 'HIGH', 'HIGH'])
    ids.push(await server.generate('qwen2.5:0.5b', { priority }));
  const socket = await new RawSocket(Number(new URL(server.app.url).port)).acknowledged();
  socket.subscribe('1', QUEUE);
  const next = async () => ((await socket.take()).payload as Told).data.queueChanged;
  const first = await next();
  expect(first).toMatchObject({ totalCount: ids.length, queues: [{ modelName: 'qwen2.5:0.5b' }] });
  expect(first.jobs[0]?.waiting.reason).toBe('SCHEDULER_PAUSED');
  const told: string[] = first.jobs.map(({ id }) => id);
  expect(told.toSorted()).toEqual(ids.toSorted());

  await server.query('mutation { resumeScheduler { __typename } }');
  let last = first;
  while (last.totalCount > 0) {
    last = await next();
    const left = last.jobs.map(({ id }) => id);
    expect(left).toEqual(told.slice(told.length - left.length));
  }
  expect(last).toMatchObject({ jobs: [], queues: [] });
  const ended = await Promise.all(ids.map((id) => server.ended(id)));
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['COMPLETE']));
  const { nodes } = await server.query(STARTS, { ids });
  const started: readonly Started[] = nodes.toSorted((a: Started, b: Started) =>
    a.startedAt < b.startedAt ? -1 : 1,
  );
  expect(started.map(({ id }) => id)).toEqual(told);
  await socket.close();
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { type Events, GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';
import { said } from '../support/said.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

async function complete(id: JobId, text = ''): Promise<void> {
  await api.start(id);
  await api.complete(id, TEXT_RESULT, [{ attempt: 1, channel: 'TEXT', text }]);
}

describe('jobUpdated', () => {
  const UPDATED = `subscription ($id: ID, $filter: JobFilter, $after: EventCursor) {
    jobUpdated(id: $id, filter: $filter, after: $after) {
      type previousStatus coalesced cursor at
      job { id status queuePosition result { ... on TextResult { text } } }
    }
  }`;
  const open = (variables: object = {}) => api.subscribe(UPDATED, { ...variables });
  const next = async (events: Events) => (await events.next()).jobUpdated;

  test('sends the jobs there are, oldest first, and then every change', async () => {
    const ids = [await api.submit(), await api.submit()];
    const events = await open();
    expect(await next(events)).toMatchObject({
      type: 'SNAPSHOT',
      previousStatus: null,
      coalesced: 0,
      at: '2026-11-20T21:40:03.120Z',
      job: { id: ids[0], status: 'PENDING', queuePosition: 0 },
    });
    expect(await next(events)).toMatchObject({ type: 'SNAPSHOT', job: { id: ids[1], queuePosition: 1 } });
    const third = await api.submit();
    expect(await next(events)).toMatchObject({
      type: 'CHANGED',
      previousStatus: null,
      job: { id: third, status: 'PENDING' },
    });
    await api.start(ids[0] as JobId);
    expect(await next(events)).toMatchObject({
      type: 'CHANGED',
      previousStatus: 'PENDING',
      job: { id: ids[0], status: 'RUNNING', queuePosition: null },
    });
    await events.stop();
  });

  test('merges changes of one job for a client that is slow, and never loses its end', async () => {
    const id = await api.submit();
    const events = await open({ id });
    expect(await next(events)).toMatchObject({ type: 'SNAPSHOT' });
    await complete(id, 'Because.');
    expect(await next(events)).toMatchObject({
      type: 'CHANGED',
      coalesced: 1,
      previousStatus: 'PENDING',
      job: { id, status: 'COMPLETE', result: { text: 'Because.' } },
    });
    expect(await events.rest()).toEqual([]);
  });

  test('resumes after a cursor with what happened meanwhile and nothing else', async () => {
    const id = await api.submit();
    const first = await open();
    const { cursor } = await next(first);
    await first.stop();
    const other = await api.submit();
    const second = await open({ after: cursor });
    expect(await next(second)).toMatchObject({ type: 'CHANGED', job: { id: other } });
    await api.start(id);
    expect(await next(second)).toMatchObject({ type: 'CHANGED', job: { id, status: 'RUNNING' } });
    await second.stop();
  });

  test('begins anew with a cursor of another start', async () => {
    const id = await api.submit();
    const events = await open({ after: 'AAAAAAAA.5.5' });
    expect(await next(events)).toMatchObject({ type: 'SNAPSHOT', job: { id } });
    await events.stop();
  });

  test('sends a job that stops matching the filter once more', async () => {
    const id = await api.submit();
    const events = await open({ filter: { statuses: ['PENDING'] } });
    expect(await next(events)).toMatchObject({ type: 'SNAPSHOT', job: { id } });
    await api.start(id);
    expect(await next(events)).toMatchObject({ type: 'CHANGED', job: { id, status: 'RUNNING' } });
    await api.complete(id, TEXT_RESULT);
    const other = await api.submit();
    expect(await next(events)).toMatchObject({ job: { id: other } });
    await events.stop();
  });

  test('reads what was asked for afresh with every event', async () => {
    const first = await api.submit();
    const second = await api.submit();
    const events = await open({ id: second });
    expect(await next(events)).toMatchObject({ job: { queuePosition: 1 } });
    await api.start(first);
    await api.query(
      `mutation { updateJobPriority(input: { id: "${second}", priority: HIGH }) { __typename } }`,
    );
    expect(await next(events)).toMatchObject({ job: { queuePosition: 0 } });
    await events.stop();
  });

  test.each(['job_unknown', 'nonsense', ''])('refuses to follow %j, which is no job', async (id) => {
    await expect(api.subscribe(UPDATED, { id })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  });

  test('leaves nothing behind when the client leaves in the middle of waiting', async () => {
    const events = await open();
    const waiting = events.next();
    await events.stop();
    await expect(waiting).rejects.toThrow('ended');
    expect(api.log.waiting).toBe(0);
  });
});

describe('jobOutput', () => {
  const OUTPUT = `subscription ($id: ID!, $fromOffset: Int, $attempt: Int) {
    jobOutput(id: $id, fromOffset: $fromOffset, attempt: $attempt) { attempt channel offset text final }
  }`;
  const open = (variables: object) => api.subscribe(OUTPUT, { ...variables });
  const next = async (events: Events) => (await events.next()).jobOutput;

  test('sends what a running job has produced, then the rest as it comes, then the end', async () => {
    const id = await api.submit();
    await api.start(id);
    api.outputs.record(id, said('THINKING', 'Hm. '));
    api.outputs.record(id, said('TEXT', 'Because'));
    const events = await open({ id });
    expect(await next(events)).toEqual({
      attempt: 1,
      channel: 'THINKING',
      offset: 0,
      text: 'Hm. ',
      final: false,
    });
    expect(await next(events)).toEqual({
      attempt: 1,
      channel: 'TEXT',
      offset: 4,
      text: 'Because',
      final: false,
    });
    api.outputs.record(id, said('TEXT', ' of light.'));
    expect(await next(events)).toMatchObject({ offset: 11, text: ' of light.' });
    await api.complete(id, TEXT_RESULT);
    expect(await events.rest()).toEqual([
      { jobOutput: { attempt: 1, channel: 'TEXT', offset: 21, text: '', final: true } },
    ]);
  });

  test('waits for a job that has not started', async () => {
    const id = await api.submit();
    const events = await open({ id });
    const first = next(events);
    await api.start(id);
    api.outputs.record(id, said('TEXT', 'At last'));
    expect(await first).toMatchObject({ attempt: 1, text: 'At last' });
    await events.stop();
  });

  test('sends a finished job whole, and from an offset', async () => {
    const id = await api.submit();
    await complete(id, 'Because of light.');
    expect(await (await open({ id })).rest()).toEqual([
      { jobOutput: { attempt: 1, channel: 'TEXT', offset: 0, text: 'Because of light.', final: true } },
    ]);
    expect(await (await open({ id, fromOffset: 8, attempt: 1 })).rest()).toEqual([
      { jobOutput: { attempt: 1, channel: 'TEXT', offset: 8, text: 'of light.', final: true } },
    ]);
  });

  test.each(['running', 'finished'])(
    'sends a newer attempt from its beginning, though the client had read further in an older one (%s)',
    async (state) => {
      const id = await api.submit();
      const { fence } = await api.start(id);
      const attempt = { number: 1, backend: 'box', startedAt: 1, finishedAt: 2, failure: null };
      await api.store.returnToQueue([{ id, fence, attempt, counts: true, delayMs: 0 }]);
      await api.start(id);
      api.outputs.record(id, said('TEXT', 'Second try'));
      const parts = [
        { attempt: 1, channel: 'TEXT' as const, text: 'First try' },
        { attempt: 2, channel: 'TEXT' as const, text: 'Second try' },
      ];
      if (state === 'finished') await api.complete(id, TEXT_RESULT, parts);
      const events = await open({ id, fromOffset: 9, attempt: 1 });
      expect(await next(events)).toMatchObject({ attempt: 2, offset: 0, text: 'Second try' });
      await events.stop();
      const same = await open({ id, fromOffset: 7, attempt: 2 });
      expect(await next(same)).toMatchObject({ attempt: 2, offset: 7, text: 'try' });
      await same.stop();
    },
  );

  const FAILURE = { code: 'BACKEND_ERROR', message: 'No.', retryable: true } as const;
  /** What ends a run so that the job can have another one. */
  const ENDS: Readonly<
    Record<string, (claim: { readonly id: JobId; readonly fence: number }) => Promise<unknown>>
  > = {
    'a release': (claim) => api.store.returnToQueue([{ ...claim, attempt: null, counts: false, delayMs: 0 }]),
    'a cancellation': async ({ id }) => {
      await api.store.cancel(id, null);
      api.outputs.close(id);
      await api.store.retry(id, 9);
    },
    'a failure': async ({ id }) => {
      await api.fail(id, FAILURE);
      await api.store.retry(id, 9);
    },
    'two claims that never ran': async (claim) => {
      await api.store.returnToQueue([{ ...claim, attempt: null, counts: false, delayMs: 0 }]);
      const { fence } = await api.start(claim.id);
      await api.store.returnToQueue([{ id: claim.id, fence, attempt: null, counts: false, delayMs: 0 }]);
    },
  };

  test.each(
    Object.keys(ENDS).flatMap((end) =>
      ['running', 'finished', 'silent'].map((state) => [end, state] as const),
    ),
  )('tells who resumes after %s that another attempt began (%s)', async (end, state) => {
    const id = await api.submit();
    const first = await api.start(id);
    api.outputs.record(id, said('TEXT', 'First try'));
    const before = await open({ id });
    const told = await next(before);
    await before.stop();
    await ENDS[end]?.(first);
    const second = await api.start(id);
    const text = state === 'silent' ? '' : 'Second try';
    api.outputs.record(id, said('TEXT', text));
    const parts = [{ attempt: second.fence, channel: 'TEXT' as const, text }];
    if (state !== 'running') await api.complete(id, TEXT_RESULT, text ? parts : []);
    const resumed = await open({ id, fromOffset: told.offset + told.text.length, attempt: told.attempt });
    const chunk = await next(resumed);
    expect(chunk).toMatchObject({ offset: 0, text });
    expect(chunk.attempt).toBeGreaterThan(told.attempt);
    await resumed.stop();
  });

  test('refuses a negative offset and an unknown job', async () => {
    const id = await api.submit();
    await expect(open({ id, fromOffset: -1 })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    await expect(open({ id: 'job_unknown' })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  });
});

describe('vramChanged', () => {
  const CHANGED = `subscription ($backendId: ID, $minInterval: Milliseconds) {
    vramChanged(backendId: $backendId, minInterval: $minInterval) { at backends { id name gpus { index } } }
  }`;
  const next = async (events: Events) => (await events.next()).vramChanged;

  test('sends the state at first, and after changes the newest one, at most once per interval', async () => {
    const events = await api.subscribe(CHANGED, { minInterval: 1_000 });
    expect(await next(events)).toMatchObject({
      at: '2026-11-20T21:40:03.120Z',
      backends: [{ name: 'box', gpus: [{ index: 0 }, { index: 1 }] }],
    });
    const second = next(events);
    api.log.publish({ kind: 'vram' }, api.clock.now());
    api.log.publish({ kind: 'vram' }, api.clock.now() + 5);
    api.system.gpus = api.system.gpus.slice(1);
    api.clock.advance(1_000);
    expect(await second).toMatchObject({
      at: '2026-11-20T21:40:03.125Z',
      backends: [{ gpus: [{ index: 1 }] }],
    });
    await events.stop();
  });

  test('can be narrowed to one backend', async () => {
    const [backend] = api.system.backends();
    const events = await api.subscribe(CHANGED, { backendId: backend?.id });
    expect((await next(events)).backends).toHaveLength(1);
    await events.stop();
    await expect(api.subscribe(CHANGED, { backendId: 'bkd_unknown' })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  });
});

test('every stream completes when the server stops', async () => {
  const id = await api.submit();
  const streams = await Promise.all([
    api.subscribe('subscription { jobUpdated { job { id } } }'),
    api.subscribe('subscription ($id: ID!) { jobOutput(id: $id) { text } }', { id }),
    api.subscribe('subscription { vramChanged { at } }'),
  ]);
  const rests = Promise.all(streams.map((events) => events.rest()));
  api.log.end();
  api.outputs.end();
  for (const rest of await rests) expect(rest.length).toBeLessThanOrEqual(1);
});

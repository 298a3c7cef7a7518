import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import { newId, stableId } from '../../src/domain/ids.ts';
import type { ModelPull } from '../../src/domain/model-operations.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { PullFeed } from '../../src/events/pull-feed.ts';
import { StreamReader } from './support/stream-reader.ts';

function world(capacity?: number) {
  const clock = new VirtualClock(1_000);
  const random = seededRandom(1);
  const log = new EventLog({ random, capacity });
  let pull: ModelPull | null = {
    id: newId('pul', clock, random),
    backendId: stableId('bkd', 'box'),
    modelName: 'a:1',
    status: 'RUNNING',
    step: 'pulling manifest',
    completedBytes: 0,
    totalBytes: null,
    error: null,
    startedAt: 1_000,
    finishedAt: null,
  };
  const { id } = pull;
  const reader = () => new StreamReader<ModelPull>(new PullFeed({ log, id, find: () => pull }));
  return {
    log,
    reader,
    change(over: Partial<ModelPull>) {
      if (pull) pull = { ...pull, ...over };
      if (pull) log.publish({ kind: 'pull', pull }, clock.now());
    },
    noise(count: number) {
      for (let i = 0; i < count; i += 1) log.publish({ kind: 'vram' }, clock.now());
    },
    forget() {
      pull = null;
    },
  };
}

const bytes = (reader: StreamReader<ModelPull>) => reader.taken.map(({ completedBytes }) => completedBytes);

describe('the feed of a download', () => {
  it('says how it is, then every change, and completes after the end', async () => {
    const { reader, change } = world();
    const follower = reader();
    await follower.drain();
    for (const completedBytes of [10, 20]) {
      change({ completedBytes });
      await follower.drain();
    }
    change({ completedBytes: 30, status: 'SUCCEEDED' });
    await follower.drain();
    expect(bytes(follower)).toEqual([0, 10, 20, 30]);
    expect(follower.done).toBe(true);
  });

  it('says the end at once of one that has ended, and completes', async () => {
    const { reader, change } = world();
    change({ status: 'FAILED', error: 'No.' });
    const follower = reader();
    await follower.drain();
    expect(follower.taken).toMatchObject([{ status: 'FAILED', error: 'No.' }]);
    expect(follower.done).toBe(true);
  });

  it('gives a slow reader the newest state only, and each reader its own pace', async () => {
    const { reader, change } = world();
    const slow = reader();
    const quick = reader();
    await slow.take();
    for (let i = 0; i <= 50; i += 1) {
      change({ completedBytes: i });
      await quick.drain();
    }
    await slow.drain();
    change({ status: 'SUCCEEDED' });
    await slow.drain();
    await quick.drain();
    expect(bytes(slow)).toEqual([0, 50, 50]);
    expect(slow.taken.at(-1)?.status).toBe('SUCCEEDED');
    expect(quick.taken.length).toBeGreaterThan(50);
  });

  it('loses no end to a log that has overrun the reader', async () => {
    const { reader, change, noise } = world(4);
    const follower = reader();
    await follower.take();
    change({ status: 'SUCCEEDED', completedBytes: 7 });
    noise(20);
    await follower.drain();
    expect(bytes(follower)).toEqual([0, 7]);
    expect(follower.done).toBe(true);
  });

  it('completes when the download was forgotten behind the back of the reader', async () => {
    const { reader, noise, forget } = world(4);
    const follower = reader();
    await follower.take();
    forget();
    noise(20);
    await follower.drain();
    expect(follower.taken).toHaveLength(1);
    expect(follower.done).toBe(true);
  });

  it('leaves no waiting reader behind, and ends with the log', async () => {
    const { reader, log } = world();
    const [left, kept] = [reader(), reader()];
    await left.drain();
    await kept.drain();
    expect(log.waiting).toBe(2);
    await left.close();
    expect(log.waiting).toBe(1);
    log.end();
    await kept.drain();
    expect([kept.done, log.waiting]).toEqual([true, 0]);
  });
});

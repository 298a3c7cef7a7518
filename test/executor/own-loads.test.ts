import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { Resident } from '../../src/domain/backend.ts';
import { stableId } from '../../src/domain/ids.ts';
import type { Json } from '../../src/domain/json.ts';
import { OwnLoads } from '../../src/executor/own-loads.ts';

const HERE = stableId('bkd', 'here');
const THERE = stableId('bkd', 'there');
const variant = {
  modelName: 'a:1',
  weights: 'w',
  contextLength: 4096,
  options: { num_ctx: 4096 },
  embedding: false,
};
const weightsOf = ({ weights = null }: { readonly weights?: string | null }) => weights;
const resident = (more: Partial<Resident> = {}): Resident => ({
  modelName: 'a:1',
  digest: 'd',
  weights: 'w',
  contextLength: 4096,
  sizeBytes: 1,
  vramBytes: 1,
  expiresAt: null,
  parallel: null,
  gpuKeys: null,
  ...more,
});

function world() {
  const clock = new VirtualClock();
  const kept = new Map<string, Json>();
  const store = {
    remember: async (_space: string, key: string, value: Json) => void kept.set(key, value),
    recall: async () => kept,
  };
  const start = async () => {
    const own = new OwnLoads({ store, clock, logger: { warn: () => {} } });
    await own.start();
    return own;
  };
  const read = (own: OwnLoads, residents: readonly Resident[], backendId = HERE) => {
    clock.advance(1_000);
    return own.marked(backendId, residents, clock.now(), weightsOf).map(({ ours }) => ours ?? false);
  };
  return { clock, kept, start, read };
}

describe('what we loaded on a server that others use too', () => {
  it('is known again after a restart, and what others loaded is not', async () => {
    const { start, read } = world();
    (await start()).loaded(HERE, variant);
    const after = await start();
    expect(read(after, [resident(), resident({ modelName: 'b:1', weights: 'v' })])).toEqual([true, false]);
    expect(read(after, [resident()], THERE)).toEqual([false]);
  });

  it.each([
    ['has gone', []],
    ['has another context, so that somebody loaded it anew', [resident({ contextLength: 8192 })]],
    ['has other weights by now', [resident({ weights: 'new' })]],
  ])('is not ours any more once it %s', async (_why, residents) => {
    const { start, read } = world();
    const own = await start();
    own.loaded(HERE, variant);
    read(own, residents);
    expect(read(own, [resident()])).toEqual([false]);
    expect(read(await start(), [resident()])).toEqual([false]);
  });

  it('is not forgotten by a reading that began before it was there', async () => {
    const { clock, start, read } = world();
    const own = await start();
    const before = clock.now();
    clock.advance(500);
    own.loaded(HERE, variant);
    own.marked(HERE, [], before, weightsOf);
    expect(read(own, [resident()])).toEqual([true]);
  });

  it('is not forgotten while it cannot be told what is loaded there', async () => {
    const { start, read } = world();
    (await start()).loaded(HERE, variant);
    const own = await start();
    const { weights: _unknown, ...nameless } = resident();
    expect(read(own, [nameless])).toEqual([false]);
    expect(read(own, [resident()])).toEqual([true]);
  });

  it('does not stumble over what another version kept', async () => {
    const { kept, start, read } = world();
    for (const [place, value] of [null, 3, 'x', [], {}, { weights: 'w' }].entries())
      kept.set(String(place), value as Json);
    expect(read(await start(), [resident()])).toEqual([false]);
  });
});

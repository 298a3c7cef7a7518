import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { eventually } from '../support/eventually.ts';
import { Served } from './support/served.ts';

interface Running {
  readonly data: { readonly stats: { readonly counts: { readonly running: number } } };
}

let served: Served;
beforeAll(async () => {
  served = await Served.start({ gpus: [{ totalBytes: 24 * GiB }, { totalBytes: 12 * GiB }], speed: 50 });
});
afterAll(() => served[Symbol.asyncDispose]());

const MODEL = 'qwen2.5:0.5b';

describe('load, pin, unpin and unload', () => {
  test('bring a model into memory, keep it there, let it go and send it out', async () => {
    expect(await served.run(['load', MODEL, '--context', '8192'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^qwen2\.5:0\.5b is in memory on \S+, GPU \d: [\d.]+ [MG]iB, 8192 tokens a slot\.\n$/,
      ),
    });
    expect(await served.run(['pin', MODEL, '--for', '2h'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^qwen2\.5:0\.5b stays in memory for 2 h 0 min on /),
    });
    expect(await instances()).toEqual([expect.objectContaining({ modelName: MODEL, pinned: true })]);
    expect(await served.run(['unpin', MODEL])).toMatchObject({ code: 0, notes: '' });
    expect(await instances()).toEqual([expect.objectContaining({ modelName: MODEL, pinned: false })]);
    expect(await served.run(['unload', MODEL])).toMatchObject({
      code: 0,
      out: `${MODEL} is not in memory any more.\n`,
    });
    expect(await instances()).toEqual([]);
  });

  test.each(['load', 'pin', 'unpin', 'unload'])(
    '%s names those close to a model that nobody has',
    async (command) => {
      expect(await served.run([command, 'qwen2.5:0.6b'])).toMatchObject({
        code: 1,
        out: '',
        notes: expect.stringMatching(
          /No backend has a model named "qwen2\.5:0\.6b"\. Did you mean .*qwen2\.5:0\.5b/,
        ),
      });
    },
  );

  test('an unknown backend is refused with those that there are', async () => {
    expect(await served.run(['load', MODEL, '--backend', 'nowhere'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('There is no backend "nowhere"'),
    });
  });

  async function instances(): Promise<unknown> {
    const answer = (await served.query('{ stats { instances { modelName pinned } } }')) as {
      data: { stats: { instances: unknown } };
    };
    return answer.data.stats.instances;
  }
});

describe('reserve, reservations and release', () => {
  afterEach(async () => {
    const { out } = await served.run(['reservations', '--json']);
    for (const line of out.trim().split('\n').filter(Boolean))
      await served.run(['release', JSON.parse(line).id]);
  });

  test('keep memory for another program until it is released', async () => {
    const { code, out, notes } = await served.run([
      'reserve',
      '4GiB',
      '--gpu',
      '1',
      '--for',
      '2h',
      '--owner',
      'ComfyUI',
    ]);
    expect(code).toBe(0);
    const id = out.trim();
    expect(id).toMatch(/^rsv_\w+$/);
    expect(notes).toMatch(/^4\.0 GiB of GPU 1 \(.+\) are reserved\. It ends in (2 h 0 min|1 h 60 min)\.\n$/);
    const { out: list } = await served.run(['reservations']);
    expect(list.split('\n')[0]).toMatch(/^ID\s+OWNER\s+SIZE\s+GPU\s+STATE\s+ENDS$/);
    expect(list).toMatch(new RegExp(`^${id}\\s+ComfyUI\\s+4\\.0 GiB\\s+1 .+ready`, 'm'));
    expect(await served.run(['release', id])).toMatchObject({ code: 0, out: `${id} is released.\n` });
    expect(await served.run(['reservations'])).toMatchObject({
      code: 0,
      out: '',
      notes: 'Nothing is reserved.\n',
    });
  });

  test('wait until models have made room', async () => {
    await served.run(['load', MODEL]);
    const { backends } = (
      (await served.query(
        '{ backends { gpus { index vram { totalBytes headroomBytes instanceBytes } } } }',
      )) as { data: { backends: readonly { gpus: readonly Card[] }[] } }
    ).data;
    const card = backends.flatMap(({ gpus }) => gpus).find(({ vram }) => vram.instanceBytes > 0);
    if (!card) throw new Error('The model is on no GPU.');
    const all = card.vram.totalBytes - card.vram.headroomBytes;
    // It cannot go at once.
    expect(
      await served.run(['submit', MODEL, 'Tell me more', '--max-tokens', '8000', '--no-wait', '--json']),
    ).toMatchObject({ code: 0 });
    await eventually(
      () => served.query('{ stats { counts { running } } }') as Promise<Running>,
      ({ data }) => data.stats.counts.running > 0,
    );
    const { code, out, notes } = await served.run([
      'reserve',
      String(all),
      '--gpu',
      String(card.index),
      '--json',
    ]);
    expect({ code, notes }).toEqual({ code: 0, notes: expect.stringContaining('make room') });
    expect(JSON.parse(out)).toMatchObject({ bytes: all, ready: true });
  });

  test('refuse more than a GPU can give, with the figure', async () => {
    expect(await served.run(['reserve', '40GiB'])).toMatchObject({
      code: 1,
      out: '',
      notes: expect.stringMatching(/40\.0 GiB .*23\.5 GiB/),
    });
  });

  test('refuse what is no size, no duration and no GPU', async () => {
    expect(await served.run(['reserve', 'much'])).toMatchObject({
      code: 2,
      notes: expect.stringContaining('"much" is not a size'),
    });
    expect(await served.run(['reserve', '0'])).toMatchObject({ code: 2 });
    expect(await served.run(['reserve', '1GiB', '--for', 'ever'])).toMatchObject({
      code: 2,
      notes: expect.stringContaining('"ever" is not a duration'),
    });
    expect(await served.run(['reserve', '1GiB', '--gpu', '7'])).toMatchObject({
      code: 1,
      notes: expect.stringMatching(/There is no GPU "7"\. The server has: \S+:0, \S+:1\./),
    });
    expect(await served.run(['release', 'rsv_nope'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('There is no reservation with this id'),
    });
  });

  interface Card {
    readonly index: number;
    readonly vram: {
      readonly totalBytes: number;
      readonly headroomBytes: number;
      readonly instanceBytes: number;
    };
  }
});

describe('workers', () => {
  test('says how many fit, line by line', async () => {
    const { code, out } = await served.run(['workers', '3GiB', '--gpu', '1', '--max', '2']);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^GPU 1 of \S+, of which .+ are in use:$/);
    expect(lines).toContain('At most 2 were asked for.');
    expect(lines.at(-1)).toMatch(/^Result: 2 workers of \d+\.\d GiB each\.$/);
    const { out: json } = await served.run(['workers', '3GiB', '--json']);
    expect(JSON.parse(json)).toMatchObject({
      workers: expect.any(Number),
      gpu: { index: expect.any(Number) },
    });
  });
});

describe('budget', () => {
  test('says where models would be, and fails when they do not fit', async () => {
    const { code, out } = await served.run(['budget', MODEL, 'smollm:360m']);
    expect(code).toBe(0);
    expect(out).toMatch(/^2 models need .+\. They fit together\.\n/);
    expect(out).toMatch(/^smollm:360m: .+; on GPU \d of \S+\.$/m);
    const id = (await served.run(['reserve', '23.4GiB', '--gpu', '0'])).out.trim();
    const other = (await served.run(['reserve', '11.4GiB', '--gpu', '1'])).out.trim();
    const { code: refused, out: why } = await served.run(['budget', MODEL]);
    expect(refused).toBe(1);
    expect(why).toContain('no room beside the others');
    expect((await served.run(['release', id, other])).code).toBe(0);
  });

  test('an unknown model is said to be so', async () => {
    expect(await served.run(['budget', 'nope'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('"nope"'),
    });
  });
});

describe('top', () => {
  test('prints one page where nobody watches', async () => {
    await served.run(['load', MODEL]);
    for (const args of [['top'], ['top', '--once']]) {
      const { code, out, notes } = await served.run(args);
      expect({ code, notes }).toEqual({ code: 0, notes: '' });
      const lines = out.split('\n');
      expect(lines[0]).toMatch(/^vramkeeper \d+\.\d+\.\d+ {3}HEALTHY {3}0 running/);
      expect(out).toMatch(/^GPU +TOTAL +█MODELS +▓FOREIGN +▒RESERVED +░HEADROOM +·FREE$/m);
      expect(out).toMatch(/^\S+:1 .+ 12\.0 /m);
      expect(out).toMatch(/^qwen2\.5:0\.5b +READY +0\/1 /m);
      expect(out).toMatch(/^\d\d:\d\d:\d\d {2}LOAD /m);
      expect(out).not.toContain('\u001b');
    }
  });

  test('without a server says how to start one', async () => {
    expect(await served.run(['top'], { env: { VRAMKEEPER_URL: 'http://127.0.0.1:1' } })).toMatchObject({
      code: 1,
      notes: expect.stringContaining('vramkeeper serve'),
    });
  });
});

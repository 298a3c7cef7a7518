import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MiB } from '../../src/domain/units.ts';
import { Served } from './support/served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

const MODEL = 'smollm:360m';

describe('models', () => {
  test('is a table of what there is and where it is in memory', async () => {
    await served.run(['submit', MODEL, 'x']);
    const { code, out, notes } = await served.run(['models']);
    expect([code, notes]).toEqual([0, '']);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +SIZE +QUANTIZATION +CONTEXT +VRAM +RESIDENT$/);
    expect(rows).toHaveLength(10);
    const row = (name: string) => rows.find((line) => line.startsWith(`${name} `));
    expect(row(MODEL)).toMatch(/ 2\d\d MiB +Q4_0 +2048 +\d\S* [MG]iB +ollama \(ready\)$/);
    expect(row('gemma:2b')).toMatch(/ ~\S+ GiB +-$/);
  });

  test('is JSON for programs, and one model alone can be shown', async () => {
    const { out } = await served.run(['models', '--json']);
    const models = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(models.find(({ name }) => name === MODEL)).toMatchObject({ quantization: 'Q4_0' });
    const shown = await served.run(['show', MODEL]);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^digest +[0-9a-f]{64}$/m);
    expect(JSON.parse((await served.run(['show', MODEL, '--json'])).out).name).toBe(MODEL);
    const none = await served.run(['show', 'nothing']);
    expect([none.code, none.out]).toEqual([1, '']);
    expect(none.notes).toContain('nothing');
  });
});

describe('pull', () => {
  test('tells how far it is, line by line where nobody watches, and ends with 0', async () => {
    await served.run(['delete', MODEL]);
    const { code, out, notes } = await served.run(['pull', MODEL, '--backend', 'ollama']);
    expect(code).toBe(0);
    expect(out).toBe(`${MODEL} is on ollama.\n`);
    expect(notes).toMatch(/^(pulling [0-9a-f]{12}|success): .+ of 2\d\d MiB$/m);
    expect((await served.run(['show', MODEL])).code).toBe(0);
  });

  test('ends with 1 and the reason when it fails, and the next goes on', async () => {
    await served.run(['delete', MODEL]);
    served.ollama.core.faults.set({ failMidPull: 1 });
    const failed = await served.run(['pull', MODEL]);
    expect([failed.code, failed.out]).toEqual([1, '']);
    expect(failed.notes).toContain('max retries exceeded');
    expect((await served.run(['pull', MODEL])).code).toBe(0);
    const unknown = await served.run(['pull', 'nothing:1b']);
    expect(unknown.code).toBe(1);
    expect(unknown.notes).toContain('file does not exist');
  });

  test('names what is wrong before it begins', async () => {
    const name = await served.run(['pull', 'not a name']);
    expect(name.code).toBe(1);
    expect(name.notes).toContain('not a model name');
    const backend = await served.run(['pull', MODEL, '--backend', 'elsewhere']);
    expect(backend.code).toBe(1);
    expect(backend.notes).toContain('The server has: ollama.');
    expect((await served.run(['pull'])).code).toBe(2);
  });

  test('goes on at the server when the command is interrupted, and can be joined again', async () => {
    await using slow = await Served.start({ speed: 1, pullBytesPerSecond: 80 * MiB });
    await slow.run(['delete', MODEL]);
    await using first = slow.begin(['pull', MODEL]);
    await first.untilSaid(/pulling [0-9a-f]{12}: [1-9]/);
    first.kill('SIGINT');
    const { code, notes } = await first.ended;
    expect(code).toBe(130);
    expect(notes).toContain('goes on without you');
    const second = await slow.run(['pull', MODEL]);
    expect(second.code).toBe(0);
    const { data } = (await slow.query('{ modelPulls { status } }')) as {
      data: { modelPulls: readonly object[] };
    };
    expect(data.modelPulls).toEqual([{ status: 'SUCCEEDED' }]);
  });
});

describe('copy and delete', () => {
  test('give a model a second name and take it away', async () => {
    const copied = await served.run(['copy', 'qwen2.5:0.5b', 'mine']);
    expect([copied.code, copied.out]).toEqual([0, 'qwen2.5:0.5b is also mine:latest now.\n']);
    const taken = await served.run(['copy', 'qwen2.5:0.5b', 'gemma:2b']);
    expect(taken.code).toBe(1);
    expect(taken.notes).toContain('Delete it first');
    const deleted = await served.run(['delete', 'mine', 'nothing:1']);
    expect(deleted.code).toBe(1);
    expect(deleted.out).toBe('mine is deleted.\n');
    expect(deleted.notes).toContain('nothing:1');
    expect((await served.run(['show', 'qwen2.5:0.5b'])).code).toBe(0);
  });
});

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
    expect(shown.out).toMatch(/^ {2}Model\n {4}architecture +llama\n {4}parameters +361\.82M\n/);
    expect(shown.out).toMatch(/^ {4}digest +[0-9a-f]{64}$/m);
    expect(shown.out).toMatch(/^ {4}in memory +ollama \(ready\), /m);
    const { name, details } = JSON.parse((await served.run(['show', MODEL, '--json'])).out);
    expect([name, details.modelInfo['general.architecture']]).toEqual([MODEL, 'llama']);
    const none = await served.run(['show', 'nothing']);
    expect([none.code, none.out]).toEqual([1, '']);
    expect(none.notes).toContain('nothing');
  });
});

describe('show', () => {
  test('prints one text of a model as it is, and all that there is where it is asked for', async () => {
    const modelfile = await served.run(['show', MODEL, '--modelfile']);
    expect([modelfile.code, modelfile.notes]).toEqual([0, '']);
    expect(modelfile.out).toMatch(/^FROM .*sha256-[0-9a-f]{64}$/m);
    expect((await served.run(['show', MODEL, '--template'])).out).toContain('{{');
    const verbose = await served.run(['show', MODEL, '--verbose']);
    expect(verbose.out).toMatch(/^ {2}Metadata\n(?: {4}.*\n)* {4}general\.architecture +llama$/m);
    expect(verbose.out).toMatch(/^ {2}Tensors\n {4}\S+ +\S+ +\[\d+(,\d+)*\]$/m);
    const both = await served.run(['show', MODEL, '--template', '--license']);
    expect(both.code).toBe(2);
    expect(both.notes).toContain("'--license' cannot be used with option '--template'");
  });

  test('fits into narrow terminals', async () => {
    for (const columns of ['60', '80']) {
      const env = { VRAMKEEPER_URL: served.url, COLUMNS: columns };
      const lines = (await served.run(['show', MODEL], { env })).out.trimEnd().split('\n');
      // A digest has no place at which it could be broken.
      const tooLong = lines.filter((line) => line.length > Number(columns) && !/^ *[0-9a-f]{64}$/.test(line));
      expect(tooLong).toEqual([]);
    }
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

/** How `serve` and `doctor` choose between an Ollama that others run and one of our own, as real processes with virtual cells. */
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { createRig, livingOn, type Rig } from '../backend/managed/support/rig.ts';
import { type Ended, ROOT, RunningProgram, run } from './support/program.ts';

const NOBODY = '127.0.0.1:9';
const MODEL = 'smollm:360m';

let rig: Rig;
let bin: string;
beforeEach(async () => {
  rig = createRig();
  bin = join(rig.folder, 'bin');
  await mkdir(bin);
  await symlink(join(ROOT, 'bin', 'virtual-nvidia-smi.js'), join(bin, 'nvidia-smi'));
  await settings();
});

const install = () => symlink(join(ROOT, 'bin', 'virtual-ollama-cell.js'), join(bin, 'ollama'));

/** Of the file in the working directory. */
async function settings(managed: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const yaml = { managed: { models: rig.models, env: rig.env, ...managed } };
  await writeFile(join(rig.folder, 'vramkeeper.yaml'), JSON.stringify(yaml));
}

/** Nothing is on the PATH but what this machine was given. */
function surroundings(more: Readonly<Record<string, string>> = {}) {
  const PATH = [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(':');
  return { PATH, HOME: rig.folder, VIRTUAL_GPU_DIR: rig.gpus, OLLAMA_HOST: NOBODY, ...more };
}

/** A PATH on which no Ollama of this machine can be. */
const bare = () => surroundings({ PATH: bin });

const SERVER = ['--port', '0', '--data-dir', 'data'];

interface Serving extends AsyncDisposable {
  readonly server: RunningProgram;
  submit(): Promise<Ended>;
  query(text: string): Promise<unknown>;
  stop(): Promise<Ended>;
}

async function serve(env: Readonly<Record<string, string>>, ...flags: readonly string[]): Promise<Serving> {
  const server = new RunningProgram(['serve', ...SERVER, ...flags], { cwd: rig.folder, env });
  const [, url = ''] = await server.untilSaid(/vramkeeper is ready: (\S+)/);
  return {
    server,
    submit: () =>
      run(['submit', MODEL, 'Say something.', '--json'], {
        cwd: rig.folder,
        env: { VRAMKEEPER_URL: url },
      }),
    async query(query) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ query });
      return (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).json();
    },
    stop() {
      server.kill('SIGTERM');
      return server.ended;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const complete = (job: Ended) => {
  expect(job).toMatchObject({ code: 0 });
  expect(JSON.parse(job.out)).toMatchObject({ status: 'COMPLETE' });
};

describe('serve', () => {
  test('without an Ollama runs the program that is on the PATH, and leaves nothing behind', async () => {
    await install();
    await using served = await serve(surroundings());
    await served.server.untilSaid(
      /\[SYSTEM\] Ollama is managed: no Ollama answers at http:\/\/127\.0\.0\.1:9, and \S+\/bin\/ollama is here\.\n/,
    );
    complete(await served.submit());
    expect(await served.query('{ health { status } backends { url version gpus { name } } }')).toMatchObject({
      data: { health: { status: 'HEALTHY' }, backends: [{ url: 'ollama', version: '0.33.0', gpus: [{}] }] },
    });
    expect(rig.events().map(({ kind }) => kind)).toContain('loaded');
    const { code, notes } = await served.stop();
    expect(code).toBe(0);
    expect(notes).not.toMatch(/jobs wait/);
    expect(livingOn(rig)).toEqual([]);
  });

  test('runs the program that `managed.binary` names', async () => {
    await settings({ binary: join(ROOT, 'bin', 'virtual-ollama-cell.js') });
    await using served = await serve(surroundings());
    await served.server.untilSaid(/Ollama is managed: .*virtual-ollama-cell\.js is here/);
    complete(await served.submit());
    expect((await served.stop()).code).toBe(0);
  });

  test('uses an Ollama that answers as it is', async () => {
    await install();
    await using ollama = await attached();
    await using served = await serve(surroundings({ OLLAMA_HOST: ollama.host }));
    await served.server.untilSaid(
      /\[SYSTEM\] Ollama is attached, not managed: an Ollama answers at http:\/\/127\S+\.\n/,
    );
    complete(await served.submit());
    expect((await served.stop()).code).toBe(0);
    expect(rig.events()).toEqual([]);
  });

  test('with neither waits for one, and says so plainly', async () => {
    await using served = await serve(bare());
    await served.server.untilSaid(
      /Ollama is attached, not managed: no Ollama answers at \S+ yet, and none can be managed: There is no program "ollama" on the PATH/,
    );
    await served.server.untilSaid(
      /No Ollama answers at http:\/\/127\.0\.0\.1:9 yet: jobs wait until it does\. Start it/,
    );
    expect((await served.stop()).code).toBe(0);
  });

  test('--managed without a program says what to do, starts, and takes the program when it is there', async () => {
    await using served = await serve(surroundings(), '--managed', '--log-level', 'info');
    await served.server.untilSaid(/Backends, as --managed says: ollama \(managed\)\./);
    await served.server.untilSaid(
      /Ollama cannot be run yet, so jobs wait\. There is no program "ollama" on the PATH\. Install Ollama/,
    );
    await install();
    complete(await served.submit());
    expect((await served.stop()).code).toBe(0);
  });

  test('--managed without a model folder says so, and makes none', async () => {
    await install();
    await settings({ models: join(rig.folder, 'gone') });
    await using served = await serve(surroundings(), '--managed');
    await served.server.untilSaid(
      /Ollama cannot be run yet, so jobs wait\. There is no model folder \S+gone/,
    );
    expect((await served.stop()).code).toBe(0);
    expect(rig.events()).toEqual([]);
  });

  test('--managed beside an Ollama that answers names it, once and in the health', async () => {
    await install();
    await using ollama = await attached();
    await using served = await serve(surroundings({ OLLAMA_HOST: ollama.host }), '--managed');
    await served.server.untilSaid(/\[MONITOR\] warning: Another Ollama \(0\.33\.0\) answers at http/);
    complete(await served.submit());
    expect(await served.query('{ health { problems { code message } } }')).toMatchObject({
      data: { health: { problems: [{ code: 'STRAY_OLLAMA', message: expect.stringMatching(/End it/) }] } },
    });
    const { out } = await served.stop();
    expect(out.match(/Another Ollama/g)).toHaveLength(1);
  });

  test.each(['serve', 'doctor'])('%s: --managed and --backend exclude each other', async (command) => {
    const { code, notes } = await run([command, ...SERVER, '--managed', '--backend', NOBODY], {
      cwd: rig.folder,
    });
    expect(code).toBe(2);
    expect(notes).toMatch(/'--managed' cannot be used with option '--backend <url>'/);
  });
});

describe('doctor', () => {
  const doctor = (env: Readonly<Record<string, string>>, ...flags: readonly string[]) =>
    run(['doctor', ...SERVER, ...flags], { cwd: rig.folder, env });

  test('managed: why, what it is made of, and what the other way would give', async () => {
    await install();
    const { code, out } = await doctor(surroundings());
    expect(out).toMatch(/^ok {4}mode +Ollama is managed: no Ollama answers at .*\/bin\/ollama is here\.$/m);
    expect(out).toMatch(
      /^ok {4}mode +an attached Ollama \(--backend URL\) would .*1\.4 to 1\.7 times as long/m,
    );
    expect(out).toMatch(/^ok {4}ollama +\S+\/bin\/ollama: Ollama 0\.33\.0$/m);
    expect(out).toMatch(/^ok {4}ollama +10 models: /m);
    expect(out).toMatch(/^ok {4}ollama +models are in \S+\/models$/m);
    expect(out).toMatch(/^ok {4}ollama +parallel: auto, 2 loads at a time, 1 process stands ready/m);
    expect(out).toMatch(/^ok {4}gpu +GPU 0: .*4\.0 GiB/m);
    expect(out).toMatch(/0 to look at, 0 to repair/);
    expect(code).toBe(0);
    expect(rig.events()).toEqual([]);
  });

  test('attached: why, and the recommendation to have it managed', async () => {
    await install();
    await using ollama = await attached();
    const { code, out } = await doctor(surroundings({ OLLAMA_HOST: ollama.host }));
    // Whatever is free, it is what makes models leave.
    expect(out).toContain("no more than 3 models for each GPU (Ollama's default) in memory at once");
    expect(out).toMatch(/^ok {4}mode +Ollama is attached, not managed: an Ollama answers at http/m);
    expect(out).toMatch(
      /^warn {2}mode +\S+\/bin\/ollama \(Ollama 0\.33\.0\) can be managed.*1\.4 to 1\.7 times as fast.*serve --managed/m,
    );
    expect(code).toBe(0);
    const named = await doctor(surroundings({ VIRTUAL_VERSION: '0.0.0' }), '--backend', ollama.host);
    expect(named.out).toMatch(/^ok {4}mode +Backends, as --backend says: ollama \(attached\)\.$/m);
    expect(named.out).toMatch(/^warn {2}mode .*built from its source\) can be managed/m);
    const older = await doctor(surroundings({ VIRTUAL_VERSION: '0.29.9' }), '--backend', ollama.host);
    expect(older.out).toMatch(
      /^ok {4}mode +a managed Ollama is recommended from 0\.30 on; .* is Ollama 0\.29\.9/m,
    );
  });

  test('neither: what would help', async () => {
    const { code, out } = await doctor(bare());
    expect(out).toMatch(/^ok {4}mode +Ollama is attached, not managed: no Ollama answers at .* yet/m);
    expect(out).toMatch(
      /^ok {4}mode +with its program on this machine a managed Ollama would run .* times as fast so\.$/m,
    );
    expect(out.match(/There is no program/g)).toHaveLength(1);
    expect(out).toMatch(/^warn {2}ollama +no Ollama answers at .*: jobs will wait/m);
    expect(code).toBe(0);
  });

  test('beside an Ollama that answers it names that', async () => {
    await install();
    await using ollama = await attached();
    const { out } = await doctor(surroundings({ OLLAMA_HOST: ollama.host }), '--managed');
    expect(out).toMatch(/^ok {4}mode +Backends, as --managed says: ollama \(managed\)\.$/m);
    expect(out).toMatch(/^warn {2}mode +Another Ollama \(0\.33\.0\) answers at http/m);
  });

  test.each<[name: string, make: () => Promise<void>, env: Readonly<Record<string, string>>, said: RegExp]>([
    ['missing', async () => {}, {}, /There is no program "ollama" on the PATH/],
    [
      'not executable',
      async () => {
        await writeFile(join(bin, 'program'), '');
        await chmod(join(bin, 'program'), 0o644);
        await settings({ binary: 'bin/program' });
      },
      {},
      /bin\/program may not be executed.*chmod \+x/,
    ],
    ['too old', install, { VIRTUAL_VERSION: '0.20.0' }, /Ollama 0\.20\.0 is too old to be managed/],
    [
      'without its model folder',
      async () => {
        await install();
        await rm(rig.models, { recursive: true });
      },
      {},
      /There is no model folder \S+\/models\. Make it/,
    ],
  ])('fails for a managed program that is %s', async (_name, make, env, said) => {
    await make();
    const { code, out } = await doctor(surroundings(env), '--managed');
    expect(out).toMatch(new RegExp(`^fail {2}ollama +.*${said.source}`, 'm'));
    expect(code).toBe(1);
  });

  test('names models of the settings that the folder does not have', async () => {
    await install();
    const yaml = {
      models: { 'smollm:360m': {}, gone: {} },
      backends: [{ name: 'rig', managed: { models: rig.models } }],
    };
    await writeFile(join(rig.folder, 'vramkeeper.yaml'), JSON.stringify(yaml));
    const { out } = await doctor(surroundings());
    expect(out).toMatch(/^ok {4}mode +Backends, as vramkeeper\.yaml:1: backends says: rig \(managed\)\.$/m);
    expect(out).toMatch(/^warn {2}rig +it has 10 models, but not these of the settings: gone$/m);
  });
});

/** An Ollama that others run, on another machine's cards. */
async function attached() {
  const server = await runVirtualOllama({ speed: 20 });
  return { host: new URL(server.url).host, [Symbol.asyncDispose]: () => server.stop() };
}

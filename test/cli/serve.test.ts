import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { RunningProgram, run } from './support/program.ts';
import { Served, serve } from './support/served.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-serve-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:9';

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly on %s', async (signal) => {
    const { server } = await serve(folder, NOBODY);
    await using _ = server;
    server.kill(signal);
    const { code, notes } = await server.ended;
    expect(code).toBe(0);
    expect(notes).toContain('Stopping:');
  });

  test('SIGHUP reads keys and clients again; a file that is wrong changes nothing', async () => {
    const settings = (text: string) => writeFile(join(folder, 'vramkeeper.yaml'), text);
    await settings('keys: [{ name: ann, key: the-key-of-ann-1234 }]');
    const { server, url } = await serve(folder, NOBODY);
    await using _ = server;
    const status = async (key: string) =>
      (await fetch(`${url}/api/version`, { headers: { authorization: `Bearer ${key}` } })).status;
    await settings('keys: [{ name: ann, key: short }]');
    server.kill('SIGHUP');
    await server.untilSaid(/Not reloaded, nothing has changed:\n.*the key is too short/);
    expect(await status('the-key-of-ann-1234')).toBe(200);
    await settings('port: 1\nclients: { eve: { key: the-key-of-eve-1234, weight: 2 } }');
    server.kill('SIGHUP');
    await server.untilSaid(/Reloaded: 1 keys, 1 clients with settings of their own\./);
    expect([await status('the-key-of-ann-1234'), await status('the-key-of-eve-1234')]).toEqual([401, 200]);
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  test('ends with 1 and says what to do when the thread that stores jobs dies', async () => {
    const killer = join(folder, 'killer.mjs');
    await writeFile(
      killer,
      `import { existsSync } from 'node:fs';
      process.on('worker', (worker) => {
        const look = () => existsSync('die') && worker.terminate();
        if (worker.threadName === 'store-writer') setInterval(look, 20).unref();
      });`,
    );
    const { server } = await serve(folder, NOBODY, [], { NODE_OPTIONS: `--import=${killer}` });
    await using _ = server;
    await writeFile(join(folder, 'die'), '');
    const { code, notes } = await server.ended;
    expect(notes).toContain(
      'Stopping: The store has stopped working. Restart the server: every accepted job is kept.',
    );
    expect(code).toBe(1);
  });

  test('without Ollama it starts, and says once what to do', async () => {
    const { server, url } = await serve(folder, NOBODY);
    await using _ = server;
    await server.untilSaid(
      /No Ollama answers at http:\/\/127\.0\.0\.1:9 yet: jobs wait until it does\. Start it with "ollama serve"/,
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    server.kill('SIGTERM');
    const { notes } = await server.ended;
    expect(notes.match(/No Ollama answers/g)).toHaveLength(1);
  });

  test('picks Ollama up when it appears', async () => {
    await using ollama = await runVirtualOllama({ speed: 20 });
    await ollama.pause();
    const { server, url } = await serve(folder, ollama.url);
    await using _ = server;
    await server.untilSaid(/No Ollama answers/);
    const submitted = new RunningProgram(['submit', 'smollm:360m', 'x'], {
      cwd: folder,
      env: { VRAMKEEPER_URL: url },
    });
    await using __ = submitted;
    await ollama.resume();
    expect(await submitted.ended).toMatchObject({ code: 0, out: expect.stringMatching(/\w/) });
    await ollama.stop();
  });

  test('drains: a running job may finish', async () => {
    await using served = await Served.start({ speed: 1, answerTokens: 60 });
    const job = served.begin(['submit', 'smollm:360m', 'x', '--no-wait']);
    const id = (await job.ended).out.trim();
    await eventually(
      () => served.query(`{ job(id: "${id}") { status } }`),
      (seen) => JSON.stringify(seen).includes('RUNNING'),
    );
    served.server.kill('SIGTERM');
    expect((await served.server.ended).code).toBe(0);
    const { server, url } = await serve(served.folder, NOBODY);
    await using _ = server;
    const { out } = await run(['job', id, '--json'], { cwd: folder, env: { VRAMKEEPER_URL: url } });
    expect(JSON.parse(out)).toMatchObject({ status: 'COMPLETE', attempts: [{ number: 1, failure: null }] });
  });

  test('a second signal stops at once', async () => {
    await using served = await Served.start({ speed: 5, answerTokens: 1_000_000 });
    const id = (await served.run(['submit', 'smollm:360m', 'x', '--no-wait'])).out.trim();
    await eventually(
      () => served.query(`{ job(id: "${id}") { status } }`),
      (seen) => JSON.stringify(seen).includes('RUNNING'),
    );
    served.server.kill('SIGTERM');
    await served.server.untilSaid(/Stopping:/);
    // Signals that come together count as one, so the second one is sent until it is heard.
    const again = setInterval(() => served.server.kill('SIGTERM'), 100);
    const { code, notes } = await served.server.ended;
    clearInterval(again);
    expect(code).toBe(1);
    expect(notes).toContain('Stopped at once');
  });

  test('says plainly that the port is taken', async () => {
    const { server, url } = await serve(folder, NOBODY);
    await using _ = server;
    const port = new URL(url).port;
    const { code, notes } = await run(
      ['serve', '--port', port, '--data-dir', join(folder, 'other'), '--backend', NOBODY],
      {
        cwd: folder,
      },
    );
    expect(code).toBe(1);
    expect(notes).toMatch(new RegExp(`Port ${port} of 127.0.0.1 is in use`));
    expect(notes).not.toMatch(/^\s+at /m);
  });

  test('says plainly that the data folder is in use', async () => {
    const { server } = await serve(folder, NOBODY);
    await using _ = server;
    const second = await run(
      ['serve', '--port', '0', '--data-dir', join(folder, 'data'), '--backend', NOBODY],
      { cwd: folder },
    );
    expect(second.code).toBe(1);
    expect(second.notes).toContain(join(folder, 'data'));
    expect(second.notes).not.toMatch(/^\s+at /m);
  });

  test('says where the settings are wrong', async () => {
    await writeFile(join(folder, 'vramkeeper.yaml'), 'port: 0\nretension: 7d\n');
    expect(await run(['serve'], { cwd: folder })).toMatchObject({
      code: 2,
      notes: 'vramkeeper.yaml:2: retension: is not a setting. Did you mean retention?\n',
    });
  });

  test('a JSON log on standard output is nothing but JSON', async () => {
    const server = new RunningProgram(['serve', '--port', '0', '--data-dir', 'data', '--backend', NOBODY], {
      cwd: folder,
      env: { VRAMKEEPER_LOG_FORMAT: 'json' },
    });
    await using _ = server;
    await server.untilSaid(/vramkeeper is ready/);
    server.kill('SIGTERM');
    const { out } = await server.ended;
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('component');
  });
});

test('prompts and answers are in no log, at any level', async () => {
  await using ollama = await runVirtualOllama({ speed: 20 });
  const secret = 'the treasure is under the oak';
  const server = new RunningProgram(
    ['serve', '--port', '0', '--data-dir', 'data', '--backend', ollama.url, '--log-level', 'debug'],
    { cwd: folder },
  );
  await using _ = server;
  const [, url = ''] = await server.untilSaid(/vramkeeper is ready: (\S+)/);
  const env = { VRAMKEEPER_URL: url };
  const done = await run(['submit', 'smollm:360m', secret], { cwd: folder, env });
  await run(['submit', 'smollm:nope', secret], { cwd: folder, env });
  server.kill('SIGTERM');
  const { out, notes } = await server.ended;
  await ollama.stop();
  expect(done.code).toBe(0);
  expect(out).toContain('smollm:360m');
  expect(out + notes).not.toContain('oak');
  expect(out + notes).not.toContain(done.out.trim().slice(0, 40));
});

describe('doctor', () => {
  test('works without a server and without Ollama', async () => {
    const { code, out } = await run(
      ['doctor', '--port', '0', '--data-dir', join(folder, 'data'), '--backend', NOBODY],
      { cwd: folder },
    );
    expect(out).toMatch(/^ok {4}node/m);
    expect(out).toMatch(/^warn {2}ollama +no Ollama answers at http:\/\/127.0.0.1:9: .*ollama serve/m);
    expect(out).toMatch(/0 to repair/);
    expect(code).toBe(0);
  });

  test('sees Ollama, its models, its GPUs, and settings that do not agree', async () => {
    await using ollama = await runVirtualOllama();
    const { code, out } = await run(
      ['doctor', '--port', '0', '--data-dir', 'data', '--backend', ollama.url],
      {
        cwd: folder,
        env: { OLLAMA_NUM_PARALLEL: '4', PATH: '' },
      },
    );
    await ollama.stop();
    expect(out).toMatch(/^ok {4}ollama +Ollama 0\.33\.0 at /m);
    expect(out).toMatch(/^ok {4}ollama +10 models: /m);
    expect(out).toMatch(/^ok {4}gpu +GPU 0: .*8\.0 GiB/m);
    expect(out).toMatch(/^warn {2}ollama +OLLAMA_NUM_PARALLEL is 4 here, but the settings say parallel: 1/m);
    expect(code).toBe(0);
  });

  test('fails for what the server could not start with', async () => {
    await writeFile(join(folder, 'file'), '');
    const served = await serve(folder, NOBODY);
    await using _ = served.server;
    const port = new URL(served.url).port;
    const wrongFolder = await run(['doctor', '--port', port, '--data-dir', 'file', '--backend', NOBODY], {
      cwd: folder,
    });
    expect(wrongFolder.out).toMatch(/^fail {2}data +.*file is not a folder/m);
    expect(wrongFolder.out).toMatch(/held by a vramkeeper that runs now/);
    expect(wrongFolder.code).toBe(1);
    const running = await run(['doctor', '--port', port, '--data-dir', 'data', '--backend', served.url], {
      cwd: folder,
    });
    expect(running.out).toMatch(/^warn {2}data +.*in use by a server that runs now/m);
    expect(running.out).toMatch(
      /^fail {2}mode +port: the backend ollama is at .*, where this server is to listen itself/m,
    );
    await writeFile(join(folder, 'vramkeeper.yaml'), 'port: x');
    const settings = await run(['doctor'], { cwd: folder });
    expect(settings.out).toMatch(/^fail {2}settings +vramkeeper.yaml:1: port: "x"/m);
    expect(settings.code).toBe(1);
  });
});

describe('virtual-ollama', () => {
  test('is an Ollama until it is told to end', async () => {
    const program = new RunningProgram(['virtual-ollama', '--port', '0', '--gpu', '8GiB', '--gpu', '4GiB'], {
      cwd: folder,
    });
    await using _ = program;
    const [, url = ''] = await program.untilSaid(
      /virtual Ollama is ready: (\S+) {2}\(8\.0 GiB \+ 4\.0 GiB, speed 1\)/,
    );
    expect(await (await fetch(`${url}/api/version`)).json()).toEqual({ version: expect.any(String) });
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });

  test('offers the models of a catalogue', async () => {
    await writeFile(
      join(folder, 'catalog.yaml'),
      [
        '- { name: "tiny:1b", weightsBytes: 1GB, system: Be brief., parameters: { num_ctx: 1024 }, template: "MINE {{ .Prompt }}" }',
        '- { name: vec, weightsBytes: 100MB, capabilities: [embedding] }',
      ].join('\n'),
    );
    const program = new RunningProgram(['virtual-ollama', '--port', '0', '--catalog', 'catalog.yaml'], {
      cwd: folder,
    });
    await using _ = program;
    const [, url = ''] = await program.untilSaid(/ready: (\S+)/);
    const { models } = (await (await fetch(`${url}/api/tags`)).json()) as {
      models: { name: string; size: number }[];
    };
    expect(models.map((model) => model.name).sort()).toEqual(['tiny:1b', 'vec:latest']);
    const shown = await fetch(`${url}/api/show`, { method: 'POST', body: '{"model":"tiny:1b"}' });
    expect(await shown.json()).toMatchObject({
      system: 'Be brief.',
      template: 'MINE {{ .Prompt }}',
      parameters: expect.stringMatching(/^num_ctx +1024$/),
    });
    await writeFile(join(folder, 'bad.yaml'), '- { name: "tiny:1b" }\n');
    expect(await run(['virtual-ollama', '--catalog', 'bad.yaml'], { cwd: folder })).toMatchObject({
      code: 2,
      notes: expect.stringMatching(/must be bytes, or a size such as 2\.6GB\s+→ at \[0\]\.weightsBytes/),
    });
  });
});

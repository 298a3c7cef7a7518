import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  PortTakenError,
  ProcessExitedError,
  ProgramNotRunnableError,
  ReadinessLimitError,
} from '../../../src/backend/supervisor/index.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import {
  dataFolder,
  isAlive,
  livingIn,
  PROGRAM,
  probe,
  recordsIn,
  spec,
  supervisorIn,
} from './support/house.ts';

test('a started process is ready on the port that it printed, recorded, and in a group of its own', async () => {
  const folder = dataFolder();
  const started = await supervisorIn(folder).start(spec([], { note: { instance: 'ins_1' } }));
  expect(started.state).toBe('READY');
  expect(await (await fetch(`http://127.0.0.1:${started.port}/`)).text()).toBe('here');
  const path = join(folder, 'cells', `${started.uuid}.json`);
  const record = JSON.parse(readFileSync(path, 'utf8'));
  expect(record).toMatchObject({
    uuid: started.uuid,
    port: started.port,
    note: { instance: 'ins_1' },
    process: { pid: started.pid, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() },
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(started.output.path).mode & 0o777).toBe(0o600);
  const fields = readFileSync(`/proc/${started.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  expect([Number(fields[2]), Number(fields[3])]).toEqual([started.pid, started.pid]);
});

test('its environment is exactly what it was given and the two marks', async () => {
  process.env.OLLAMA_SECRET_OF_OURS = '1';
  process.env.NODE_V8_COVERAGE ??= '';
  const folder = dataFolder();
  const started = await supervisorIn(folder).start(spec([], { env: { LANG: 'C', ONE: 'two=three' } }));
  delete process.env.OLLAMA_SECRET_OF_OURS;
  const environ = readFileSync(`/proc/${started.pid}/environ`, 'utf8').split('\0').filter(Boolean).sort();
  expect(environ).toEqual([
    'LANG=C',
    'ONE=two=three',
    `VRAMKEEPER_CELL=${started.uuid}`,
    `VRAMKEEPER_HOME=${folder}`,
  ]);
});

test('its output is a file that it appends to, and its input is nothing', async () => {
  const started = await supervisorIn(dataFolder()).start(spec());
  const flags = readFileSync(`/proc/${started.pid}/fdinfo/1`, 'utf8');
  const opened = Number.parseInt(/flags:\s*([0-7]+)/.exec(flags)?.[1] ?? '', 8);
  expect(opened & 0o2000).toBe(0o2000);
  expect(statSync(`/proc/${started.pid}/fd/2`).ino).toBe(statSync(started.output.path).ino);
  expect(statSync(`/proc/${started.pid}/fd/0`).rdev).toBe(statSync('/dev/null').rdev);
});

test('a program that ends before it is ready says why', async () => {
  const folder = dataFolder();
  const error = await supervisorIn(folder)
    .start(spec(['exit=7', 'children=1']))
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProcessExitedError);
  expect(error).toMatchObject({
    code: 'PROCESS_EXITED',
    exit: { code: 7, signal: null, asked: false, lastLines: ['cannot go on'] },
  });
  expect(recordsIn(folder)).toEqual([]);
});

test('a program that crashes is told from one that fails', async () => {
  const error = await supervisorIn(dataFolder())
    .start(spec(['crash']))
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exit: { code: null, signal: 'SIGABRT', why: 'It crashed (SIGABRT).' } });
});

test('a program that prints no port is ended at the limit, with its children', async () => {
  const folder = dataFolder();
  const base = spec(['silent', 'children=2', 'ignore-term', 'stubborn-children']);
  const error = await supervisorIn(folder)
    .start({ ...base, graceMs: 50, readiness: { ...base.readiness, readyLimitMs: 700 } })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ReadinessLimitError);
  expect(error).toMatchObject({ message: expect.stringContaining('printed no port within 0.7 s') });
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
});

describe('a program that never becomes ready is ended at the limit', () => {
  const LIMIT_MS = 60_000;

  /** The error of a start whose limit passes with the second look at the program, however long the program takes to come up. */
  async function tooLate(look: () => Promise<void>): Promise<unknown> {
    let looks = 0;
    let passLimit = () => {};
    const clock: Clock = {
      ...systemClock,
      after(delayMs, callback) {
        if (delayMs !== LIMIT_MS) return systemClock.after(delayMs, callback);
        passLimit = callback;
        return { cancel() {} };
      },
    };
    const probe = () => {
      looks += 1;
      if (looks === 2) passLimit();
      return look();
    };
    const base = spec();
    return supervisorIn(dataFolder(), { clock })
      .start({ ...base, readiness: { ...base.readiness, probe, probeLimitMs: 50, readyLimitMs: LIMIT_MS } })
      .catch((thrown: unknown) => thrown);
  }

  test('and the last failure of its probe is the cause', async () => {
    const refusal = new Error('models are not there');
    const error = await tooLate(() => Promise.reject(refusal));
    expect(error).toMatchObject({ code: 'READINESS_LIMIT', cause: refusal });
  });

  test('also where the probe hangs and ignores its signal', async () => {
    const error = await tooLate(() => new Promise<void>(() => {}));
    expect(error).toMatchObject({
      code: 'READINESS_LIMIT',
      cause: expect.objectContaining({ message: 'no answer within 0.05 s' }),
    });
  });
});

test('another program that answers on the printed port does not make it ready', async () => {
  const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const base = spec([]);
  const error = await supervisorIn(dataFolder())
    .start({
      ...base,
      command: process.execPath,
      args: ['-e', `console.log('Listening on 127.0.0.1:${port}'); setInterval(() => {}, 60000)`],
      readiness: { ...base.readiness, readyLimitMs: 1_000 },
    })
    .catch((thrown: unknown) => thrown);
  other.close();
  expect(error).toMatchObject({
    message: expect.stringContaining(`another process answers on port ${port}`),
  });
});

test('a chosen port goes into arguments and environment', async () => {
  const started = await supervisorIn(dataFolder()).start(
    spec(['port={port}'], {
      env: { HOST: '127.0.0.1:{port}' },
      readiness: { port: { kind: 'chosen' }, probe },
    }),
  );
  const environment = await (await fetch(`http://127.0.0.1:${started.port}/environment`)).json();
  expect(environment).toMatchObject({ HOST: `127.0.0.1:${started.port}` });
});

test.each([
  { ends: 'ends', flags: [] },
  { ends: 'stays', flags: ['stay-without-port'] },
])(
  'a program that finds its chosen port taken and $ends is started again with another one',
  async ({ flags }) => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const taken = typeof address === 'object' && address ? address.port : 0;
    const supervisor = supervisorIn(dataFolder());
    const seen: number[] = [];
    supervisor.onChange((process) => {
      if (process.state === 'STARTING') seen.push(process.pid);
    });
    // The first three runs want the taken port whatever they are told; the program counts its runs by its log.
    const script = `
    const fs = require('node:fs');
    const runs = fs.readdirSync(process.env.RUNS).length;
    fs.writeFileSync(process.env.RUNS + '/' + process.pid, '');
    process.argv.push(${JSON.stringify(flags)}.join(' '), 'port=' + (runs < 3 ? ${taken} : process.env.PORT));
    import(${JSON.stringify(PROGRAM)});`;
    const started = await supervisor.start(
      spec([], {
        args: ['-e', script],
        env: { RUNS: dataFolder(), PORT: '{port}' },
        readiness: { port: { kind: 'chosen' }, probe },
      }),
    );
    holder.close();
    expect(seen).toHaveLength(4);
    expect(started.port).not.toBe(taken);
  },
);

test('when every chosen port is taken it is said so', async () => {
  const base = spec([], { args: ['-e', 'console.log("bind: address already in use"); process.exit(1)'] });
  const error = await supervisorIn(dataFolder())
    .start({ ...base, readiness: { port: { kind: 'chosen' }, probe } })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PortTakenError);
});

test.each([
  {
    what: 'a missing program',
    changes: { command: '/nowhere/at-all' },
    says: /no program \/nowhere\/at-all/,
  },
  { what: 'a file that is no program', changes: { command: PROGRAM }, says: /may not be executed/ },
  { what: 'a missing folder', changes: { cwd: '/nowhere' }, says: /the folder is missing/ },
  { what: 'an argument that cannot be', changes: { args: ['a\0b'] }, says: /cannot be run/ },
])('$what is refused with what to do, and leaves nothing', async ({ changes, says }) => {
  const folder = dataFolder();
  const error = await supervisorIn(folder)
    .start(spec([], changes))
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProgramNotRunnableError);
  expect(String(error)).toMatch(says);
  expect(recordsIn(folder)).toEqual([]);
});

test('a data folder that takes no record starts nothing', async () => {
  const error = await supervisorIn(join(PROGRAM, 'data'))
    .start(spec())
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'PROCESS_RECORD_NOT_WRITTEN' });
});

test('several start at once, each with a port and a log of its own', async () => {
  const supervisor = supervisorIn(dataFolder());
  const started = await Promise.all(Array.from({ length: 4 }, () => supervisor.start(spec())));
  expect(new Set(started.map((one) => one.port)).size).toBe(4);
  expect(new Set(started.map((one) => one.output.path)).size).toBe(4);
  expect(supervisor.processes).toHaveLength(4);
  expect(started.every((one) => isAlive(one.pid))).toBe(true);
});

test('a start that is given up ends what it had begun', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  const giveUp = new AbortController();
  const reason = new Error('no longer wanted');
  supervisor.onChange((process) => {
    if (process.state === 'STARTING') giveUp.abort(reason);
  });
  await expect(supervisor.start(spec(['silent']), { signal: giveUp.signal })).rejects.toBe(reason);
  expect(livingIn(folder)).toEqual([]);
  expect(supervisor.processes).toEqual([]);
});

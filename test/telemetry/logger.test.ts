import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { BackendError, InvalidSettingError } from '../../src/domain/errors.ts';
import { createLogger, createLoggerOn, type LogSettings } from '../../src/telemetry/logger.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vramkeeper-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NOON = new Date(2026, 10, 21, 12, 4, 5, 67).getTime();

function logTo(settings: Partial<LogSettings> = {}) {
  const file = join(folder, 'deep', 'vramkeeper.log');
  const logger = createLogger({ level: 'info', format: 'text', file, ...settings }, new VirtualClock(NOON));
  return { logger, file, lines: () => readFileSync(file, 'utf8').split('\n').slice(0, -1) };
}

describe('for people', () => {
  test('a line is the time, the component and the message', () => {
    const { logger, lines } = logTo();
    logger.info('started');
    logger.child('QUEUE').info('a job came');
    expect(lines()).toEqual(['[12:04:05.067] [SYSTEM] started', '[12:04:05.067] [QUEUE] a job came']);
  });

  test('warnings and errors say so, and fields follow', () => {
    const { logger, lines } = logTo();
    logger
      .child('MONITOR')
      .warn('no answer', { url: 'http://x:1', tries: 3, why: 'it is "gone"', list: [1] });
    logger.error('broken', { error: new BackendError('LOAD_FAILED', 'retry', 'no room') });
    expect(lines()).toEqual([
      '[12:04:05.067] [MONITOR] warning: no answer url=http://x:1 tries=3 why="it is \\"gone\\"" list=[1]',
      '[12:04:05.067] [SYSTEM] error: broken error="no room (LOAD_FAILED)"',
    ]);
  });

  test('a line break in a message does not make a second record', () => {
    const { logger, lines } = logTo();
    logger.info('one\n[12:00:00.000] [SYSTEM] forged', { name: 'a\r\nb' });
    expect(lines()).toHaveLength(1);
  });

  test('a mistake of ours is followed by where it came from', () => {
    const { logger, lines } = logTo();
    logger.error('failed', { error: new TypeError('x is not a function') });
    const [head, ...stack] = lines();
    expect(head).toBe('[12:04:05.067] [SYSTEM] error: failed error="x is not a function"');
    expect(stack.length).toBeGreaterThan(0);
    for (const line of stack) expect(line).toMatch(/^ {4}at /);
  });
});

test('for programs every line is a JSON record', () => {
  const { logger, lines } = logTo({ format: 'json' });
  logger.child('ENGINE').warn('slow', { tookMs: 12 });
  expect(lines().map((line) => JSON.parse(line))).toEqual([
    { level: 'warn', time: NOON, component: 'ENGINE', message: 'slow', tookMs: 12 },
  ]);
});

test('what is below the level is left out', () => {
  const { logger, lines } = logTo({ level: 'warn' });
  logger.debug('no');
  logger.info('no');
  logger.child('API').warn('yes');
  expect(lines()).toEqual([expect.stringContaining('yes')]);
});

test('a second start appends, and a closed log drops what comes', () => {
  const first = logTo();
  first.logger.info('one');
  first.logger.close();
  first.logger.close();
  first.logger.info('lost');
  logTo().logger.info('two');
  expect(first.lines().map((line) => line.slice(-3))).toEqual(['one', 'two']);
});

test('a file that cannot be opened is a setting that is wrong', () => {
  expect(() => logTo({ file: folder })).toThrow(InvalidSettingError);
});

describe('prompts and outputs', () => {
  const SECRET = 'the treasure is under the oak';

  test.each([
    ['a prompt', { prompt: SECRET }],
    ['messages', { request: { kind: 'CHAT', messages: [{ role: 'USER', content: SECRET }] } }],
    ['messages deep inside', { job: { inner: { messages: [{ content: SECRET }] } } }],
    ['a list of inputs', { batch: [{ input: [SECRET] }] }],
    ['a result', { result: { text: SECRET, thinking: SECRET, raw: { response: SECRET } } }],
    ['output parts', { output: [{ channel: 'TEXT', text: SECRET }] }],
    ['variables of a request', { operation: 'submitJob', variables: { input: { prompt: SECRET } } }],
    ['bytes', { blob: Buffer.from(SECRET) }],
    ['a key', { headers: { Authorization: SECRET }, apiKey: SECRET }],
    ['content in a cause', { error: new Error('no', { cause: { prompt: SECRET } }) }],
    ['a map', { blobs: new Map([['a', SECRET]]) }],
  ])('are never in the log: %s', (_name, fields) => {
    const written: string[] = [];
    const logger = createLoggerOn(
      { write: (line) => void written.push(line) },
      'debug',
      new VirtualClock(NOON),
    );
    logger.info('a job', fields);
    expect(written).toHaveLength(1);
    expect(written[0]).not.toContain('oak');
    expect(written[0]).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 12));
    expect(written[0]).not.toContain(JSON.stringify([...Buffer.from('oak')]).slice(1, -1));
  });

  test('what tells about a job stays', () => {
    const written: string[] = [];
    const logger = createLoggerOn(
      { write: (line) => void written.push(line) },
      'debug',
      new VirtualClock(NOON),
    );
    logger.info('a job', {
      jobId: 'job_1',
      modelName: 'm',
      promptTokens: 3,
      tookMs: 4n,
      url: new URL('http://x/'),
    });
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      jobId: 'job_1',
      modelName: 'm',
      promptTokens: 3,
      tookMs: '4',
      url: 'http://x/',
    });
  });
});

describe('standard output', () => {
  const program = (lines: number) => `
    import { createLogger } from ${JSON.stringify(new URL('../../src/telemetry/logger.ts', import.meta.url).href)};
    const logger = createLogger({ level: 'info', format: 'text', file: null });
    for (let i = 0; i < ${lines}; i += 1) logger.info('line ' + i);
    process.stderr.write('survived');
  `;

  function run(lines: number) {
    return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program(lines)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  function ended(
    child: ReturnType<typeof run>,
  ): Promise<{ readonly code: number | null; readonly errors: string }> {
    const { promise, resolve } = Promise.withResolvers<{
      readonly code: number | null;
      readonly errors: string;
    }>();
    let errors = '';
    child.stderr.on('data', (part) => {
      errors += part;
    });
    child.on('close', (code) => resolve({ code, errors }));
    return promise;
  }

  test('gets every line before the process ends', async () => {
    const child = run(5000);
    let count = 0;
    child.stdout.on('data', (part: Buffer) => {
      count += part.toString().split('\n').length - 1;
    });
    expect(await ended(child)).toEqual({ code: 0, errors: 'survived' });
    expect(count).toBe(5000);
  });

  test('whose reader went away silences the log and nothing else', async () => {
    const child = run(50_000);
    child.stdout.destroy();
    expect(await ended(child)).toEqual({ code: 0, errors: 'survived' });
  });
});

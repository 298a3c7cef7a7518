import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader } from '../../../src/backend/supervisor/line-reader.ts';
import { OutputFile } from '../../../src/backend/supervisor/output-file.ts';
import { systemClock } from '../../../src/clock.ts';
import { silentLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { dataFolder, spec, supervisorIn } from './support/house.ts';

test('a flood is cut, the newest lines stay readable, and the program goes on writing', async () => {
  const limit = 64 * 1024;
  const started = await supervisorIn(dataFolder()).start(spec([], { logBytes: limit }));
  await fetch(`http://127.0.0.1:${started.port}/flood/5000000`);
  const { path } = started.output;
  await eventually(() => statSync(path).size <= limit / 2);
  expect(statSync(`${path}.old`).size).toBeLessThanOrEqual(limit);
  expect(statSync(`${path}.old`).mode & 0o777).toBe(0o600);
  await fetch(`http://127.0.0.1:${started.port}/print/after-the-cut`);
  await eventually(() => started.output.tail(1)[0] === 'after-the-cut');
  const written = readFileSync(path, 'latin1');
  expect(written).not.toContain('\0');
  const before = started.output.tail(100);
  expect(before.slice(1, -3).every((line) => /^x{200}$/.test(line) || line === '')).toBe(true);
  expect(before.length).toBeGreaterThan(50);
});

test('lines that come while the file is cut are followed without a gap', async () => {
  const path = join(dataFolder(), 'log');
  const { file, descriptor } = OutputFile.create({
    path,
    limitBytes: 4_000,
    clock: systemClock,
    logger: silentLogger,
  });
  const lines: string[] = [];
  file.follow((line) => lines.push(line));
  for (let number = 0; number < 500; number += 1) {
    writeFileSync(descriptor, `line ${number}\n`);
    if (number % 7 === 0) file.look();
  }
  file.look();
  expect(lines).toEqual(Array.from({ length: 500 }, (_, number) => `line ${number}`));
  expect(statSync(path).size + statSync(`${path}.old`).size).toBeLessThanOrEqual(4_000 + 100);
  expect(file.tail(30)).toEqual(lines.slice(-30));
  expect(file.tail(0)).toEqual([]);
  file.close();
  expect(file.tail(3)).toEqual(lines.slice(-3));
  expect(() =>
    OutputFile.create({ path, limitBytes: 4_000, clock: systemClock, logger: silentLogger }),
  ).toThrow(/EEXIST/);
});

test('a line is waited for in what was written before, and given up with its signal', async () => {
  const started = await supervisorIn(dataFolder()).start(spec());
  const match = await started.output.waitFor(/Listening on .*:(?<port>\d+)/g, new AbortController().signal);
  expect(match.groups?.port).toBe(String(started.port));
  const reason = new Error('enough');
  await expect(started.output.waitFor(/never/, AbortSignal.abort(reason))).rejects.toBe(reason);
  const giveUp = new AbortController();
  const waiting = started.output.waitFor(/never/, giveUp.signal);
  giveUp.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('a line that cannot come any more is not waited for', async () => {
  const supervisor = supervisorIn(dataFolder());
  const [dying, kept] = await Promise.all([supervisor.start(spec()), supervisor.start(spec())]);
  const waiting = dying.output.waitFor(/never/, new AbortController().signal);
  await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'OUTPUT_ENDED' }), dying.end()]);
  await expect(dying.output.waitFor(/Listening/, new AbortController().signal)).rejects.toMatchObject({
    code: 'OUTPUT_ENDED',
  });
  await kept.end();
});

test('any text in any pieces gives its lines', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '🎈', '\n', '\r\n'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (whole, sizes) => {
      const lines: string[] = [];
      const reader = new LineReader((line) => lines.push(line));
      const bytes = Buffer.from(whole);
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
      const complete = whole.split('\n').slice(0, -1);
      expect(lines).toEqual(complete.map((line) => line.replace(/\r$/, '')));
    }),
  );
});

test('a line without an end is handed on in pieces rather than kept for ever', () => {
  const pieces: string[] = [];
  const reader = new LineReader((line) => pieces.push(line));
  for (let i = 0; i < 100; i += 1) reader.push(Buffer.alloc(10_000, 'x'));
  expect(pieces.join('').length).toBeGreaterThan(900_000);
});

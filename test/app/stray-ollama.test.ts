/** An Ollama beside managed ones. */

import { afterEach, expect, test } from 'vitest';
import { StrayOllama, strayUrl } from '../../src/backend/ollama/stray-ollama.ts';
import { VirtualClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT_MS = 3_000;

const started: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of started.splice(0).reverse()) await stop();
});

async function ollama(): Promise<RunningVirtualOllama> {
  const server = await runVirtualOllama();
  started.push(() => server.stop());
  return server;
}

/** Waits for what is said, and moves on to the next look. */
function watch(url: string | null) {
  const clock = new VirtualClock();
  const said: string[] = [];
  const say = (level: string) => (message: string) => void said.push(`${level}: ${message}`);
  let changes = 0;
  const changed = () => {
    changes += 1;
  };
  const stray = new StrayOllama({ url, clock, logger: { info: say('info'), warn: say('warn') }, changed });
  started.push(() => stray.stop());
  return {
    stray,
    said,
    get changes() {
      return changes;
    },
    async untilSaid(count: number) {
      await eventually(
        () => said,
        ({ length }) => length >= count,
        {
          step() {
            const pauseMs = (clock.nextDue() ?? 0) - clock.now();
            // While an answer is awaited only its own limit is due.
            if (pauseMs > LIMIT_MS) clock.advance(pauseMs);
          },
        },
      );
    },
  };
}

test('is named when it appears, once, and when it is gone', async () => {
  const server = await ollama();
  const watched = watch(server.url);
  expect(watched.stray.found).toBeNull();
  watched.stray.start();
  await watched.untilSaid(1);
  expect(watched.said[0]).toMatch(
    /^warn: Another Ollama \(0\.33\.0\) answers at http.* beside the managed one.*--backend http/,
  );
  expect(watched.stray.found).toMatchObject({ url: server.url, version: '0.33.0' });
  await server.pause();
  await watched.untilSaid(2);
  await server.resume();
  await watched.untilSaid(3);
  expect(watched.said.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'warn: Another Ollama',
    'info: The other',
    'warn: Another Ollama',
  ]);
  expect(watched.changes).toBe(3);
});

test('nobody looks without an address', async () => {
  const watched = watch(null);
  watched.stray.start();
  await watched.stray.stop();
  expect(watched.stray.found).toBeNull();
});

test('is looked for where a backend is managed and that server is neither a backend nor this one', async () => {
  const { ollama: alternatives, ...config } = await loadConfig({}, { env: {}, cwd: '/', home: '/' });
  const { attached, managed } = alternatives;
  const at = (over: Partial<Config>) =>
    strayUrl({ ...config, backends: [managed], strayOllamaUrl: attached.url, ...over });
  expect(at({})).toBe('http://127.0.0.1:11434');
  expect(at({ backends: [attached] })).toBeNull();
  expect(at({ backends: [managed, attached] })).toBeNull();
  expect(at({ port: 11_434 })).toBeNull();
  expect(at({ strayOllamaUrl: null })).toBeNull();
});

/** What is found in a server's memory is said to be whose it is. */
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, TestApp, testConfig } from './test-app.ts';

const MODEL = 'smollm:360m';

/** A further server on the same data, and what it logs. */
async function again(t: TestApp) {
  const lines: string[] = [];
  const logger = createLoggerOn({ write: (line: string) => void lines.push(line) }, 'info', systemClock);
  const app = createApp(testConfig(t.dataDir, [attached(t.ollama.url)]), { logger });
  await app.start();
  return { client: new AppClient(app), said: () => lines.filter((line) => line.includes('is taken over')) };
}

const keepAliveOf = (t: TestApp) => t.ollama.core.scheduler.runners()[0]?.sessionMs;

it('a model that we loaded before a restart is ours, and gets its keep-alive back at the end', async () => {
  await using t = await TestApp.start();
  await t.ended(await t.generate(MODEL));
  await t.app.stop({ graceMs: 0 });
  const { client, said } = await again(t);
  await eventually(() => said().length > 0);
  expect(said().join()).toMatch(/smollm:360m was loaded by this server before on ollama/);
  expect((await client.ended(await client.generate(MODEL))).status).toBe('COMPLETE');
  await client.app.stop({ graceMs: 0 });
  expect(keepAliveOf(t)).toBe(300_000);
});

it('a model that somebody else loaded meanwhile is not', async () => {
  await using t = await TestApp.start();
  await t.ended(await t.generate(MODEL));
  await t.app.stop({ graceMs: 0 });
  const body = JSON.stringify({ model: 'gemma:2b', options: { num_ctx: 4096 } });
  await fetch(`${t.ollama.url}/api/generate`, { method: 'POST', body });
  const { client, said } = await again(t);
  await eventually(() => said().length === 2);
  expect(said().find((line) => line.includes('gemma:2b'))).toMatch(/by someone else/);
  expect(said().find((line) => line.includes(MODEL))).toMatch(/by this server before/);
  await client.app.stop({ graceMs: 0 });
});

it('a model that is found again after a loss of the connection is still ours', async () => {
  await using t = await TestApp.start();
  await t.app.stop({ graceMs: 0 });
  const { client, said } = await again(t);
  await client.ended(await client.generate(MODEL));
  await t.ollama.pause();
  await eventually(
    async () => (await client.query('{ backends { health } }')).backends[0].health === 'UNREACHABLE',
  );
  await t.ollama.resume();
  await eventually(() => said().length > 0);
  expect(said().join()).toMatch(/by this server before/);
  await client.app.stop({ graceMs: 0 });
});

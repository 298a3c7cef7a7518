/** A whole server over an Ollama that wants a key. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { keyProxy } from '../support/key-proxy.ts';
import { AppClient, attached, testConfig } from './test-app.ts';

const KEY = 'sk-canary-4711';
const TEAM = 'team-canary-0815';
const headers = { authorization: `Bearer ${KEY}`, 'x-team': TEAM };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backend-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ALL = `{ health { status problems { code message } } backends { name url health problem version
  gpus { name index } instances { modelName status } } models(first: 20) { nodes { name } } }`;

test('the key and the headers of a backend go with every request to it, and to nobody else', async () => {
  await using ollama = await runVirtualOllama({ speed: 50 });
  await using proxy = await keyProxy(ollama.url, headers);
  const logged: string[] = [];
  const logger = createLoggerOn({ write: (line) => void logged.push(line) }, 'debug', systemClock);
  const backend = attached(proxy.url, { headers });
  const app = createApp(testConfig(folder, [backend]), { logger });
  await app.start();
  try {
    const t = new AppClient(app);
    const health = async () => (await t.query(ALL)).backends[0].health;
    await eventually(health, (seen) => seen === 'HEALTHY');
    const told: string[] = [];
    const model = 'qwen2.5:0.5b';
    expect((await t.ended(await t.generate(model))).status).toBe('COMPLETE');
    const embed = await t.submit({ model: 'all-minilm', request: { embed: { input: ['one'] } } });
    expect((await t.ended(embed.job.id)).status).toBe('COMPLETE');
    const whole = await t.query(ALL);
    expect(whole.backends[0].gpus).toHaveLength(1);
    told.push(JSON.stringify(whole));
    // A key that is no good any more: jobs wait, and what to set is said.
    proxy.wants({ authorization: 'Bearer another' });
    await eventually(health, (seen) => seen === 'UNREACHABLE');
    const id = await t.generate(model);
    const waiting = await t.jobWhen(id, (job) => job.waiting?.reason === 'BACKEND_DOWN');
    const down = await t.query(ALL);
    expect(down.backends[0].problem).toMatch(/401|Authorization Required/);
    expect(down.backends[0].problem).toContain('VRAMKEEPER_BACKEND_KEY');
    told.push(JSON.stringify([waiting, down]));
    proxy.wants(headers);
    expect((await t.ended(id)).status).toBe('COMPLETE');
    for (const secret of [KEY, TEAM]) {
      expect(told.join('\n')).not.toContain(secret);
      expect(logged.join('\n')).not.toContain(secret);
    }
    expect(logged.join('\n')).toContain('Lost a backend');
  } finally {
    await app.stop({ graceMs: 0 });
  }
});

/** A server that puts part of a model on the CPU although it was asked for whole: the model is let go, and its job waits with the reason. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { GiB } from '../../src/domain/units.ts';
import { httpServer, json } from '../backend/ollama/raw-server.ts';
import { eventually } from '../support/eventually.ts';
import { attached, TestApp, testConfig } from './test-app.ts';

const MODEL = 'half:latest';
const DIGEST = 'd'.repeat(64);

test('a model that went to the CPU in part is unloaded, and its job waits for more room', async () => {
  let loaded = false;
  const unloads: unknown[] = [];
  await using ollama = await httpServer((request, response) => {
    switch (request.path) {
      case '/api/version':
        return json(response, 200, { version: '0.33.0' });
      case '/api/tags':
        return json(response, 200, {
          models: [{ name: MODEL, model: MODEL, size: 4 * GiB, digest: DIGEST, details: {} }],
        });
      case '/api/show':
        return json(response, 200, {
          modelfile: `FROM /blobs/sha256-${'a'.repeat(64)}`,
          details: {},
          model_info: {},
          capabilities: ['completion'],
        });
      case '/api/ps': {
        const half = { name: MODEL, digest: DIGEST, size: 6 * GiB, size_vram: 3 * GiB, context_length: 4096 };
        return json(response, 200, {
          models: loaded ? [{ ...half, expires_at: '2318-01-01T00:00:00Z' }] : [],
        });
      }
      default:
        loaded = request.body.keep_alive !== 0;
        if (!loaded) unloads.push(request.body);
        return json(response, 200, { model: MODEL, response: '', done: true });
    }
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-app-'));
  const gpus = [{ probe: 'fixed', index: 0, totalBytes: 8 * GiB }] as const;
  const app = createApp(testConfig(dataDir, [attached(ollama.url, { gpus })]));
  await app.start();
  try {
    const t = Object.assign(Object.create(TestApp.prototype), { app, dataDir }) as TestApp;
    const id = await t.generate(MODEL);
    const waits = (job: { waiting: { reason: string } | null }) => job.waiting?.reason === 'VRAM';
    const job = await t.jobWhen(
      id,
      (each) => waits(each) && /partly on the CPU/.test(each.waiting.explanation),
    );
    expect(job.waiting.explanation).toMatch(/although 8\.0 GiB were free/);
    const { stats } = await t.query('{ stats { swaps { loads spills } } }');
    expect(stats.swaps).toEqual({ loads: 0, spills: 1 });
    await eventually(() => !loaded);
    expect(unloads).toMatchObject([{ model: MODEL, keep_alive: 0 }]);
    const { decisions } = await t.query('{ decisions(first: 50) { nodes { explanation } } }');
    const said = decisions.nodes.map((each: { explanation: string }) => each.explanation).join(' ');
    expect(said).toMatch(/Only 50 % of half:latest went to the GPU/);
  } finally {
    await app.stop({ graceMs: 0 });
    await rm(dataDir, { recursive: true, force: true });
  }
});

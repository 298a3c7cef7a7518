/** The doctor looks at GPUs and models by what the server uses, so that both see the same. */
import { describe, expect, test } from 'vitest';
import { checkOllama } from '../../src/backend/ollama/answer.ts';
import { gpuFindings } from '../../src/cli/doctor/doctor-gpus.ts';
import { systemClock } from '../../src/clock.ts';
import type { BackendConfig } from '../../src/config/config.ts';
import { testConfig } from '../app/test-app.ts';
import { deadUrl, httpServer } from '../backend/ollama/raw-server.ts';
import { dcgmMetrics } from '../monitor/exporter-metrics.ts';

const METRICS = dcgmMetrics([
  { gpu: 0, uuid: 'GPU-a', model: 'A100', used: 1024, free: 3072 },
  { gpu: 1, uuid: 'GPU-b', model: 'A100', used: 0, free: 2048 },
]);

async function found(
  gpus: BackendConfig['gpus'],
  url = 'http://box.invalid:11434',
): Promise<readonly string[]> {
  const backend: BackendConfig = {
    name: 'box',
    type: 'ollama',
    url,
    parallel: 1,
    maxLoadedModels: null,
    gpus,
  };
  const findings = await gpuFindings(backend, testConfig('/tmp', [backend]), true, systemClock);
  return findings.map(({ level, text }) => `${level} ${text}`);
}

describe('the doctor sees', () => {
  test('the cards of an exporter, those alone that the settings name', async () => {
    await using exporter = await httpServer((_asked, response) => response.end(METRICS));
    const probe = { probe: 'prometheus', url: `${exporter.url}/metrics`, intervalMs: 15_000 } as const;
    expect(await found([{ ...probe, index: null }])).toEqual([
      expect.stringMatching(/^ok GPU 0: A100, 4\.0 GiB, 1\.0 GiB in use/),
      expect.stringMatching(/^ok GPU 1: A100, 2\.0 GiB, 0 B in use/),
    ]);
    expect(await found([{ ...probe, index: 1 }])).toEqual([expect.stringMatching(/^ok GPU 1: /)]);
    expect(await found([{ ...probe, index: 7 }])).toContainEqual(
      expect.stringMatching(/^fail There is no GPU 7: the prometheus probe sees 0, 1\. Check the index/),
    );
  });

  test('the virtual cards of a server that has some, else none where it is on another machine', async () => {
    const card = { index: 0, uuid: 'v', name: 'Virtual', totalBytes: 2 ** 30, usedBytes: 0, processes: [] };
    await using virtual = await httpServer((_asked, response) =>
      response.end(JSON.stringify({ gpus: [card] })),
    );
    expect(await found('auto', virtual.url)).toEqual([expect.stringMatching(/^ok GPU 0: Virtual, 1\.0 GiB/)]);
  });

  test('why a card cannot be read', async () => {
    const url = `${await deadUrl()}/metrics`;
    const [said] = await found([{ probe: 'prometheus', url, index: null, intervalMs: null }]);
    expect(said).toMatch(/^fail /);
  });
});

describe('whoever asks what an Ollama has', () => {
  const MODEL = { name: 'qwen3:8b', digest: 'd', size: 1 };
  test.each([
    ['models', [MODEL], ['qwen3:8b']],
    ['no models, as older servers write it', null, []],
    [
      'models of another host beside its own',
      [MODEL, { ...MODEL, name: 'big:cloud', remote_host: 'x' }],
      ['qwen3:8b'],
    ],
  ])('reads %s as the server does', async (_what, models, names) => {
    await using ollama = await httpServer(({ path }, response) =>
      response.end(JSON.stringify(path === '/api/tags' ? { models } : { version: '0.33.0' })),
    );
    expect(await checkOllama({ url: ollama.url }, systemClock)).toEqual({
      kind: 'answers',
      version: '0.33.0',
      models: names,
    });
  });
});

import { expect, test } from 'vitest';
import { runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { MIB, type Regime } from '../../src/virtual-ollama/settings.ts';
import { eventually } from '../support/eventually.ts';
import { ask, askJson } from './client.ts';
import { bodyOf, differences, readRecording, recordedCatalog } from './recordings.ts';

/** After these the recorder waited until the unload was done. */
const WAITS_FOR_UNLOAD = new Set(['unload', 'unload embed', 'embed unload by embed']);

async function askEverything(file: string, regime: Regime): Promise<{ same: number; differ: string[] }> {
  const recording = readRecording(file);
  await using server = await runVirtualOllama({
    regime,
    version: '0.0.0',
    catalog: recordedCatalog(recording),
    library: [],
    gpus: regime === 'classic' ? [] : [{ totalBytes: 1_100 * MIB }],
    contextLength: 2_048,
    maxLoadedModels: 12,
    speed: 20,
  });
  const differ: string[] = [];
  let same = 0;
  for (const recorded of recording) {
    const { method, path, headers } = recorded.request;
    if (path.startsWith('/v1')) continue;
    const got = await ask(server.url, path, bodyOf(recorded), { method, ...(headers ? { headers } : {}) });
    const found = differences(got, recorded);
    if (found.length > 0) differ.push(`${recorded.name}: ${found.join('; ')}`);
    else same++;
    if (WAITS_FOR_UNLOAD.has(recorded.name)) {
      await eventually(async () => (await askJson(server.url, '/api/ps')).value.models.length === 0);
    }
  }
  return { same, differ };
}

test('answers every recorded request outside /v1 as v0.33 did', async () => {
  expect(await askEverything('v0.33.0-rc2.jsonl', 'llama-server')).toEqual({ same: 128, differ: [] });
});

test('answers every recorded request outside /v1 as v0.24 did, in the classic regime', async () => {
  expect(await askEverything('v0.24.0.jsonl', 'classic')).toEqual({ same: 128, differ: [] });
});

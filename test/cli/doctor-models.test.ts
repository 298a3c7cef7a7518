/** The doctor compares names of models as the server does. */
import { expect, test } from 'vitest';
import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import { modelsFinding } from '../../src/cli/doctor/doctor-backend.ts';
import type { Config } from '../../src/config/config.ts';
import { testConfig } from '../app/test-app.ts';

function missingOf(configured: readonly string[], installed: readonly string[]): string {
  const models: Config['models'] = Object.fromEntries(
    configured.map((name) => [name, { contextLength: null, parallel: null, keepAliveMs: null }]),
  );
  return modelsFinding('box', installed, ollamaNames, testConfig('/tmp', [], { models }), 'ollama pull').text;
}

test.each([
  ['without its tag', 'qwen3', 'qwen3:latest'],
  ['in upper case', 'Qwen3:8B', 'qwen3:8b'],
  ['with its host and namespace', 'registry.ollama.ai/library/qwen3:8b', 'qwen3:8b'],
  ['of a host with a port, without its tag', 'box:5000/mine/llama', 'box:5000/mine/llama:latest'],
  ['that its server writes in upper case', 'hf.co/owner/model:q4_k_m', 'hf.co/Owner/Model:Q4_K_M'],
])('a model %s is found', (_case, configured, installed) => {
  expect(missingOf([configured], [installed])).not.toContain('not these');
});

test('a model that is not there is named as the settings have it', () => {
  expect(missingOf(['Qwen3', 'other:1b'], ['other:1b'])).toContain('not these of the settings: Qwen3');
});

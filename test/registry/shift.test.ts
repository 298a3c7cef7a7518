/** A wish about what becomes of a full context: a variant of its own only where it differs from what the server does by itself. */
import { expect, test } from 'vitest';
import { queueKey } from '../../src/domain/queue-key.ts';
import { BOX, registryWith } from './fixture.ts';
import { BERT, LLAMA_8B, model } from './models.ts';

const registry = registryWith([
  model('llama:1', { facts: LLAMA_8B }),
  model('deepseek:1', { facts: { ...LLAMA_8B, architecture: 'deepseek2' } }),
  model('untold:1', { facts: null, family: 'deepseek2' }),
  model('bert:1', { facts: BERT, capabilities: ['embedding'] }),
]);

test.each([
  ['llama:1', undefined, undefined],
  ['llama:1', true, undefined],
  ['llama:1', false, false],
  ['deepseek:1', undefined, undefined],
  ['deepseek:1', false, undefined],
  ['deepseek:1', true, true],
  ['untold:1', true, true],
  ['untold:1', false, undefined],
  ['bert:1', false, undefined],
  ['bert:1', true, undefined],
])('%s with shift %s is loaded with %s', (name, asked, named) => {
  const found = registry.resolve(queueKey({ model: name, contextLength: null, shift: asked }), BOX);
  expect(found?.variant.options.shift).toBe(named);
  expect(Object.hasOwn(found?.variant.options ?? {}, 'shift')).toBe(named !== undefined);
});

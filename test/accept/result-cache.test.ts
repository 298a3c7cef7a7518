/** What makes two jobs the same to the cache of results. */
import { describe, expect, test } from 'vitest';
import { cacheOf } from '../../src/accept/result-cache.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { newJob, queueOf } from '../contract/store-fixtures.ts';

const rules = { maxAgeMs: 1_000, shared: false, models: [], clients: [] };
const info = { weights: 'abc' } as ModelInfo;
const request = { kind: 'GENERATE', prompt: 'Why?', options: { temperature: 0, seed: 1 } } as const;
const job = newJob({ request });
const keyOf = (changes: Partial<typeof job> = {}, more: Partial<typeof rules> = {}, of = info) =>
  cacheOf({ ...rules, ...more }, { ...job, ...changes }, of, true)?.key;

describe('another key has', () => {
  test.each<[string, string | undefined]>([
    ['another prompt', keyOf({ request: { ...request, prompt: 'Why not?' } })],
    ['another seed', keyOf({ request: { ...request, options: { ...request.options, seed: 2 } } })],
    [
      'another option',
      keyOf({ request: { ...request, options: { ...request.options, extra: { top_k: 1 } } } }),
    ],
    ['another name of the weights, whose template may be another', keyOf({ modelName: 'alias' })],
    ['another context', keyOf({ queue: `${queueOf('llama3')}#8192` as typeof job.queue })],
    ['another client', keyOf({ client: 'bob' })],
    ['other weights by the same name', keyOf({}, {}, { weights: 'def' } as ModelInfo)],
  ])('%s', (_name, key) => {
    expect(key).toMatch(/^(abc|def)\.[0-9a-f]{64}$/);
    expect(key).not.toBe(keyOf());
  });
});

test('the same key has what differs in nothing that a model is told', () => {
  expect(keyOf({ id: newJob().id, priority: 'HIGH', request: { ...request, echo: { user: 'ann' } } })).toBe(
    keyOf(),
  );
  expect(keyOf({ client: 'bob' }, { shared: true })).toBe(keyOf({}, { shared: true }));
});

test.each<[string, Partial<typeof job>]>([
  ['a temperature', { request: { ...request, options: { temperature: 0.1, seed: 1 } } }],
  ['no seed', { request: { ...request, options: { temperature: 0 } } }],
  ['probabilities, which are in the records alone', { request: { ...request, logprobs: true } }],
  ['several models', { fallback: { asked: [], choices: [], afterMs: null } }],
])('nothing is shared of a job with %s', (_name, changes) => {
  expect(keyOf(changes)).toBeUndefined();
});

test('it is asked for by the job, or by the settings for a model or a client', () => {
  const wish = (more: Partial<typeof rules> | null, own?: boolean) =>
    cacheOf(more && { ...rules, ...more }, job, info, own) !== undefined;
  expect([wish({}), wish({}, true), wish(null, true)]).toEqual([false, true, false]);
  const named = { models: [job.modelName] as never[], clients: [] };
  expect([wish(named), wish(named, false)]).toEqual([true, false]);
  expect(wish({ clients: [job.client] as never[] })).toBe(true);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runCall } from '../../../src/backend/ollama/request-body.ts';
import { RUNNER_OPTION_NAMES } from '../../../src/domain/model.ts';
import type { BlobHash, JobRequest } from '../../../src/domain/request.ts';

const RUNNER = { num_ctx: 8192, num_gpu: 999 };
const IMAGE = `sha256:${'1'.repeat(64)}` as BlobHash;
const BLOBS = new Map([[IMAGE, new TextEncoder().encode('hello').subarray(1, 4)]]);

/** What goes over the wire. */
function sent(request: JobRequest) {
  const { endpoint, body } = runCall({ modelName: 'm:latest', request, blobs: BLOBS }, RUNNER);
  return { endpoint, body: JSON.parse(JSON.stringify(body)) as Record<string, unknown> };
}

describe('the request for a job', () => {
  test('of a plain prompt names nothing that was not asked for', () => {
    expect(sent({ kind: 'GENERATE', prompt: 'hi' })).toEqual({
      endpoint: '/api/generate',
      body: { model: 'm:latest', stream: true, prompt: 'hi', options: RUNNER },
    });
  });

  test('carries everything that a prompt can have', () => {
    const request: JobRequest = {
      kind: 'GENERATE',
      prompt: 'hi',
      system: 's',
      suffix: 'x',
      raw: true,
      truncate: true,
      format: { type: 'object' },
      think: 'HIGH',
      images: [IMAGE],
      options: { maxTokens: 7, seed: 3, temperature: 0.5, extra: { top_k: 9, stop: ['a'] } },
    };
    expect(sent(request).body).toEqual({
      model: 'm:latest',
      stream: true,
      prompt: 'hi',
      system: 's',
      suffix: 'x',
      raw: true,
      truncate: true,
      format: { type: 'object' },
      think: 'high',
      images: [Buffer.from('ell').toString('base64')],
      options: { ...RUNNER, num_predict: 7, seed: 3, temperature: 0.5, top_k: 9, stop: ['a'] },
    });
  });

  test.each([
    ['OFF', false],
    ['ON', true],
    ['LOW', 'low'],
    ['MEDIUM', 'medium'],
    ['HIGH', 'high'],
    ['MAX', 'max'],
  ] as const)('says think %s as %s', (think, said) => {
    expect(sent({ kind: 'GENERATE', prompt: 'hi', think }).body.think).toBe(said);
  });

  test('carries a conversation with tools and images', () => {
    const call = [{ function: { name: 'f', arguments: { x: 1 } } }];
    const request: JobRequest = {
      kind: 'CHAT',
      messages: [
        { role: 'SYSTEM', content: 's' },
        { role: 'USER', content: 'u', images: [IMAGE] },
        { role: 'ASSISTANT', content: '', toolCalls: call },
        { role: 'TOOL', content: '1', toolName: 'f' },
      ],
      tools: [{ type: 'function' }],
      truncate: false,
      think: 'OFF',
    };
    expect(sent(request)).toEqual({
      endpoint: '/api/chat',
      body: {
        model: 'm:latest',
        stream: true,
        truncate: false,
        think: false,
        options: RUNNER,
        tools: [{ type: 'function' }],
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'u', images: [Buffer.from('ell').toString('base64')] },
          { role: 'assistant', content: '', tool_calls: call },
          { role: 'tool', content: '1', tool_name: 'f' },
        ],
      },
    });
  });

  test('carries the texts to embed', () => {
    expect(sent({ kind: 'EMBED', input: ['a', 'b'], truncate: false, dimensions: 3 })).toEqual({
      endpoint: '/api/embed',
      body: { model: 'm:latest', options: RUNNER, input: ['a', 'b'], truncate: false, dimensions: 3 },
    });
  });

  test('never lets a client change what would reload the model, nor how long it stays', () => {
    const extra = fc.dictionary(fc.constantFrom(...RUNNER_OPTION_NAMES, 'top_k'), fc.jsonValue());
    fc.assert(
      fc.property(extra, (given) => {
        const { body } = sent({ kind: 'GENERATE', prompt: 'hi', options: { extra: given as never } });
        const options = body.options as Record<string, unknown>;
        for (const name of RUNNER_OPTION_NAMES) {
          expect(options[name]).toBe(RUNNER[name as keyof typeof RUNNER]);
        }
        expect(body).not.toHaveProperty('keep_alive');
      }),
    );
  });

  test('is refused when an image of it is lost', () => {
    const request: JobRequest = {
      kind: 'GENERATE',
      prompt: 'hi',
      images: [`sha256:${'2'.repeat(64)}` as BlobHash],
    };
    expect(() => sent(request)).toThrow(
      expect.objectContaining({ code: 'REQUEST_REJECTED', remedy: 'none' }),
    );
  });
});

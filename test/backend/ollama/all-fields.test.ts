/** Nothing that a request can say gets lost on its way to Ollama: a field that is not here does not compile. */
import { describe, expect, test } from 'vitest';
import { emptyCall } from '../../../src/backend/ollama/load.ts';
import { runCall } from '../../../src/backend/ollama/request-body.ts';
import type {
  BlobHash,
  ChatMessage,
  JobKind,
  JobRequest,
  ModelOptions,
  RequestOf,
} from '../../../src/domain/request.ts';
import { JOB_KINDS } from '../../../src/kinds/kinds.ts';
import { variantOf } from './worlds.ts';

const IMAGE = `sha256:${'1'.repeat(64)}` as BlobHash;
const BLOBS = new Map([[IMAGE, new TextEncoder().encode('ell')]]);
const RUNNER = { num_ctx: 8192, num_gpu: 999 };

const OPTIONS: Required<ModelOptions> = { maxTokens: 7, seed: 3, temperature: 0.5, extra: { top_k: 9 } };

const TEXT = {
  truncate: true,
  format: { type: 'object' },
  think: 'HIGH',
  logprobs: true,
  topLogprobs: 4,
  debugRenderOnly: true,
  echo: { tools: [] },
  options: OPTIONS,
} as const;

const MESSAGE: Required<ChatMessage> = {
  role: 'Developer',
  content: 'u',
  thinking: 'hm',
  images: [IMAGE],
  toolCalls: [{ function: { name: 'f', arguments: { x: 1 } } }],
  toolName: 'f',
  toolCallId: 'call_1',
};

const WHOLE: { readonly [K in JobKind]: Required<RequestOf<K>> } = {
  GENERATE: {
    kind: 'GENERATE',
    ...TEXT,
    prompt: 'hi',
    system: 's',
    suffix: 'x',
    template: '{{ .Prompt }}',
    context: [1, 2, 3],
    raw: true,
    images: [IMAGE],
  },
  CHAT: { kind: 'CHAT', ...TEXT, messages: [MESSAGE], tools: [{ type: 'function' }] },
  EMBED: {
    kind: 'EMBED',
    input: ['a', ''],
    truncate: false,
    dimensions: 3,
    normalize: true,
    options: OPTIONS,
  },
};

const SENT_OPTIONS = { ...RUNNER, num_predict: 7, seed: 3, temperature: 0.5, top_k: 9 };
const SENT_TEXT = {
  stream: true,
  truncate: true,
  format: { type: 'object' },
  think: 'high',
  logprobs: true,
  top_logprobs: 4,
  _debug_render_only: true,
};
const BASE64 = Buffer.from('ell').toString('base64');

const SENT: Readonly<Record<JobKind, object>> = {
  GENERATE: {
    ...SENT_TEXT,
    prompt: 'hi',
    system: 's',
    suffix: 'x',
    template: '{{ .Prompt }}',
    context: [1, 2, 3],
    raw: true,
    images: [BASE64],
  },
  CHAT: {
    ...SENT_TEXT,
    messages: [
      {
        role: 'developer',
        content: 'u',
        thinking: 'hm',
        images: [BASE64],
        tool_calls: MESSAGE.toolCalls,
        tool_name: 'f',
        tool_call_id: 'call_1',
      },
    ],
    tools: [{ type: 'function' }],
  },
  EMBED: { input: ['a', ''], truncate: false, dimensions: 3 },
};

function bodyOf(request: JobRequest, runner: Parameters<typeof runCall>[1] = RUNNER): object {
  const { body } = runCall({ modelName: 'm:latest', request, blobs: BLOBS }, runner);
  return JSON.parse(JSON.stringify(body)) as object;
}

describe.each(JOB_KINDS)('the body of %s', (kind) => {
  test('carries everything that it can have', () => {
    expect(bodyOf(WHOLE[kind])).toEqual({ model: 'm:latest', ...SENT[kind], options: SENT_OPTIONS });
  });

  test.each(
    Object.keys(WHOLE[kind]).filter(
      (field) => !['kind', 'messages', 'input', 'normalize', 'echo'].includes(field),
    ),
  )('is another one without %s', (field) => {
    const { [field as 'options']: _, ...rest } = WHOLE[kind];
    expect(bodyOf(rest as JobRequest)).not.toEqual(bodyOf(WHOLE[kind]));
  });

  test('names the shift of the runner that it means, and not among the options', () => {
    for (const shift of [true, false])
      expect(bodyOf(WHOLE[kind], { ...RUNNER, shift })).toEqual({ ...bodyOf(WHOLE[kind]), shift });
  });
});

test('a load names the shift of its variant, and not among the options', () => {
  const variant = variantOf('m:latest', { options: { ...RUNNER, shift: false } });
  expect(emptyCall(variant, -1).body).toEqual({
    model: 'm:latest',
    options: RUNNER,
    shift: false,
    keep_alive: -1,
    stream: false,
  });
  expect(emptyCall(variantOf('m:latest'), -1).body).not.toHaveProperty('shift');
});

test('one text whose vector is wanted as the model made it is asked for by the older call', () => {
  const request = { kind: 'EMBED', input: ['a'], normalize: false } as const;
  const { endpoint, body } = runCall({ modelName: 'm:latest', request, blobs: BLOBS }, RUNNER);
  expect([endpoint, body?.prompt]).toEqual(['/api/embeddings', 'a']);
});

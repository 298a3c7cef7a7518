import { describe, expect, test } from 'vitest';
import {
  answerError,
  type Endpoint,
  ERROR_TABLE,
  errorRow,
} from '../../../src/backend/ollama/error-table.ts';

const BUSY = 'server busy, please try again.  maximum pending requests exceeded';
const NO_HOST =
  'pull model manifest: Get "https://registry.invalid/v2/x/y/manifests/latest": dial tcp: lookup registry.invalid: no such host';
const TOO_LONG =
  'the prompt is longer than the context length currently available to the model; increase the context length or shorten the prompt';
const STOPPED =
  'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details';
const NESTED = JSON.stringify({
  error: {
    code: 400,
    message: 'the request exceeds the available context size',
    type: 'exceed_context_size_error',
  },
});

/** Status (null: an error line in a stream), text, endpoint, row, code and remedy. Texts as v0.24 and v0.33 write them. */
const ANSWERS: readonly [number | null, string, Endpoint, string, string, string][] = [
  [404, "model 'llama9' not found", '/api/generate', 'model missing', 'MODEL_NOT_FOUND', 'none'],
  [404, "model 'llama9' not found", '/api/chat', 'model missing', 'MODEL_NOT_FOUND', 'none'],
  [404, "model 'llama9:latest' not found", '/api/show', 'model missing', 'MODEL_NOT_FOUND', 'none'],
  [
    404,
    'model "llama9" not found, try pulling it first',
    '/api/embed',
    'model missing',
    'MODEL_NOT_FOUND',
    'none',
  ],
  [404, "model '' not found", '/api/generate', 'model missing', 'MODEL_NOT_FOUND', 'none'],
  [400, 'model is required', '/api/chat', 'name missing or malformed', 'REQUEST_REJECTED', 'none'],
  [400, 'invalid model name', '/api/generate', 'name missing or malformed', 'REQUEST_REJECTED', 'none'],
  [400, 'name "a b" is invalid', '/api/show', 'name missing or malformed', 'REQUEST_REJECTED', 'none'],
  [404, "model 'x' not found", '/api/delete', 'model missing', 'MODEL_NOT_FOUND', 'none'],
  [404, 'model "x" not found', '/api/copy', 'model missing', 'MODEL_NOT_FOUND', 'none'],
  [400, 'name "a b" is invalid', '/api/delete', 'name missing or malformed', 'REQUEST_REJECTED', 'none'],
  [400, 'destination "a b" is invalid', '/api/copy', 'copy of a malformed name', 'REQUEST_REJECTED', 'none'],
  [400, 'source "a b" is invalid', '/api/copy', 'copy of a malformed name', 'REQUEST_REJECTED', 'none'],
  [
    null,
    'pull model manifest: file does not exist',
    '/api/pull',
    'model unknown to its registry',
    'MODEL_NOT_FOUND',
    'none',
  ],
  [
    500,
    'pull model manifest: file does not exist',
    '/api/pull',
    'model unknown to its registry',
    'MODEL_NOT_FOUND',
    'none',
  ],
  [null, NO_HOST, '/api/pull', 'registry out of reach', 'BACKEND_ERROR', 'retry'],
  [
    null,
    'max retries exceeded: unexpected EOF',
    '/api/pull',
    'registry out of reach',
    'BACKEND_ERROR',
    'retry',
  ],
  [
    null,
    'pull model manifest: 412: the model you are attempting to pull requires a newer version of Ollama.',
    '/api/pull',
    'newer Ollama needed',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    null,
    'write /models/blobs/sha256-1-partial: no space left on device',
    '/api/pull',
    'disk full',
    'BACKEND_ERROR',
    'none',
  ],
  [null, 'pull model manifest: unauthorized', '/api/pull', 'registry refused', 'REQUEST_REJECTED', 'none'],
  [
    null,
    'digest mismatch, file must be downloaded again',
    '/api/pull',
    'pull broken otherwise',
    'BACKEND_ERROR',
    'retry',
  ],
  [503, BUSY, '/api/generate', 'queue full', 'BACKEND_ERROR', 'wait'],
  [503, BUSY, '/api/embed', 'queue full', 'BACKEND_ERROR', 'wait'],
  [499, 'request canceled', '/api/chat', 'request cancelled while loading', 'BACKEND_ERROR', 'wait'],
  [
    400,
    '"minilm" does not support generate',
    '/api/generate',
    'capability missing',
    'REQUEST_REJECTED',
    'none',
  ],
  [400, '"minilm" does not support chat', '/api/chat', 'capability missing', 'REQUEST_REJECTED', 'none'],
  [
    400,
    'registry.ollama.ai/library/phi:mini does not support tools',
    '/api/chat',
    'capability missing',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    400,
    'registry.ollama.ai/library/phi:mini does not support insert',
    '/api/generate',
    'capability missing',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    400,
    '"phi:mini" does not support thinking',
    '/api/chat',
    'capability missing',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    400,
    'image generation models are not currently supported',
    '/api/generate',
    'image generation model',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    500,
    'error starting llama-server: fork/exec: no such file',
    '/api/generate',
    'engine failed to start or died while loading',
    'LOAD_FAILED',
    'retry',
  ],
  [
    500,
    'error starting llama-server: llama-server binary not found (checked: /usr/lib/ollama)',
    '/api/generate',
    'engine not installed',
    'LOAD_FAILED',
    'none',
  ],
  [
    500,
    'llama-server process has terminated: exit status 1: something',
    '/api/generate',
    'engine failed to start or died while loading',
    'LOAD_FAILED',
    'retry',
  ],
  [
    500,
    'llama-server process has terminated: signal: killed',
    '/api/embed',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  [
    500,
    'llama-server process no longer running: exit status 1 something',
    '/api/chat',
    'engine failed to start or died while loading',
    'LOAD_FAILED',
    'retry',
  ],
  [
    500,
    'llama-server reported out-of-memory during startup: ggml',
    '/api/chat',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  ...[
    'CUDA error: out of memory',
    'out of device memory',
    'cudaMalloc failed',
    'hipMalloc failed',
    'failed to allocate CUDA0 buffer',
    'allocation failed',
    'not enough memory',
    'insufficient memory',
    'VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'ErrorOutOfDeviceMemory',
  ].map((said): [number, string, Endpoint, string, string, string] => [
    500,
    `llama-server process has terminated: exit status 1: ${said}`,
    '/api/generate',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ]),
  [
    500,
    'timed out waiting for llama-server to start - loading',
    '/api/generate',
    'load stalled',
    'LOAD_FAILED',
    'retry',
  ],
  [500, 'invalid file magic', '/api/generate', 'model file unreadable', 'LOAD_FAILED', 'none'],
  [
    500,
    'model requires 40.2 GiB but only 22.1 GiB are available (after 1.0 GiB overhead)',
    '/api/generate',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  [500, 'MLX is not supported on linux', '/api/generate', 'engine not for this host', 'LOAD_FAILED', 'none'],
  [400, TOO_LONG, '/api/chat', 'prompt too long', 'REQUEST_REJECTED', 'none'],
  [400, NESTED, '/api/chat', 'prompt too long', 'REQUEST_REJECTED', 'none'],
  [
    400,
    'the input length exceeds the context length',
    '/api/embed',
    'prompt too long',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    501,
    'This server does not support embeddings. Start it with `--embeddings`',
    '/api/embed',
    'capability missing',
    'REQUEST_REJECTED',
    'none',
  ],
  [501, 'not implemented', '/api/embed', 'not started for embeddings', 'REQUEST_REJECTED', 'none'],
  [500, STOPPED, '/api/generate', 'engine died while generating', 'BACKEND_ERROR', 'retry'],
  [null, STOPPED, '/api/generate', 'engine died while generating', 'BACKEND_ERROR', 'retry'],
  [
    null,
    `${STOPPED}: CUDA error: out of memory`,
    '/api/chat',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  [
    null,
    'an error was encountered while running the model: unexpected EOF',
    '/api/chat',
    'engine died while generating',
    'BACKEND_ERROR',
    'retry',
  ],
  [
    400,
    'do embedding request: Post "http://127.0.0.1:4411/embedding": EOF',
    '/api/embed',
    'engine died while embedding',
    'BACKEND_ERROR',
    'retry',
  ],
  [
    400,
    'do embedding request: dial tcp: connection refused',
    '/api/embed',
    'engine died while embedding',
    'BACKEND_ERROR',
    'retry',
  ],
  [500, 'do embedding request: EOF', '/api/embed', 'anything else', 'BACKEND_ERROR', 'retry'],
  [
    500,
    'prediction aborted, token repeat limit reached',
    '/api/generate',
    'model repeats itself',
    'BACKEND_ERROR',
    'retry',
  ],
  [
    500,
    'option "num_ctx" must be of type integer',
    '/api/generate',
    'option of a wrong type',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    500,
    'invalid format: "xml"; expected "json" or a valid JSON Schema object',
    '/api/generate',
    'format unusable',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    403,
    'ollama cloud is disabled: remote model is unavailable',
    '/api/chat',
    'cloud or remote model',
    'REQUEST_REJECTED',
    'none',
  ],
  [401, 'unauthorized', '/api/chat', 'not signed in', 'REQUEST_REJECTED', 'none'],
  [
    502,
    'dial tcp: lookup ollama.com: no such host',
    '/api/chat',
    'proxy without a server behind it',
    'BACKEND_UNREACHABLE',
    'wait',
  ],
  [
    400,
    'this server cannot run this remote model',
    '/api/chat',
    'cloud or remote model',
    'REQUEST_REJECTED',
    'none',
  ],
  // The older regime.
  [
    500,
    'model requires more system memory (10.2 GiB) than is available (2.9 GiB)',
    '/api/generate',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  [
    500,
    'llama runner process has terminated: exit status 2',
    '/api/generate',
    'engine failed to start or died while loading',
    'LOAD_FAILED',
    'retry',
  ],
  [
    500,
    'llama runner process no longer running: -1 ',
    '/api/generate',
    'engine failed to start or died while loading',
    'LOAD_FAILED',
    'retry',
  ],
  [
    500,
    'timed out waiting for llama runner to start - progress 0.00 - ',
    '/api/generate',
    'load stalled',
    'LOAD_FAILED',
    'retry',
  ],
  [
    500,
    'memory layout cannot be allocated with num_gpu = 999',
    '/api/generate',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  [
    500,
    'failed to commit memory for model',
    '/api/generate',
    'out of memory',
    'OUT_OF_MEMORY',
    'free-memory',
  ],
  [
    500,
    'model failed to load, this may be due to resource limitations or an internal error, check ollama server logs for details',
    '/api/generate',
    'engine failed to start or died while loading',
    'LOAD_FAILED',
    'retry',
  ],
  // What no handler of Ollama says, but its router, a proxy or a stranger.
  [403, '', '/api/version', 'host or origin refused', 'BACKEND_UNREACHABLE', 'wait'],
  [404, '404 page not found', '/api/ps', 'no such path', 'BACKEND_ERROR', 'none'],
  [405, '405 method not allowed', '/api/ps', 'no such path', 'BACKEND_ERROR', 'none'],
  [404, '<html>nginx</html>', '/api/ps', 'redirected or unknown to the server', 'BACKEND_ERROR', 'none'],
  [301, '', '/api/ps', 'redirected or unknown to the server', 'BACKEND_ERROR', 'none'],
  [
    504,
    '<html>gateway timeout</html>',
    '/api/chat',
    'proxy without a server behind it',
    'BACKEND_UNREACHABLE',
    'wait',
  ],
  [429, 'slow down', '/api/chat', 'too many requests', 'BACKEND_ERROR', 'wait'],
  [500, 'unexpected EOF', '/api/generate', 'manifest half-written', 'BACKEND_ERROR', 'retry'],
  [
    500,
    "llama-server process has terminated: exit status 1: error loading model: unknown model architecture: 'x'",
    '/api/generate',
    'model file unreadable',
    'LOAD_FAILED',
    'none',
  ],
  [
    400,
    'raw mode does not support template, system, or context',
    '/api/generate',
    'refused otherwise',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    400,
    'illegal base64 data at input byte 0',
    '/api/generate',
    'refused otherwise',
    'REQUEST_REJECTED',
    'none',
  ],
  [
    400,
    'json: cannot unmarshal number into Go struct field',
    '/api/embed',
    'refused otherwise',
    'REQUEST_REJECTED',
    'none',
  ],
  [500, 'something new', '/api/generate', 'anything else', 'BACKEND_ERROR', 'retry'],
  [null, 'something new', '/api/generate', 'anything else', 'BACKEND_ERROR', 'retry'],
];

describe('the error table', () => {
  test.each(ANSWERS)('%s "%s" from %s is: %s', (status, text, endpoint, row, code, remedy) => {
    const body = JSON.stringify({ error: text });
    const error = answerError(endpoint, status, status === 404 && text.startsWith('404') ? text : body);
    expect([error.code, error.remedy]).toEqual([code, remedy]);
    const inner = text === NESTED ? 'the request exceeds the available context size' : text.trim();
    expect(errorRow({ endpoint, status, text: inner }).name).toBe(row);
    if (inner !== '') expect(error.message).toContain(inner);
    expect(error.message).toContain(errorRow({ endpoint, status, text: inner }).advice);
  });

  test('has an example for every row', () => {
    const seen = new Set(ANSWERS.map((answer) => answer[3]));
    expect(ERROR_TABLE.map((row) => row.name).filter((name) => !seen.has(name))).toEqual([]);
  });

  test.each([
    [
      'JSON in a JSON string',
      JSON.stringify({ error: JSON.stringify({ error: { code: 400, message: 'inner' } }) }),
      'inner',
    ],
    [
      'a relayed error',
      JSON.stringify({ StatusCode: 400, Status: '400 Bad Request', error: 'inner' }),
      'inner',
    ],
    ['an error object', JSON.stringify({ error: { message: 'inner' } }), 'inner'],
    ['no JSON', '<html>\n  <b>inner</b></html>', '<html> <b>inner</b></html>'],
    ['JSON without a text', '{"x":1}', '{"x":1}'],
  ])('finds the text in %s', (_what, body, text) => {
    expect(answerError('/api/chat', 400, body).message).toContain(`"${text}"`);
  });

  test('quotes no endless page', () => {
    expect(answerError('/api/chat', 500, 'x'.repeat(100_000)).message.length).toBeLessThan(1000);
  });
});

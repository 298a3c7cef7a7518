/** What Ollama answers when something is wrong, and what is made of it. */
import type { Endpoint } from '../../../src/backend/ollama/error-table.ts';

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

/** An engine's own error, as Ollama passes it on: JSON in a JSON string. */
function engineSays(code: number, message: string): string {
  return JSON.stringify({
    error: { code, message, type: code < 500 ? 'invalid_request_error' : 'server_error' },
  });
}

const OUT_OF_MEMORY = [
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
];

/** Status (null: an error line in a stream), text and endpoint. Texts as v0.24 and v0.33 write them. */
type Answer = readonly [number | null, string, Endpoint];

interface Row {
  readonly code: string;
  readonly remedy: string;
  readonly answers: readonly Answer[];
}

/** By the row of the error table that is meant for them. */
const BY_ROW: Readonly<Record<string, Row>> = {
  'model missing': {
    code: 'MODEL_NOT_FOUND',
    remedy: 'none',
    answers: [
      [404, "model 'llama9' not found", '/api/generate'],
      [404, "model 'llama9' not found", '/api/chat'],
      [404, "model 'llama9:latest' not found", '/api/show'],
      [404, 'model "llama9" not found, try pulling it first', '/api/embed'],
      [404, "model '' not found", '/api/generate'],
      [404, "model 'x' not found", '/api/delete'],
      [404, 'model "x" not found', '/api/copy'],
    ],
  },
  'name missing or malformed': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [400, 'model is required', '/api/chat'],
      [400, 'invalid model name', '/api/generate'],
      [400, 'name "a b" is invalid', '/api/show'],
      [400, 'name "a b" is invalid', '/api/delete'],
    ],
  },
  'copy of a malformed name': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [400, 'destination "a b" is invalid', '/api/copy'],
      [400, 'source "a b" is invalid', '/api/copy'],
    ],
  },
  'model unknown to its registry': {
    code: 'MODEL_NOT_FOUND',
    remedy: 'none',
    answers: [
      [null, 'pull model manifest: file does not exist', '/api/pull'],
      [500, 'pull model manifest: file does not exist', '/api/pull'],
    ],
  },
  'registry out of reach': {
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    answers: [
      [null, NO_HOST, '/api/pull'],
      [null, 'max retries exceeded: unexpected EOF', '/api/pull'],
    ],
  },
  'newer Ollama needed': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [
        null,
        'pull model manifest: 412: the model you are attempting to pull requires a newer version of Ollama.',
        '/api/pull',
      ],
    ],
  },
  'disk full': {
    code: 'BACKEND_ERROR',
    remedy: 'none',
    answers: [[null, 'write /models/blobs/sha256-1-partial: no space left on device', '/api/pull']],
  },
  'registry refused': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [[null, 'pull model manifest: unauthorized', '/api/pull']],
  },
  'pull broken otherwise': {
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    answers: [[null, 'digest mismatch, file must be downloaded again', '/api/pull']],
  },
  'queue full': {
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    answers: [
      [503, BUSY, '/api/generate'],
      [503, BUSY, '/api/embed'],
    ],
  },
  'request cancelled while loading': {
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    answers: [[499, 'request canceled', '/api/chat']],
  },
  'no text, or nothing known of it': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [400, '"minilm" does not support generate', '/api/generate'],
      [400, '"minilm" does not support chat', '/api/chat'],
    ],
  },
  'capability missing': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [400, 'registry.ollama.ai/library/phi:mini does not support tools', '/api/chat'],
      [400, 'registry.ollama.ai/library/phi:mini does not support insert', '/api/generate'],
      [400, '"phi:mini" does not support thinking', '/api/chat'],
      [501, 'This server does not support embeddings. Start it with `--embeddings`', '/api/embed'],
    ],
  },
  'image generation model': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [[400, 'image generation models are not currently supported', '/api/generate']],
  },
  'engine failed to start or died while loading': {
    code: 'LOAD_FAILED',
    remedy: 'retry',
    answers: [
      [500, 'error starting llama-server: fork/exec: no such file', '/api/generate'],
      [500, 'llama-server process has terminated: exit status 1: something', '/api/generate'],
      [500, 'llama-server process no longer running: exit status 1 something', '/api/chat'],
      [500, 'llama runner process has terminated: exit status 2', '/api/generate'],
      [500, 'llama runner process no longer running: -1 ', '/api/generate'],
      [
        500,
        'model failed to load, this may be due to resource limitations or an internal error, check ollama server logs for details',
        '/api/generate',
      ],
    ],
  },
  'engine not installed': {
    code: 'LOAD_FAILED',
    remedy: 'retry',
    answers: [
      [
        500,
        'error starting llama-server: llama-server binary not found (checked: /usr/lib/ollama)',
        '/api/generate',
      ],
    ],
  },
  'out of memory': {
    code: 'OUT_OF_MEMORY',
    remedy: 'free-memory',
    answers: [
      [500, 'llama-server process has terminated: signal: killed', '/api/embed'],
      [500, 'llama-server reported out-of-memory during startup: ggml', '/api/chat'],
      ...OUT_OF_MEMORY.map(
        (said): Answer => [
          500,
          `llama-server process has terminated: exit status 1: ${said}`,
          '/api/generate',
        ],
      ),
      [
        500,
        'model requires 40.2 GiB but only 22.1 GiB are available (after 1.0 GiB overhead)',
        '/api/generate',
      ],
      [null, `${STOPPED}: CUDA error: out of memory`, '/api/chat'],
      [500, 'model requires more system memory (10.2 GiB) than is available (2.9 GiB)', '/api/generate'],
      [500, 'memory layout cannot be allocated with num_gpu = 999', '/api/generate'],
      [500, 'failed to commit memory for model', '/api/generate'],
    ],
  },
  'load stalled': {
    code: 'LOAD_FAILED',
    remedy: 'retry',
    answers: [
      [500, 'timed out waiting for llama-server to start - loading', '/api/generate'],
      [500, 'timed out waiting for llama runner to start - progress 0.00 - ', '/api/generate'],
    ],
  },
  'model file unreadable': {
    code: 'LOAD_FAILED',
    remedy: 'none',
    answers: [
      [500, 'invalid file magic', '/api/generate'],
      [
        500,
        'tensor "blk.23.attn_output.weight" offset+size (38064608) exceeds file size (38061808)',
        '/api/generate',
      ],
      [500, 'open /models/blobs/sha256-4c2ba7646e6d: no such file or directory', '/api/embed'],
      ...[
        "llama_model_load: error loading model: tensor 'blk.3.ffn_up.weight' data is not within the file bounds, model is corrupted or incomplete",
        "error loading model: missing tensor 'output_norm.weight'",
        "error loading model: error loading model vocabulary: unknown pre-tokenizer type: 'new'",
        'error loading model: done_getting_tensors: wrong number of tensors; expected 255, got 254',
        'error loading model hyperparameters: key not found in model: llama.context_length',
      ].map((words): readonly [number, string, Endpoint] => [
        500,
        `llama-server process has terminated: exit status 1: ${words}`,
        '/api/generate',
      ]),
      [
        500,
        "llama-server process has terminated: exit status 1: error loading model: unknown model architecture: 'x'",
        '/api/generate',
      ],
    ],
  },
  'engine not for this host': {
    code: 'LOAD_FAILED',
    remedy: 'none',
    answers: [[500, 'MLX is not supported on linux', '/api/generate']],
  },
  'prompt too long': {
    code: 'CONTEXT_LENGTH_EXCEEDED',
    remedy: 'none',
    answers: [
      [400, TOO_LONG, '/api/chat'],
      [400, NESTED, '/api/chat'],
      [400, 'the input length exceeds the context length', '/api/embed'],
      [400, 'input after truncation exceeds maximum context length', '/api/embed'],
      [500, 'request (9000 tokens) exceeds the available context size (4096 tokens)', '/api/chat'],
      [
        500,
        'input (900 tokens) is too large to process. increase the physical batch size (current batch size: 512)',
        '/api/embed',
      ],
    ],
  },
  'not started for embeddings': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [[501, 'not implemented', '/api/embed']],
  },
  'engine died while generating': {
    code: 'ENGINE_DIED',
    remedy: 'retry',
    answers: [
      [500, STOPPED, '/api/generate'],
      [null, STOPPED, '/api/generate'],
      [null, 'an error was encountered while running the model: unexpected EOF', '/api/chat'],
    ],
  },
  'engine died while embedding': {
    code: 'ENGINE_DIED',
    remedy: 'retry',
    answers: [
      [400, 'do embedding request: Post "http://127.0.0.1:4411/embedding": EOF', '/api/embed'],
      [400, 'do embedding request: dial tcp: connection refused', '/api/embed'],
    ],
  },
  'anything else': {
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    answers: [
      [500, 'do embedding request: EOF', '/api/embed'],
      [500, 'something new', '/api/generate'],
      [null, 'something new', '/api/generate'],
    ],
  },
  'model repeats itself': {
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    answers: [[500, 'prediction aborted, token repeat limit reached', '/api/generate']],
  },
  'option of a wrong type': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [[500, 'option "num_ctx" must be of type integer', '/api/generate']],
  },
  'format unusable': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [[500, 'invalid format: "xml"; expected "json" or a valid JSON Schema object', '/api/generate']],
  },
  'cloud or remote model': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [403, 'ollama cloud is disabled: remote model is unavailable', '/api/chat'],
      [400, 'this server cannot run this remote model', '/api/chat'],
    ],
  },
  'not signed in': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [401, 'unauthorized', '/api/chat'],
      [401, 'unauthorized', '/api/generate'],
    ],
  },
  'key wanted or refused': {
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    answers: [
      [401, '', '/api/version'],
      [401, 'unauthorized', '/api/ps'],
      [401, '<html>401 Authorization Required</html>', '/api/chat'],
      [407, 'proxy authentication required', '/api/version'],
    ],
  },
  'refused by what stands before it': {
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    answers: [
      [403, 'forbidden', '/api/version'],
      [403, '<html>403 Forbidden</html>', '/api/tags'],
    ],
  },
  'proxy without a server behind it': {
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    answers: [
      [502, 'dial tcp: lookup ollama.com: no such host', '/api/chat'],
      [504, '<html>gateway timeout</html>', '/api/chat'],
    ],
  },
  'host or origin refused': {
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    answers: [[403, '', '/api/version']],
  },
  'no such path': {
    code: 'BACKEND_ERROR',
    remedy: 'none',
    answers: [
      [404, '404 page not found', '/api/ps'],
      [405, '405 method not allowed', '/api/ps'],
    ],
  },
  'redirected or unknown to the server': {
    code: 'BACKEND_ERROR',
    remedy: 'none',
    answers: [
      [404, '<html>nginx</html>', '/api/ps'],
      [301, '', '/api/ps'],
    ],
  },
  'too many requests': {
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    answers: [
      [429, 'slow down', '/api/chat'],
      [408, '', '/api/generate'],
    ],
  },
  'not available at present': {
    code: 'BACKEND_UNREACHABLE',
    remedy: 'busy',
    answers: [
      [503, '<html>Service Unavailable</html>', '/api/chat'],
      [503, 'no healthy upstream', '/api/version'],
    ],
  },
  'embedding without a number': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [500, 'failed to encode response: json: unsupported value: NaN', '/api/embed'],
      [400, 'json: unsupported value: +Inf', '/api/embed'],
      [500, 'the embedding holds NaN', '/api/embed'],
    ],
  },
  'grammar unusable': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [500, 'failed to parse grammar', '/api/chat'],
      [null, 'Failed to initialize samplers: failed to parse grammar', '/api/generate'],
      [500, 'failed to create grammar sampler', '/api/generate'],
      [500, 'JSON schema conversion failed: unsupported regex', '/api/chat'],
      [500, engineSays(400, 'Unable to generate parser for this template and json_schema'), '/api/chat'],
    ],
  },
  'template failed': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [500, 'template: :1:14: executing "" at <index .Messages 9>: error calling index', '/api/chat'],
      [
        500,
        engineSays(500, 'Jinja Exception: Conversation roles must alternate user/assistant'),
        '/api/chat',
      ],
      [500, 'failed to apply chat template', '/api/chat'],
    ],
  },
  'image unusable': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [400, 'illegal base64 data at input byte 0', '/api/generate'],
      [500, 'image: unknown format', '/api/chat'],
      [500, engineSays(400, 'Failed to load image or audio file'), '/api/chat'],
      [500, 'failed to decode image: unexpected EOF', '/api/generate'],
      [500, 'this model is missing data required for image input', '/api/chat'],
      [500, 'vision model only supports a single image per message', '/api/chat'],
    ],
  },
  'refused by the engine': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [500, engineSays(400, 'logit_bias is not what it should be'), '/api/chat'],
      [null, engineSays(422, 'a reason that nobody has met before'), '/api/generate'],
    ],
  },
  'tool call unreadable': {
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    answers: [
      [500, `error parsing tool call: raw='{"a"', err=unexpected end of JSON input`, '/api/chat'],
      [null, 'failed to parse tool call', '/api/chat'],
    ],
  },
  'manifest half-written': {
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    answers: [[500, 'unexpected EOF', '/api/generate']],
  },
  'refused otherwise': {
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    answers: [
      [400, 'raw mode does not support template, system, or context', '/api/generate'],
      [400, 'json: cannot unmarshal number into Go struct field', '/api/embed'],
    ],
  },
};

/** Each with the row, the code and the remedy that it gets. */
export const ANSWERS = Object.entries(BY_ROW).flatMap(([row, { code, remedy, answers }]) =>
  answers.map(([status, text, endpoint]) => [status, text, endpoint, row, code, remedy] as const),
);

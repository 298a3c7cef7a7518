/** Ollama's failures, row by row: this table alone looks at the text of its messages. */
import type { ErrorRow } from './error-row.ts';
import { PULL_ROWS } from './pull-error-rows.ts';
import { REQUEST_ROWS } from './request-error-rows.ts';

/** Ollama's own list of texts by which it recognises that memory ran out (llm/status.go), and its other words for it. */
const OUT_OF_MEMORY =
  /out[ -]of[ -](device[ -])?memory|cudamalloc failed|hipmalloc failed|failed to allocate|allocation failed|not enough memory|insufficient memory|out_of_device_memory|erroroutof(device|host)?memory|unable to allocate .* buffer|requires more system memory|requires .+ but only .+ (is|are) available|memory layout cannot be allocated|failed to commit memory|terminated: signal: killed/i;

/** Ollama's and its engine's words for a file that is cut off, damaged, gone, or of a kind that they do not know. */
const UNREADABLE =
  /invalid (file )?magic|invalid gguf|unsupported gguf|bad gguf|unsupported model format|unknown model architecture|unknown pre-tokenizer|exceeds file size|not within the file bounds|corrupted or incomplete|missing tensor|wrong number of tensors|check_tensor_dims|key not found in model|error loading model (architecture|hyperparameters|vocabulary)|blobs[/\\]sha256[^:]*: no such file/i;

const WRONG_KEY =
  'What stands before Ollama wants another key: set apiKey or headers of the backend, or VRAMKEEPER_BACKEND_KEY, and start vramkeeper anew.';

/** The first row that matches decides. */
export const ERROR_TABLE: readonly ErrorRow[] = [
  {
    name: 'model missing',
    status: [404, null],
    text: /^model ['"].*['"] not found/,
    code: 'MODEL_NOT_FOUND',
    remedy: 'none',
    advice: 'Pull the model on the backend, or correct its name.',
  },
  {
    name: 'name missing or malformed',
    status: [400],
    text: /^(model is required|invalid model name|name ".*" is invalid)/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Correct the model name.',
  },
  {
    name: 'copy of a malformed name',
    endpoint: '/api/copy',
    status: [400],
    text: /^(source|destination) ".*" is invalid/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Correct the model name.',
  },
  ...PULL_ROWS,
  {
    name: 'queue full',
    status: [503],
    text: /server busy/,
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    advice: 'Other clients keep its queue full (OLLAMA_MAX_QUEUE sets its length).',
  },
  {
    name: 'request cancelled while loading',
    status: [499],
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    advice: 'Another client gave up on the load that this request was waiting for.',
  },
  {
    name: 'out of memory',
    text: OUT_OF_MEMORY,
    engineDied: true,
    code: 'OUT_OF_MEMORY',
    remedy: 'free-memory',
    advice: 'Free GPU memory, or use a smaller context, quantization or model.',
  },
  {
    name: 'engine not installed',
    text: /llama-server binary not found|llama-server unavailable/,
    code: 'LOAD_FAILED',
    remedy: 'retry',
    advice: 'The Ollama installation is incomplete: reinstall it.',
  },
  {
    name: 'model file unreadable',
    text: UNREADABLE,
    code: 'LOAD_FAILED',
    remedy: 'none',
    advice: 'Pull the model again, or update Ollama if the model is newer than it.',
  },
  {
    name: 'engine not for this host',
    text: /MLX is not supported/,
    code: 'LOAD_FAILED',
    remedy: 'none',
    advice: 'This model needs another kind of machine; use its GGUF form.',
  },
  {
    name: 'engine failed to start or died while loading',
    text: /error starting llama-server|(llama-server|llama runner) process (has terminated|no longer running)|model failed to load/,
    code: 'LOAD_FAILED',
    remedy: 'retry',
    advice: "Look into Ollama's log for the reason.",
  },
  {
    name: 'load stalled',
    text: /timed out waiting for (llama-server|llama runner) to start/,
    code: 'LOAD_FAILED',
    remedy: 'retry',
    advice: 'The disk may be too slow (OLLAMA_LOAD_TIMEOUT sets how long a load may stand still).',
  },
  ...REQUEST_ROWS,
  {
    name: 'engine died while embedding',
    endpoint: ['/api/embed', '/api/embeddings'],
    status: [400],
    // Any error of the engine is answered 400 there, so a 400 alone is no proof of a bad request.
    text: /\bEOF\b|connection (refused|reset)|broken pipe|runner|llama-server/i,
    engineDied: true,
    code: 'ENGINE_DIED',
    remedy: 'retry',
    advice: "Look into Ollama's log if it happens again.",
  },
  {
    name: 'engine died while generating',
    text: /model runner has unexpectedly stopped|an error was encountered while running the model/,
    engineDied: true,
    code: 'ENGINE_DIED',
    remedy: 'retry',
    advice: "Look into Ollama's log if it happens again.",
  },
  {
    name: 'not signed in',
    status: [401],
    // Ollama's own refusal, of a cloud model; a proxy that wants a key refuses the other questions too.
    endpoint: ['/api/chat', '/api/generate', '/api/embed', '/api/embeddings', '/api/show'],
    text: /^unauthorized$/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Sign in on the backend (`ollama signin`).',
  },
  {
    name: 'key wanted or refused',
    status: [401, 407],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    advice: WRONG_KEY,
  },
  {
    name: 'host or origin refused',
    status: [403],
    text: /^$/,
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    advice:
      'Ollama on a loopback address answers only to local host names: use http://127.0.0.1:PORT, or set OLLAMA_HOST=0.0.0.0 there.',
  },
  {
    name: 'refused by what stands before it',
    status: [403],
    endpoint: ['/api/version', '/api/ps', '/api/tags'],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    advice: WRONG_KEY,
  },
  {
    name: 'no such path',
    status: [404, 405],
    text: /^40[45] /,
    code: 'BACKEND_ERROR',
    remedy: 'none',
    advice: 'No Ollama answers at this URL, or one that is too old.',
  },
  {
    name: 'manifest half-written',
    status: [500],
    text: /^unexpected EOF$/,
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice: 'A pull may be under way.',
  },
  {
    name: 'proxy without a server behind it',
    status: [502, 504],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    advice: 'Check that Ollama runs behind the proxy.',
  },
  {
    name: 'not available at present',
    status: [503],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'busy',
    advice: 'Check that Ollama runs where this address leads, and what its proxy allows.',
  },
  {
    name: 'too many requests',
    status: [408, 429],
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    advice:
      'What stands before Ollama lets fewer requests through than are sent: allow more there, or set a smaller `parallel`.',
  },
  {
    name: 'refused otherwise',
    status: [400, 403, 409, 413, 422],
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Correct the request.',
  },
  {
    name: 'redirected or unknown to the server',
    status: [300, 301, 302, 303, 304, 307, 308, 404, 405, 410],
    code: 'BACKEND_ERROR',
    remedy: 'none',
    advice: 'Check the URL of the backend.',
  },
  {
    name: 'anything else',
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice: "Look into Ollama's log.",
  },
];

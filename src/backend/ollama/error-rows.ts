/** Ollama's failures, row by row: the only place that looks at the text of its messages. */
import type { FailureCode, Remedy } from '../../domain/errors.ts';

export type Endpoint =
  | '/api/chat'
  | '/api/copy'
  | '/api/delete'
  | '/api/embed'
  | '/api/generate'
  | '/api/ps'
  | '/api/pull'
  | '/api/show'
  | '/api/tags'
  | '/api/version';

/** A failure as it came over the wire. */
export interface Answer {
  readonly endpoint: Endpoint;
  /** Null for an error line inside a stream whose status was 200 already. */
  readonly status: number | null;
  /** Its `error` text, or the whole body where there is none. */
  readonly text: string;
}

export interface ErrorRow {
  /** What the row is about, for tests and for people who read the table. */
  readonly name: string;
  /** Absent: any. An error line in a stream has no status and matches rows without one, and those that list null. */
  readonly status?: readonly (number | null)[];
  readonly endpoint?: Endpoint | readonly Endpoint[];
  readonly text?: RegExp;
  readonly code: FailureCode;
  readonly remedy: Remedy;
  /** What a person should do. */
  readonly advice: string;
}

/** Ollama's own list of texts by which it recognises that memory ran out (llm/status.go), and its other words for it. */
const OUT_OF_MEMORY =
  /out[ -]of[ -](device[ -])?memory|cudamalloc failed|hipmalloc failed|failed to allocate|allocation failed|not enough memory|insufficient memory|out_of_device_memory|erroroutof(device|host)?memory|unable to allocate .* buffer|requires more system memory|requires .+ but only .+ (is|are) available|memory layout cannot be allocated|failed to commit memory|terminated: signal: killed/i;

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
  {
    name: 'model unknown to its registry',
    endpoint: '/api/pull',
    text: /file does not exist|manifest unknown|repository does not exist|name unknown/i,
    code: 'MODEL_NOT_FOUND',
    remedy: 'none',
    advice: 'Its registry has no such model: correct the name and the tag.',
  },
  {
    name: 'newer Ollama needed',
    endpoint: '/api/pull',
    text: /requires a newer version of Ollama/i,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Update Ollama on the backend.',
  },
  {
    name: 'disk full',
    endpoint: '/api/pull',
    text: /no space left on device|not enough space on the disk|disk quota exceeded/i,
    code: 'BACKEND_ERROR',
    remedy: 'none',
    advice: "Free space on the backend's disk and pull again: what arrived is kept.",
  },
  {
    name: 'registry out of reach',
    endpoint: '/api/pull',
    text: /dial tcp|no such host|connection (refused|reset)|i\/o timeout|\bTLS\b|x509|network is unreachable|max retries exceeded|deadline exceeded|\bEOF\b|proxyconnect/i,
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice:
      "Ollama cannot reach the model's registry: check its host's network and HTTPS_PROXY, then pull again. What arrived is kept.",
  },
  {
    name: 'registry refused',
    endpoint: '/api/pull',
    text: /unauthorized|access denied|forbidden|insecure protocol|\b40[13]\b/i,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'The backend may not read it: sign in there (`ollama signin`), or correct the name.',
  },
  {
    name: 'pull broken otherwise',
    endpoint: '/api/pull',
    status: [500, null],
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice: "Pull again: what arrived is kept. If it happens again, look into Ollama's log.",
  },
  {
    name: 'queue full',
    status: [503],
    text: /server busy/,
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    advice: 'Other clients keep its queue full; it is tried again (OLLAMA_MAX_QUEUE sets the length).',
  },
  {
    name: 'request cancelled while loading',
    status: [499],
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    advice: 'Another client gave up on the load that this request was waiting for; it is tried again.',
  },
  {
    name: 'out of memory',
    text: OUT_OF_MEMORY,
    code: 'OUT_OF_MEMORY',
    remedy: 'free-memory',
    advice: 'Free GPU memory, or use a smaller context, quantization or model.',
  },
  {
    name: 'engine not installed',
    text: /llama-server binary not found|llama-server unavailable/,
    code: 'LOAD_FAILED',
    remedy: 'none',
    advice: 'The Ollama installation is incomplete: reinstall it.',
  },
  {
    name: 'model file unreadable',
    text: /invalid file magic|invalid gguf|unsupported gguf|unknown model architecture|unsupported model format/i,
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
  {
    name: 'prompt too long',
    text: /longer than the context length|exceeds? the (available )?context (length|size)|exceed_context_size/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Shorten the input, or ask for a larger context length.',
  },
  {
    name: 'capability missing',
    text: /^(?!raw mode).* does not support /,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Choose a model with that capability.',
  },
  {
    name: 'image generation model',
    text: /image generation models are not/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Choose a model that answers with text or embeddings.',
  },
  {
    name: 'not started for embeddings',
    endpoint: '/api/embed',
    status: [501],
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Choose an embedding model.',
  },
  {
    name: 'engine died while embedding',
    endpoint: '/api/embed',
    status: [400],
    // Any error of the engine is answered 400 there, so a 400 alone is no proof of a bad request.
    text: /\bEOF\b|connection (refused|reset)|broken pipe|runner|llama-server/i,
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice: "Look into Ollama's log if it happens again.",
  },
  {
    name: 'engine died while generating',
    text: /model runner has unexpectedly stopped|an error was encountered while running the model/,
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice: "Look into Ollama's log if it happens again.",
  },
  {
    name: 'model repeats itself',
    text: /token repeat limit reached/,
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice: 'Another seed, a higher temperature or a repeat penalty may help.',
  },
  {
    name: 'option of a wrong type',
    status: [500],
    text: /^option ".*" must be of type/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Correct the option.',
  },
  {
    name: 'format unusable',
    text: /^invalid format/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Give "json" or a JSON schema object.',
  },
  {
    name: 'cloud or remote model',
    text: /ollama cloud is disabled|cannot run this remote model/,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Choose a model that is stored on the backend.',
  },
  {
    name: 'not signed in',
    status: [401],
    // Ollama's own refusal, of a cloud model; a proxy that wants a key refuses the other questions too.
    endpoint: ['/api/chat', '/api/generate', '/api/embed', '/api/show'],
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
    advice: 'A pull may be under way; it is tried again.',
  },
  {
    name: 'proxy without a server behind it',
    status: [502, 503, 504],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    advice: 'Check that Ollama runs behind the proxy.',
  },
  {
    name: 'too many requests',
    status: [408, 429],
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    advice: 'It is tried again.',
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

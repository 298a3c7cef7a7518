/** What goes wrong with a pull, and with what else talks to a registry. */
import type { Endpoint, ErrorRow } from './error-row.ts';

/** A create pulls the model that it is made from. */
const WITH_REGISTRY: readonly Endpoint[] = ['/api/pull', '/api/push', '/api/create'];

export const PULL_ROWS: readonly ErrorRow[] = [
  {
    name: 'model unknown to its registry',
    endpoint: WITH_REGISTRY,
    text: /file does not exist|manifest unknown|repository does not exist|name unknown/i,
    code: 'MODEL_NOT_FOUND',
    remedy: 'none',
    advice: 'Its registry has no such model: correct the name and the tag.',
  },
  {
    name: 'newer Ollama needed',
    endpoint: WITH_REGISTRY,
    text: /requires a newer version of Ollama/i,
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    advice: 'Update Ollama on the backend.',
  },
  {
    name: 'disk full',
    endpoint: WITH_REGISTRY,
    text: /no space left on device|not enough space on the disk|disk quota exceeded/i,
    code: 'BACKEND_ERROR',
    remedy: 'none',
    advice: "Free space on the backend's disk and pull again: what arrived is kept.",
  },
  {
    name: 'registry out of reach',
    endpoint: WITH_REGISTRY,
    text: /dial tcp|no such host|connection (refused|reset)|i\/o timeout|\bTLS\b|x509|network is unreachable|max retries exceeded|deadline exceeded|\bEOF\b|proxyconnect/i,
    code: 'BACKEND_ERROR',
    remedy: 'retry',
    advice:
      "Ollama cannot reach the model's registry: check its host's network and HTTPS_PROXY, then pull again. What arrived is kept.",
  },
  {
    name: 'registry refused',
    endpoint: WITH_REGISTRY,
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
];

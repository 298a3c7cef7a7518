/** What it means when no answer came, or not a whole one. */
import { errors } from 'undici';
import { BackendError, type FailureCode, messageOf, type Remedy } from '../../domain/errors.ts';
import { TooLongError } from './ndjson.ts';

interface TransportRow {
  readonly codes: readonly string[];
  readonly code: FailureCode;
  readonly remedy: Remedy;
  readonly says: string;
}

/** By the `code` of Node's and undici's errors. */
export const TRANSPORT_TABLE: readonly TransportRow[] = [
  {
    codes: ['ECONNREFUSED'],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    says: 'Nothing listens at %s. %start, or correct the URL.',
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    says: 'The host name in %s cannot be resolved. Correct the URL or the name service.',
  },
  {
    codes: ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    says: 'The host of %s does not answer. Check that it is on and that no firewall is in between.',
  },
  {
    codes: ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE'],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    says: 'The connection to %s broke before the answer was complete. %name may have been stopped or restarted.',
  },
  {
    codes: ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    says: 'The backend at %s was stopped.',
  },
];

/** A server as people know it: both begin a sentence. */
export interface Product {
  readonly name: string;
  readonly start: string;
}

const OLLAMA: Product = { name: 'Ollama', start: 'Start Ollama there (`ollama serve`)' };

/** Makes a BackendError of whatever a request threw. `url` is for people. */
export function transportError(error: unknown, url: string, product = OLLAMA): BackendError {
  if (error instanceof BackendError) return error;
  if (error instanceof TooLongError) {
    const message = `${error.message} Check what listens at ${url}.`;
    return new BackendError('BACKEND_ERROR', 'none', message, { cause: error });
  }
  const code = codeOf(error);
  const row = TRANSPORT_TABLE.find((candidate) => candidate.codes.includes(code));
  if (row) {
    const { name, start } = product;
    const message = row.says
      .replace('%start', start)
      .replace('%name', name)
      .replace('%s', () => url);
    return new BackendError(row.code, row.remedy, message, { cause: error });
  }
  if (error instanceof errors.HTTPParserError) {
    return new BackendError(
      'BACKEND_ERROR',
      'none',
      `What listens at ${url} does not speak HTTP. Correct the URL.`,
      {
        cause: error,
      },
    );
  }
  return new BackendError('BACKEND_ERROR', 'retry', `The request to ${url} failed: ${messageOf(error)}`, {
    cause: error,
  });
}

/** Whether no server had the request: nobody took the connection. */
export function wasNeverSent(error: unknown): boolean {
  return codeOf(error instanceof BackendError ? error.cause : error) === 'ECONNREFUSED';
}

function codeOf(error: unknown): string {
  if (error === null || typeof error !== 'object') return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}

/** What an answer means that is none of GraphQL's. */
import { KeyRefusedError, RequestFailedError } from './errors.ts';

const LONGEST_QUOTE = 200;

export interface ForeignAnswer {
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Whether the same question may be answered later: the server is starting, stopping or busy. */
export function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

export function errorOf(answer: ForeignAnswer, hasKey: boolean): KeyRefusedError | RequestFailedError {
  const { url, status, contentType, text } = answer;
  const said = saidIn(text);
  if (status === 401) return new KeyRefusedError(url, hasKey);
  if (said.code !== '') return new RequestFailedError(`The server at ${url} refused this: ${said.message}`);
  const isPage = /html/i.test(contentType) || /^\s*<(!doctype|html)/i.test(text);
  const what = isPage ? 'a page' : said.message === '' ? 'nothing' : `"${said.message}"`;
  if (mayPass(status))
    return new RequestFailedError(
      `${url} answered with status ${status} and ${what}: a server that is starting or stopping, or a proxy without one behind it. Try again in a moment.`,
    );
  return new RequestFailedError(
    `What answers at ${url} is no vramkeeper server (status ${status}, ${what}). Correct --server or VRAMKEEPER_URL.`,
  );
}

/** Refusals that are made before GraphQL is asked have a code and a message. */
function saidIn(text: string): { readonly code: string; readonly message: string } {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === 'string' && typeof error.message === 'string')
      return { code: error.code, message: error.message };
  } catch {
    // No JSON: quoted as it is.
  }
  return { code: '', message: text.trim().replace(/\s+/g, ' ').slice(0, LONGEST_QUOTE) };
}

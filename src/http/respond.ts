/** Writes answers: JSON, refusals, and bodies that go on, at the pace of whoever reads them. */
import type { ServerResponse } from 'node:http';
import type { HttpRefusal } from './refusal.ts';

const BASE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** GraphiQL is one page with its scripts, styles, fonts and workers inside. */
const GRAPHIQL_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of every answer; what is more than data names a policy of its own. */
export const SECURE_HEADERS: Readonly<Record<string, string>> = {
  ...BASE_HEADERS,
  'content-security-policy': DATA_POLICY,
};

export function sendText(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(response, status, contentType, Buffer.from(text, 'utf8'), headers);
}

/** @param body null: the answer has none, as 304 */
export function sendBytes(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: Buffer | null,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...SECURE_HEADERS,
    ...headers,
    ...(body && { 'content-type': contentType, 'content-length': body.length }),
  });
  response.end(body ?? undefined);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendText(response, status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`, headers);
}

export function refusalBody({ code, message }: HttpRefusal): unknown {
  return { error: { code, message } };
}

/** Whether the answer goes on: as events, or in parts. */
export function isStream(fetched: Response): boolean {
  return /^(text\/event-stream|multipart\/)/.test(fetched.headers.get('content-type') ?? '');
}

const NEVER = new AbortController().signal;

/**
 * Sends what fetch-style code answered. What comes in parts is pulled only as fast as it is taken, and its source is told when
 * the reader leaves. One that goes on ends when `stopping` aborts; an answer that is only large is sent whole.
 */
export async function sendFetched(
  response: ServerResponse,
  fetched: Response,
  stopping: AbortSignal,
): Promise<void> {
  // As they were written, in which two spellings of one name would be two headers.
  const headers = Object.fromEntries(
    [...fetched.headers].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const contentType = fetched.headers.get('content-type') ?? 'application/json; charset=utf-8';
  // The only page among what is fetched.
  if (contentType.startsWith('text/html')) headers['content-security-policy'] = GRAPHIQL_POLICY;
  const goesOn = isStream(fetched);
  if (!goesOn && headers['transfer-encoding'] !== 'chunked') {
    sendText(response, fetched.status, contentType, await fetched.text(), headers);
    return;
  }
  // Named by the stream's writer for the connection, which is ours.
  const {
    connection: _connection,
    'content-encoding': _encoding,
    'transfer-encoding': _transfer,
    ...others
  } = headers;
  // Set, and not only written, so that whoever watches the connection sees what is sent on it.
  response.setHeader('content-type', contentType);
  response.writeHead(fetched.status, {
    ...SECURE_HEADERS,
    ...others,
    ...(goesOn && { 'x-accel-buffering': 'no' }),
  });
  response.flushHeaders();
  if (fetched.body) await sendStream(response, fetched.body, goesOn ? stopping : NEVER);
  response.end();
}

async function sendStream(
  response: ServerResponse,
  body: ReadableStream<Uint8Array>,
  stopping: AbortSignal,
): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  // Ending the source settles a read that waits for it. Whether that fails matters to no one: there is no reader left.
  const leave = () => void chunks.return?.(undefined)?.catch(() => {});
  response.once('close', leave);
  stopping.addEventListener('abort', leave, { once: true });
  if (stopping.aborted || response.closed) leave();
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      if (response.closed || stopping.aborted) break;
      if (!response.write(next.value)) await drained(response, stopping);
    }
  } catch (error) {
    if (!response.closed && !stopping.aborted) throw error;
  } finally {
    response.off('close', leave);
    stopping.removeEventListener('abort', leave);
    leave();
  }
}

function drained(response: ServerResponse, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    stopping.addEventListener('abort', done, { once: true });
    if (response.closed || stopping.aborted) done();
  });
}

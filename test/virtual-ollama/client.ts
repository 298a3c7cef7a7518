import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly contentType: string | null;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The connection broke before the answer was complete. */
  readonly cut: boolean;
}

export interface Asking {
  readonly answer: Promise<Answered>;
  /** Resolves with the first bytes of the body. */
  readonly firstBytes: Promise<string>;
  abort(): void;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request on a connection of its own. A body that is no text is sent as JSON. */
export function start(url: string, path: string, body?: unknown, options: AskOptions = {}): Asking {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = Promise.withResolvers<Answered>();
  const first = Promise.withResolvers<string>();
  first.promise.catch(() => {});
  answer.promise.catch(() => {});
  const { hostname, port } = new URL(url);
  const request: ClientRequest = httpRequest(
    {
      hostname,
      port,
      path,
      agent: false,
      method: options.method ?? (text === undefined ? 'GET' : 'POST'),
      headers: {
        ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
        ...options.headers,
      },
    },
    (response) => {
      let received = '';
      const end = (cut: boolean) =>
        answer.resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? null,
          headers: response.headers,
          body: received,
          cut,
        });
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        received += chunk;
        first.resolve(received);
      });
      response.on('end', () => end(false));
      response.on('error', () => end(true));
    },
  );
  request.on('error', (error) => {
    answer.reject(error);
    first.reject(error);
  });
  request.end(text);
  return { answer: answer.promise, firstBytes: first.promise, abort: () => request.destroy() };
}

export function ask(url: string, path: string, body?: unknown, options: AskOptions = {}): Promise<Answered> {
  return start(url, path, body, options).answer;
}

/** The objects of an answer, one a line. */
export function objects(answered: Answered): Record<string, unknown>[] {
  return answered.body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export async function askJson(url: string, path: string, body?: unknown, options: AskOptions = {}) {
  const answered = await ask(url, path, body, options);
  return { status: answered.status, value: JSON.parse(answered.body || 'null') };
}

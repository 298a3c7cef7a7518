/** Streamed chats, as a client sees them. */
import { Agent, request } from 'undici';

export interface Seen {
  /** From the request to the first byte of the answer's body, milliseconds. */
  readonly firstByteMs: number[];
  /** From the backend's stamp on a record to its arrival, milliseconds. */
  readonly chunkMs: number[];
  /** What the server says that the request waited in its queue, milliseconds. None of a backend. */
  readonly queuedMs: number[];
}

export function nothingSeen(): Seen {
  return { firstByteMs: [], chunkMs: [], queuedMs: [] };
}

/** So many chats at once, each of so many tokens. Their starts are spread over a second. */
export async function streamChats(
  url: string,
  count: number,
  tokens: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const agent = new Agent({ connections: null, pipelining: 1 });
  const seen = nothingSeen();
  try {
    await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        await new Promise((resolve) => setTimeout(resolve, (1_000 * at) / count));
        await streamChat(agent, url, tokens, headers, seen);
      }),
    );
    return seen;
  } finally {
    await agent.close();
  }
}

/** So many chats of one token, one after the other. */
export async function chatsInTurn(url: string, count: number): Promise<Seen> {
  const agent = new Agent({ connections: 1, pipelining: 1 });
  const seen = nothingSeen();
  try {
    for (let at = 0; at < count; at += 1) await streamChat(agent, url, 1, {}, seen);
    return seen;
  } finally {
    await agent.close();
  }
}

async function streamChat(
  dispatcher: Agent,
  url: string,
  tokens: number,
  headers: Readonly<Record<string, string>>,
  { firstByteMs, chunkMs, queuedMs }: Seen,
): Promise<void> {
  const startedAt = performance.now();
  const {
    statusCode,
    headers: told,
    body,
  } = await request(`${url}/api/chat`, {
    method: 'POST',
    dispatcher,
    headers,
    body: JSON.stringify(chat(tokens)),
  });
  const queued = told['x-queue-wait-ms'];
  if (queued !== undefined) queuedMs.push(Number(queued));
  let rest = '';
  let isFirst = true;
  for await (const bytes of body) {
    const now = performance.now();
    if (isFirst) firstByteMs.push(now - startedAt);
    isFirst = false;
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { created_at: stamp, done, error } = JSON.parse(line);
      if (error) throw new Error(error);
      if (!done) chunkMs.push(performance.timeOrigin + now - preciseMs(stamp));
    }
  }
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${rest}`);
}

export const MODEL = 'llama3.2:1b';

export function chat(tokens: number, more: object = {}): object {
  const messages = [{ role: 'user', content: 'Why is the sky blue?' }];
  return { model: MODEL, messages, options: { num_predict: tokens, num_ctx: 2_048 }, ...more };
}

/** `Date` drops what is finer than a millisecond. */
function preciseMs(stamp: string): number {
  const [whole = '', fraction = '0'] = stamp.slice(0, -1).split('.');
  return Date.parse(`${whole}Z`) + Number(`0.${fraction}`) * 1_000;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

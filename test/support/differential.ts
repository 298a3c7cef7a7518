/**
 * Sends the same requests to two servers of Ollama's API and tells where they answer differently: status, the headers that clients
 * look at, and the body but for times, durations and ids.
 */
import { type Answered, ask } from '../virtual-ollama/client.ts';

export interface Probe {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface CompareOptions {
  /** Two engines say different things: of their texts, vectors, tokens and counts only the presence is compared. */
  readonly generated?: 'same' | 'any';
  /** Replaced in every body before it is compared: paths, host names. */
  readonly masks?: readonly RegExp[];
}

export interface Difference {
  readonly probe: Probe;
  readonly what: 'status' | 'content-type' | 'allow' | 'location' | 'access-control-allow-origin' | 'body';
  readonly a: string;
  readonly b: string;
}

const HEADERS = ['content-type', 'allow', 'location', 'access-control-allow-origin'] as const;

/** Left out when zero, so that their presence is a matter of timing. */
const DURATION = /_duration$/;
const TIME = /^(created_at|modified_at|expires_at)$/;
/** What an engine makes up, and how much of it. */
const GENERATED = new Set([
  'response',
  'content',
  'thinking',
  'embedding',
  'embeddings',
  'context',
  'logprobs',
  'arguments',
  'rendered_template',
  'prompt_eval_count',
  'eval_count',
  'size_vram',
]);

function normalised(value: unknown, any: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => normalised(item, any));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !DURATION.test(key))
      .map(([key, item]) => {
        if (TIME.test(key)) return [key, 'TIME'];
        if (key === 'id' && typeof item === 'string') return [key, item.replace(/_.*/, '_ID')];
        return [key, any && GENERATED.has(key) ? 'GENERATED' : normalised(item, any)];
      }),
  );
}

/** Each line once: how many chunks an answer comes in is the engine's business. */
const collapsed = (lines: readonly string[]) => lines.filter((line, at) => line !== lines[at - 1]);

function comparable(answered: Answered, { generated = 'same', masks = [] }: CompareOptions): string {
  const masked = masks.reduce((text, mask) => text.replaceAll(mask, 'MASKED'), answered.body);
  const any = generated === 'any';
  const lines = masked.split('\n').map((line) => {
    try {
      return JSON.stringify(normalised(JSON.parse(line), any));
    } catch {
      return line;
    }
  });
  return (any ? collapsed(lines) : lines).join('\n');
}

async function answerOf(url: string, { path, body, method, headers }: Probe): Promise<Answered> {
  return ask(url, path, body, { method, ...(headers ? { headers } : {}) });
}

/** One request to both. @throws when one of them does not answer at all. */
export async function compareOne(
  a: string,
  b: string,
  probe: Probe,
  options: CompareOptions = {},
): Promise<readonly Difference[]> {
  const [one, other] = await Promise.all([answerOf(a, probe), answerOf(b, probe)]);
  const pairs: [Difference['what'], string, string][] = [
    ['status', String(one.status), String(other.status)],
    ...HEADERS.map((name): [Difference['what'], string, string] => [
      name,
      String(one.headers[name] ?? ''),
      String(other.headers[name] ?? ''),
    ]),
    ['body', comparable(one, options), comparable(other, options)],
  ];
  return pairs
    .filter(([, left, right]) => left !== right)
    .map(([what, left, right]) => ({ probe, what, a: left, b: right }));
}

/** All requests, one after the other, since some of them change what a server has. */
export async function compare(
  a: string,
  b: string,
  probes: readonly Probe[],
  options: CompareOptions = {},
): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const probe of probes) {
    for (const difference of await compareOne(a, b, probe, options)) found.push(difference);
  }
  return found;
}

const SHOWN = 300;
const cut = (text: string) => (text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length})` : text);

/** One line a difference, for people. */
export function tellDifference({ probe, what, a, b }: Difference): string {
  const headers = probe.headers ? ` ${JSON.stringify(probe.headers)}` : '';
  return `${probe.method} ${probe.path}${headers} ${cut(probe.body ?? '')}\n  ${what}: ${cut(a)}\n  ${' '.repeat(what.length)}  ${cut(b)}`;
}

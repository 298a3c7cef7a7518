import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ModelDescription } from '../../src/virtual-ollama/core/catalog.ts';
import type { Answered } from './client.ts';

/** One question put to a running Ollama, and what it answered, word for word. */
const RECORDED = z.object({
  name: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  status: z.number(),
  contentType: z.string().nullable(),
  body: z.string().default(''),
});
export type Recorded = z.infer<typeof RECORDED>;

export function readRecording(file: string): Recorded[] {
  const text = readFileSync(new URL(`../fixtures/recordings/${file}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => RECORDED.parse(JSON.parse(line)));
}

const TAGS = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      size: z.number(),
      details: z.object({ family: z.string(), parameter_size: z.string(), quantization_level: z.string() }),
    }),
  ),
});

/** The models that the recorded server had. */
export function recordedCatalog(recording: readonly Recorded[]): ModelDescription[] {
  const tags = recording.find(({ name }) => name === 'tags');
  return TAGS.parse(JSON.parse(tags?.body ?? '')).models.map(({ name, size, details }) => {
    const embedding = details.family === 'bert';
    return {
      name,
      weightsBytes: size,
      parameterSize: details.parameter_size,
      quantization: details.quantization_level,
      facts: {
        architecture: details.family,
        blockCount: embedding ? 2 : 15,
        contextLength: embedding ? 512 : 4_096,
        embeddingLength: embedding ? 64 : 256,
        feedForwardLength: embedding ? 192 : 704,
        headCount: embedding ? 2 : 8,
        headCountKv: embedding ? 2 : 8,
        vocabSize: 512,
        ...(embedding ? { poolingType: 1 } : {}),
      },
    };
  });
}

/** Left out when zero, so that their presence is a matter of timing. */
const METRICS = new Set([
  'prompt_eval_count',
  'prompt_eval_duration',
  'eval_count',
  'eval_duration',
  'load_duration',
  'total_duration',
]);

/** The keys and types of a value, as paths. What a model's own header holds is not compared. */
function shapeOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.length > 0 ? shapeOf(value[0], `${at}[]`) : [`${at}[]`];
  if (value === null || typeof value !== 'object') return [`${at}:${value === null ? 'null' : typeof value}`];
  if (at === '.model_info' || at === '.tensors[]') return [];
  return Object.entries(value)
    .filter(([key]) => !METRICS.has(key))
    .flatMap(([key, item]) => shapeOf(item, `${at}.${key}`));
}

function parse(line: string | undefined): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line ?? '');
  } catch {
    return undefined;
  }
}

const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
const withoutDigests = (text: string) => text.replace(/sha256[:-][0-9a-f]{64}/g, 'DIGEST').trim();

function compareLines(got: string | undefined, want: string | undefined, which: string): string[] {
  const [mine, theirs] = [parse(got), parse(want)];
  const [have, need] = [shapeOf(mine), shapeOf(theirs)];
  const differences = [
    ...need.filter((path) => !have.includes(path)).map((path) => `${which} line lacks ${path}`),
    ...have.filter((path) => !need.includes(path)).map((path) => `${which} line has besides ${path}`),
  ];
  for (const key of ['done', 'done_reason']) {
    if (mine?.[key] !== theirs?.[key]) differences.push(`${key} ${mine?.[key]}, recorded ${theirs?.[key]}`);
  }
  return differences;
}

/**
 * Whether an answer says the same as a recorded one: status and content type; an error to the letter, but for
 * digests; a success in the keys and types of its first and last line, and as one object or as a stream alike.
 */
export function differences(got: Answered, want: Recorded): string[] {
  const found: string[] = [];
  if (got.status !== want.status) found.push(`status ${got.status}, recorded ${want.status}`);
  if (got.contentType !== want.contentType)
    found.push(`type ${got.contentType}, recorded ${want.contentType}`);
  if (want.status >= 300 || !want.contentType?.includes('json')) {
    if (withoutDigests(got.body) !== withoutDigests(want.body))
      found.push(`body ${got.body}, recorded ${want.body}`);
    return found;
  }
  // A recording too long for the file is cut; what is loaded at some moments is a matter of timing.
  if (want.body.includes('…(cut)') || /^ps (empty|after)/.test(want.name)) return found;
  const [mine, theirs] = [linesOf(got.body), linesOf(want.body)];
  if (mine.length > 1 !== theirs.length > 1) found.push(`${mine.length} lines, recorded ${theirs.length}`);
  found.push(
    ...compareLines(mine.at(0), theirs.at(0), 'first'),
    ...compareLines(mine.at(-1), theirs.at(-1), 'last'),
  );
  return found;
}

/** The one body that the recording only describes. */
const LONG_INPUT = '(3000 times word, truncate false)';

export function bodyOf(recorded: Recorded): unknown {
  if (recorded.request.body !== LONG_INPUT) return recorded.request.body;
  return { model: 'all-minilm:latest', input: 'word '.repeat(3_000), truncate: false };
}

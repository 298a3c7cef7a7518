/** Large texts come to the thread that writes them without a copy, as they were. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SteadyClock, systemClock } from '../../src/clock.ts';
import type { JobRequest } from '../../src/domain/request.ts';
import { encodeSubmission } from '../../src/store/encode.ts';
import { handedOver, hasLargeText, takenOver } from '../../src/store/handing-over.ts';
import type { Operations } from '../../src/store/operation.ts';
import { WorkerLink } from '../../src/store/threads/worker-link.ts';
import { acceptOne, blobOf, newJob, submission } from '../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const LARGE = 300_000;
const TEXTS = ['word ', 'wörd € ', '👍 "\\\n\u0000'].map((piece) => piece.repeat(LARGE / piece.length + 1));

/** A large text in every place that may have one. */
const REQUESTS: readonly (readonly [string, (text: string) => JobRequest])[] = [
  ['a prompt', (prompt) => ({ kind: 'GENERATE', prompt, options: { maxTokens: 3 } })],
  ['a system message', (system) => ({ kind: 'GENERATE', prompt: 'x', system, raw: false })],
  ['one of some texts to embed', (text) => ({ kind: 'EMBED', input: ['a', text, 'b'] })],
  [
    'a message and a tool',
    (text) => ({
      kind: 'CHAT',
      messages: [
        { role: 'USER', content: 'x' },
        { role: 'USER', content: text, toolCallId: '1' },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: text, parameters: null } }],
    }),
  ],
];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

it('any JSON comes out as it went in, with all that is large as bytes between', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...TEXTS));
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.constantFrom(null, true, 0.5),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('json'), { maxKeys: 3 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      const before = structuredClone(value);
      const { value: handed, buffers } = await handedOver(value);
      expect(hasLargeText(handed)).toBe(false);
      expect(buffers.length > 0).toBe(hasLargeText(value));
      expect(takenOver(structuredClone(handed, { transfer: [...buffers] }))).toEqual(before);
      expect(value).toEqual(before);
    }),
    { numRuns: 60 },
  );
});

describe.each(REQUESTS)('%s that is large', (_where, requestOf) => {
  it('is stored as it was', async () => {
    const store = await openStore(join(directory.path, 'data'));
    try {
      for (const text of TEXTS) {
        const request = requestOf(text);
        const { id } = await acceptOne(store, { kind: request.kind, request });
        expect(await store.request(id)).toEqual(request);
      }
    } finally {
      await store.stop();
    }
  });
});

it('texts and images change hands, and what they were sent with is sent alone', async () => {
  const link = new WorkerLink<Operations>({
    name: 'writer',
    program: new URL('../../src/store/sqlite/writer.ts', import.meta.url),
    role: 'writer',
    settings: {
      dataDir: directory.path,
      serverId: 'srv_x',
      leaseMs: 30_000,
      groupLimit: 1_024,
      clock: new SteadyClock(systemClock).reading(),
    },
    now: () => 0,
    onReport: () => {},
    onDeath: () => {},
  });
  await link.ready();
  const [hash, bytes] = blobOf('an image');
  const job = newJob({ request: { kind: 'GENERATE', prompt: TEXTS[0] ?? '', images: [hash] } });
  const encoded = encodeSubmission(submission([job], { blobs: new Map([[hash, bytes]]) }));
  const { value: jobs, buffers } = await handedOver(encoded.jobs);
  const image = encoded.blobs.get(hash)?.buffer as ArrayBuffer;
  const other = link.call('setPriority', { id: job.id, priority: 'HIGH' });
  const answer = link.call('submit', { ...encoded, jobs }, { buffers: [...buffers, image] });
  expect([...buffers, image].map(({ detached }) => detached)).toEqual([true, true]);
  // The caller's own bytes are the caller's.
  expect(bytes.length).toBe('an image'.length);
  expect(await answer).toMatchObject({ kind: 'accepted', jobs: [{ id: job.id }] });
  expect(await other).toEqual({ kind: 'not-found' });
  await link.stop();
});

it('a large text that many jobs share changes hands once', async () => {
  const prompt = 'a'.repeat(300_000);
  const { value, buffers } = await handedOver(Array.from({ length: 50 }, () => ({ prompt })));
  expect(buffers).toHaveLength(1);
  expect(takenOver(structuredClone(value, { transfer: [...buffers] }))).toEqual(
    Array.from({ length: 50 }, () => ({ prompt })),
  );
});

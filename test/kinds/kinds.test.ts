/** The table of job kinds is whole, and says the same as the API. */
import { isInputObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BlobHash, JobRequest } from '../../src/domain/request.ts';
import { schema } from '../../src/graphql/schema.ts';
import { chat } from '../../src/kinds/chat.ts';
import { embed } from '../../src/kinds/embed.ts';
import { generate } from '../../src/kinds/generate.ts';
import type { JobKindSpec, ShapeOf } from '../../src/kinds/kind.ts';
import { blobsOf, JOB_KINDS, kindOf, mapImages } from '../../src/kinds/kinds.ts';
import { granted } from '../../src/kinds/wishes.ts';

/** Never run: the compiler must refuse each of these. */
export function forgotten(): unknown[] {
  const { input: _, ...withoutInput } = embed.shape;
  return [
    // @ts-expect-error a kind is missing
    { GENERATE: generate, CHAT: chat } satisfies { readonly [K in JobRequest['kind']]: JobKindSpec<K> },
    // @ts-expect-error a kind stands in the place of another
    { GENERATE: generate, CHAT: chat, EMBED: chat } satisfies {
      readonly [K in JobRequest['kind']]: JobKindSpec<K>;
    },
    // @ts-expect-error a field of the request has no schema
    withoutInput satisfies ShapeOf<'EMBED'>,
    // @ts-expect-error a field that the request does not have
    { ...embed.shape, voice: z.string() } satisfies ShapeOf<'EMBED'>,
    // @ts-expect-error a field of another type
    { ...embed.shape, dimensions: z.string() } satisfies ShapeOf<'EMBED'>,
    // @ts-expect-error a field that may be absent, where the request must have it
    { ...generate.shape, prompt: z.string().optional() } satisfies ShapeOf<'GENERATE'>,
    // @ts-expect-error what comes out of it is not said
    { ...embed, result: undefined } satisfies JobKindSpec<'EMBED'>,
  ];
}

function fieldsOf(type: string): readonly string[] {
  const found = schema.getType(type);
  if (!isInputObjectType(found)) throw new Error(`${type} is no input type.`);
  return Object.keys(found.getFields()).sort();
}

describe.each(JOB_KINDS)('%s', (kind) => {
  const { field, shape } = kindOf(kind);

  test('has the fields in the API that its schema reads', () => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}RequestInput`;
    expect(fieldsOf(type)).toEqual([...Object.keys(shape), 'options'].sort());
  });

  test('is one of those that the API lets choose', () => {
    expect(fieldsOf('JobRequestInput')).toContain(field);
  });
});

test.each(JOB_KINDS)(
  'a short form of %s is told by a field that the kind has, and by none of another kind',
  (kind) => {
    const { tellingField } = kindOf(kind);
    const having = JOB_KINDS.filter((each) => tellingField in kindOf(each).shape);
    expect(having).toEqual([kind]);
  },
);

test('the API has no kind that the table lacks', () => {
  expect(fieldsOf('JobRequestInput')).toEqual(JOB_KINDS.map((kind) => kindOf(kind).field).sort());
});

test('messages have the fields in the API that their schema reads', () => {
  const messages = chat.shape.messages as z.ZodType as z.ZodArray<z.ZodPipe<z.ZodObject>>;
  expect(fieldsOf('ChatMessageInput')).toEqual(Object.keys(messages.element.in.shape).sort());
});

describe('images', () => {
  const [a, b] = ['sha256:a', 'sha256:b'] as unknown as readonly [BlobHash, BlobHash];
  const withImages: readonly [JobRequest, readonly BlobHash[]][] = [
    [{ kind: 'GENERATE', prompt: 'x' }, []],
    [{ kind: 'GENERATE', prompt: 'x', images: [a, b, a] }, [a, b]],
    [{ kind: 'EMBED', input: ['x'] }, []],
    [
      {
        kind: 'CHAT',
        messages: [
          { role: 'USER', content: 'x', images: [b] },
          { role: 'tool', content: '', toolCallId: '1' },
          { role: 'USER', content: 'y', images: [a, b] },
        ],
      },
      [b, a],
    ],
  ];

  test.each(withImages)('are found wherever they are, each once: %#', (request, hashes) => {
    expect(blobsOf(request)).toEqual(hashes);
  });

  test.each(withImages)('are replaced, and nothing else is: %#', (request) => {
    const there = mapImages(request, (hash) => ({ hash }));
    expect(mapImages(there, ({ hash }) => hash)).toEqual(request);
  });
});

describe('wishes', () => {
  test.each([
    [{}, 'GENERATE', { contextLength: null, shift: null, dropped: [] }],
    [{ contextLength: 5_000, shift: false }, 'CHAT', { contextLength: 8_192, shift: false, dropped: [] }],
    [{ contextLength: 1 }, 'CHAT', { contextLength: 2_048, shift: null, dropped: [] }],
    [{ contextLength: 1e30 }, 'CHAT', { contextLength: 16_777_216, shift: null, dropped: [] }],
    [{ contextLength: 0 }, 'CHAT', { contextLength: null, shift: null, dropped: ['num_ctx'] }],
    [{ contextLength: Number.NaN }, 'CHAT', { contextLength: null, shift: null, dropped: ['num_ctx'] }],
    [
      { contextLength: Number.POSITIVE_INFINITY },
      'CHAT',
      { contextLength: null, shift: null, dropped: ['num_ctx'] },
    ],
    [{ shift: false }, 'EMBED', { contextLength: null, shift: null, dropped: ['shift'] }],
    [
      { others: { keep_alive: '5m', num_gpu: 0, main_gpu: undefined } },
      'GENERATE',
      { contextLength: null, shift: null, dropped: ['keep_alive', 'num_gpu'] },
    ],
  ] as const)('are honoured or named: %j', (wishes, kind, told) => {
    expect(granted(wishes, kind)).toEqual(told);
  });
});

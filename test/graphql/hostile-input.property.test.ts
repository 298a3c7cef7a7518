/** Whatever is sent to whichever field is taken, mended or refused with words, whatever the store: nothing makes the server fail. */
import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom, systemClock, systemRandom } from '../../src/clock.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { schema } from '../../src/graphql/schema.ts';
import { errorMasker } from '../../src/graphql/server/mask-error.ts';
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { recordingLogger } from '../http/support/test-server.ts';
import { temporaryDirectory } from '../store/support/stores.ts';
import { GraphQLApi } from '../support/graphql-api.ts';

let known: readonly string[] = [];

const BUILT_IN = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__typename',
];

const text = fc.oneof(
  fc.constantFrom(
    ...BUILT_IN,
    '',
    ' ',
    'qwen3:8b',
    '\ud800',
    'a\udfff',
    '\0',
    'job_',
    'job_\ud800',
    'x'.repeat(2_000),
  ),
  fc.constantFrom(
    'data:image/png;base64,',
    'data:,x',
    'iVBORw0K\nGgo=',
    'http://host/x.png',
    '1e400',
    '-1',
    '🂡',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constant(null).map(() => known[0] ?? ''),
  fc.nat(2).map((index) => known[index] ?? ''),
);
const int = fc.oneof(
  fc.constantFrom(0, -1, 1, 100, 101, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 0.5, -0),
  fc.integer(),
);
const number = fc.oneof(int, fc.constantFrom(1e308, 5e-324, -1e-9, Number.MAX_SAFE_INTEGER + 2));
const json = fc.oneof(
  { depthSize: 'small' },
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
  fc.constantFrom(...BUILT_IN).map((name) => JSON.parse(`{"${name}": {"${name}": 1}}`)),
  fc.constantFrom<unknown>('json', [], [[]], { type: 'object' }, { stop: [1] }, { seed: 1 }, { num_ctx: 1 }),
);
const wrong = fc.oneof(text, number, fc.boolean(), fc.constant(null), json);

function ofType(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return ofType(type.ofType, depth);
  if (isListType(type)) return fc.array(ofType(type.ofType, depth), { maxLength: 3 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name));
  if (isInputObjectType(type)) {
    if (depth > 6) return fc.constant({});
    const fields = Object.values(type.getFields());
    const shapes = Object.fromEntries(
      fields.map((field) => [field.name, mostlyOf(field.type, depth + 1, 12)] as const),
    );
    if (!type.isOneOf) {
      const requiredKeys = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name);
      return fc.record(shapes, { requiredKeys });
    }
    return fc.oneof(
      ...fields.map((field) => fc.record({ [field.name]: shapes[field.name] as fc.Arbitrary<unknown> })),
    );
  }
  switch (type.name) {
    case 'Boolean':
      return fc.boolean();
    case 'Int':
      return int;
    case 'Float':
    case 'Bytes':
    case 'Integer':
    case 'Milliseconds':
      return number;
    case 'DateTime':
      return fc.oneof(
        fc.constantFrom('2030-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z'),
        text,
      );
    case 'JSON':
      return json;
    case 'EventCursor':
      return fc.oneof(fc.constantFrom('Ab_-12xz.0', 'Ab_-12xz.zzzzzzzzzzz', 'Ab_-12xz.1.part'), text);
    default:
      return text;
  }
}

/** One in `odds` is of another type. */
function mostlyOf(type: GraphQLInputType, depth: number, odds: number): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: odds, arbitrary: ofType(type, depth) }, { weight: 1, arbitrary: wrong });
}

function variablesOf(args: readonly GraphQLArgument[]): fc.Arbitrary<Record<string, unknown>> {
  const shapes = Object.fromEntries(args.map((arg) => [arg.name, mostlyOf(arg.type, 0, 30)] as const));
  const requiredKeys = args.filter((arg) => isNonNullType(arg.type)).map((arg) => arg.name);
  return fc.record(shapes, { requiredKeys });
}

const maskError = errorMasker(recordingLogger().logger, seededRandom(1));

const ROOTS = [
  ['query', schema.getQueryType()],
  ['mutation', schema.getMutationType()],
  ['subscription', schema.getSubscriptionType()],
] as const;

const STORES: Readonly<Record<string, (dataDir: string) => Store | undefined>> = {
  memory: () => undefined,
  SQLite: (dataDir) =>
    createSqliteStore({ dataDir, clock: systemClock, serverId: newId('srv', systemClock, systemRandom) }),
};

describe.each(Object.entries(STORES))('with the %s store', (_store, storeIn) => {
  let api: GraphQLApi;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    folder = await temporaryDirectory();
    const store = storeIn(folder.path);
    api = await GraphQLApi.open(store ? { store } : {});
    known = [await api.submit(), api.system.instances[0]?.id ?? '', api.system.backends()[0]?.id ?? ''];
  });
  afterAll(async () => {
    await api.stop();
    await folder.remove();
  });

  describe.each(ROOTS)('any arguments of any %s', (operation, root) => {
    const fields = Object.values(root?.getFields() ?? {}).filter((field) => field.args.length > 0);
    it.each(fields.map((field) => [field.name, field] as const))('%s', async (_name, field) => {
      const declared = field.args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
      const given = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
      const selected = isCompositeType(getNamedType(field.type)) ? '{ __typename }' : '';
      const source = `${operation} (${declared}) { ${field.name}(${given}) ${selected} }`;
      await fc.assert(
        fc.asyncProperty(variablesOf(field.args), async (variables) => {
          for (const error of await errorsOf(api, operation, source, variables)) {
            const told = maskError(error);
            expect(told.extensions.code, String(error.cause ?? error.originalError ?? error)).not.toBe(
              'INTERNAL_ERROR',
            );
            expect(told.message).not.toBe('');
          }
        }),
        { numRuns: field.name.startsWith('submit') ? 400 : 100 },
      );
    });
  });
});

async function errorsOf(
  api: GraphQLApi,
  operation: string,
  source: string,
  variables: Record<string, unknown>,
) {
  if (operation !== 'subscription') return (await api.execute(source, variables)).errors ?? [];
  try {
    await (await api.subscribe(source, variables)).stop();
    return [];
  } catch (error) {
    if (error instanceof AggregateError) return error.errors;
    throw error;
  }
}

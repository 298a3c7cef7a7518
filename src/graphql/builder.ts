/** The one schema builder. The files in `types/` and `operations/` add to it; `schema.ts` builds. */
import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { Json } from '../domain/json.ts';
import type { GraphQLContext } from './context.ts';
import type { RawJson } from './raw-json.ts';
import { Bytes, DateTime, EventCursor, Integer, JsonScalar, Milliseconds, Vector } from './scalars.ts';

interface SchemaTypes {
  Context: GraphQLContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  /** What every connection carries beside its page. */
  Connection: { readonly count: () => number | Promise<number> };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: number };
    Bytes: { Input: number; Output: number };
    Integer: { Input: number; Output: number };
    Milliseconds: { Input: number; Output: number };
    JSON: { Input: Json; Output: Json | RawJson };
    Vector: { Input: never; Output: RawJson };
    EventCursor: { Input: string; Output: string };
  };
}

/** As Pothos completes them; for helpers that are generic over types of the schema. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    // Ids are the prefixed ones of domain/ids.ts, verbatim, so Node, node and nodes are our own (node.ts).
    clientMutationId: 'omit',
    cursorType: 'String',
    nodesOnConnection: { description: 'The objects of this page, without their cursors.' },
    edgesFieldOptions: { nullable: { list: false, items: false } },
    nodeFieldOptions: { nullable: false },
    pageInfoTypeOptions: { description: 'Where a page begins and ends, and whether there is more.' },
    firstArgOptions: { description: 'Take so many from the start of the range: 1 to 100.' },
    lastArgOptions: { description: 'Take so many from the end of the range: 1 to 100.' },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
    hasNextPageFieldOptions: { description: 'Whether more follows after `endCursor`.' },
    hasPreviousPageFieldOptions: { description: 'Whether more lies before `startCursor`.' },
    startCursorFieldOptions: { description: 'The cursor of the first edge; null on an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last edge; null on an empty page.' },
    cursorFieldOptions: {
      description: 'Send it as `after` or `before` to go on from here, in the same order.',
    },
  },
});

builder.addScalarType('DateTime', DateTime);
builder.addScalarType('Bytes', Bytes);
builder.addScalarType('Integer', Integer);
builder.addScalarType('Milliseconds', Milliseconds);
builder.addScalarType('JSON', JsonScalar);
builder.addScalarType('EventCursor', EventCursor);
builder.addScalarType('Vector', Vector);

builder.globalConnectionField('totalCount', (t) =>
  t.int({ description: 'How many there are on all pages.', resolve: (connection) => connection.count() }),
);

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});

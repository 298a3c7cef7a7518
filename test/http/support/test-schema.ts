/** A small schema with a field for each way in which an operation can go. */
import { GraphQLError } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { nextTurn, systemClock } from '../../../src/clock.ts';
import { StoreClosedError } from '../../../src/domain/errors.ts';
import { may, type Principal } from '../../../src/domain/principal.ts';
import { DemandStream } from '../../../src/events/demand-stream.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import { VramFeed } from '../../../src/events/vram-feed.ts';

export interface TestContext {
  readonly log: EventLog;
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

class Counter extends DemandStream<number> {
  #next = 1;
  readonly #to: number;
  readonly #failAt: number;

  constructor(to: number, failAt: number) {
    super();
    this.#to = to;
    this.#failAt = failAt;
  }

  protected async produce(): Promise<number | undefined> {
    await nextTurn();
    if (this.#next === this.#failAt) throw new Error('secret reason');
    return this.#next > this.#to ? undefined : this.#next++;
  }
}

export const testSchema = createSchema<TestContext>({
  typeDefs: /* GraphQL */ `
    type Query {
      hello(name: String): String!
      me: String!
      broken: String
      closed: String
      refused: String
      "So many characters."
      large(characters: Int!): String!
      "Answers when the caller is gone."
      lasting: String
      node: Node!
      nodes(ids: [ID!]!): [Node]!
      lists: [Node!]!
      items(first: Int, last: Int): ItemConnection!
    }
    interface Thing { id: ID! }
    type Node implements Thing { id: ID!  node: Node! lists: [Node!]! items(first: Int, last: Int): ItemConnection! }
    type ItemConnection { nodes: [Node!]! totalCount: Int! }
    type Mutation { touch: Boolean! }
    type Subscription {
      count(to: Int!, failAt: Int): Int!
      refused: Int!
      "Follows the log, with so many characters in each event."
      changes(characters: Int!): String!
    }
  `,
  resolvers: {
    Query: {
      hello: (_root, { name }) => `Hello ${name ?? 'world'}`,
      large: (_root, { characters }) => 'x'.repeat(characters),
      me: (_root, _args, { principal }) =>
        `${principal.client} ${may(principal, 'ADMIN')} ${principal.maxPriority}`,
      broken: () => {
        throw new Error('secret reason');
      },
      closed: () => {
        throw new StoreClosedError('secret reason');
      },
      refused: () => {
        throw new GraphQLError('There is no such thing.', { extensions: { code: 'NOT_FOUND' } });
      },
      lasting: (_root, _args, { signal, log }) =>
        new Promise((resolve) => {
          log.onNext('lasting', () => {});
          signal.addEventListener('abort', () => resolve('too late'));
        }),
    },
    Mutation: { touch: () => true },
    Subscription: {
      count: {
        subscribe: (_root, { to, failAt }) => new Counter(to, failAt ?? 0),
        resolve: (value: number) => value,
      },
      refused: {
        subscribe: () => {
          throw new GraphQLError('There is no such thing.', { extensions: { code: 'NOT_FOUND' } });
        },
      },
      changes: {
        subscribe: (_root, _args, { log }) => new VramFeed({ log, clock: systemClock, minIntervalMs: 0 }),
        resolve: (_value: unknown, { characters }: { characters: number }) => 'x'.repeat(characters),
      },
    },
  },
});

/** Subscriptions that ask the same are answered once, and nobody is given what only another may see. */

import { parse } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../../src/clock.ts';
import type { Principal } from '../../../src/domain/principal.ts';
import { EVERY_SCOPE, MEMBER } from '../../../src/domain/scopes.ts';
import { DemandStream } from '../../../src/events/demand-stream.ts';
import { DEFAULT_ANSWER_LIMITS } from '../../../src/graphql/answer-budget.ts';
import { AnswerStream } from '../../../src/graphql/server/answer-stream.ts';
import { errorMasker } from '../../../src/graphql/server/mask-error.ts';
import { Subscriber } from '../../../src/graphql/server/subscriber.ts';
import { recordingLogger } from '../../http/support/test-server.ts';

interface Tick {
  readonly number: number;
}

/** Hands out the events that all share, from where it is told. */
class Ticks extends DemandStream<Tick> {
  readonly #events: readonly Tick[];
  #next: number;

  constructor(events: readonly Tick[], after: number) {
    super();
    this.#events = events;
    this.#next = after;
  }

  protected override ready(): Tick | undefined {
    return this.#events[this.#next++];
  }

  protected produce(): Promise<Tick | undefined> {
    return Promise.resolve(this.ready());
  }
}

const ADMIN: Principal = { client: 'root', scopes: EVERY_SCOPE, maxPriority: 'HIGH' };
const ALICE: Principal = { client: 'alice', scopes: MEMBER, maxPriority: 'HIGH' };
const BOB: Principal = { client: 'bob', scopes: MEMBER, maxPriority: 'HIGH' };

function world(events: readonly Tick[] = Array.from({ length: 5 }, (_, i) => ({ number: i + 1 }))) {
  const executed: string[] = [];
  const clock = new VirtualClock();
  const { logger, lines } = recordingLogger();
  const schema = createSchema<{ readonly principal: Principal; readonly signal: AbortSignal }>({
    typeDefs: /* GraphQL */ `
      type Query { nothing: Int }
      type Tick { number: Int! seenBy: String! later: Int! padded(length: Int!): String! broken: Int }
      type Subscription { tick(after: Int, kind: String): Tick! }
    `,
    resolvers: {
      Subscription: {
        tick: {
          subscribe: (_root, { after }) => new Ticks(events, after ?? 0),
          resolve: (tick: Tick) => tick,
        },
      },
      Tick: {
        number: ({ number }: Tick, _args, { principal }) => {
          executed.push(`${principal.client} ${number}`);
          return number;
        },
        seenBy: (_tick, _args, { principal }) => principal.client,
        later: ({ number }: Tick) => Promise.resolve(number),
        padded: (_tick, { length }) => 'x'.repeat(length),
        broken: () => {
          throw new Error('secret reason');
        },
      },
    },
  });
  const maskError = errorMasker(logger, seededRandom(1));
  const subscriber = new Subscriber({
    buildContext: ({ principal, signal }) => ({ principal, signal }),
    answerLimits: DEFAULT_ANSWER_LIMITS,
    maskError,
    clock,
  });
  const open = async (
    query: string,
    principal: Principal = ADMIN,
    variableValues: Record<string, unknown> = {},
  ) => {
    const stream = await subscriber.subscribe({
      schema,
      document: parse(query),
      variableValues,
      contextValue: { principal, signal: new AbortController().signal },
    });
    if (!(stream instanceof AnswerStream)) throw new Error(JSON.stringify(stream));
    return stream;
  };
  return { subscriber, executed, clock, lines, open };
}

async function rest(stream: AnswerStream): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const answer of stream) answers.push(JSON.parse(answer.stringify()).data?.tick ?? null);
  return answers;
}

const NUMBERS = 'subscription { tick { number } }';

describe('answers of subscriptions', () => {
  it.each([NUMBERS, 'subscription { tick { number later } }'])(
    'are made once for all who ask %s',
    async (query) => {
      const { executed, open } = world();
      const streams = await Promise.all(Array.from({ length: 20 }, () => open(query)));
      const all = await Promise.all(streams.map(rest));
      for (const answers of all) expect(answers).toMatchObject([1, 2, 3, 4, 5].map((number) => ({ number })));
      expect(executed).toHaveLength(5);
    },
  );

  it('serve readers who came back at different places', async () => {
    const { executed, open } = world();
    const query = 'subscription ($from: Int) { tick(after: $from) { number } }';
    const streams = await Promise.all([0, 2, 4].map((from) => open(query, ADMIN, { from })));
    expect((await Promise.all(streams.map(rest))).map((answers) => answers.length)).toEqual([5, 3, 1]);
    expect(executed).toHaveLength(5);
  });

  it.each([
    ['selection', 'subscription { tick { number later } }', {}],
    ['arguments', 'subscription { tick(kind: "other") { number } }', {}],
    ['variables', 'subscription ($kind: String) { tick(kind: $kind) { number } }', { kind: 'a' }],
  ])('are made for each who asks with other %s', async (_what, query, variables) => {
    const { executed, open } = world();
    const other = 'kind' in variables ? query : NUMBERS;
    const streams = [
      await open(other, ADMIN, 'kind' in variables ? { kind: 'b' } : {}),
      await open(query, ADMIN, variables),
    ];
    await Promise.all(streams.map(rest));
    expect(executed).toHaveLength(10);
  });

  it('are never given to those who may see something else', async () => {
    const { executed, open } = world();
    const query = 'subscription { tick { number seenBy } }';
    const readers = [ALICE, BOB, ALICE, ADMIN, BOB];
    const streams = await Promise.all(readers.map((principal) => open(query, principal)));
    const all = await Promise.all(streams.map(rest));
    for (const [index, answers] of all.entries()) {
      expect(answers).toMatchObject(Array(5).fill({ seenBy: readers[index]?.client }));
    }
    expect(executed).toHaveLength(15);
  });

  it('go on for the others when a reader leaves, the first one too', async () => {
    const { subscriber, open } = world();
    const [first, second] = [await open(NUMBERS), await open(NUMBERS)];
    await first?.next();
    await first?.return();
    expect(await rest(second as AnswerStream)).toHaveLength(5);
    expect(subscriber.answers.selections).toBe(0);
  });

  it('are masked, and their errors logged, once', async () => {
    const { lines, open } = world();
    const streams = await Promise.all(
      Array.from({ length: 10 }, () => open('subscription { tick { broken } }')),
    );
    const first = await Promise.all(streams.map((stream) => stream.next()));
    for (const { value } of first) {
      const { errors } = JSON.parse(value?.stringify() ?? '');
      expect(errors).toMatchObject([{ path: ['tick', 'broken'], extensions: { code: 'INTERNAL_ERROR' } }]);
      expect(value?.stringify()).not.toContain('secret');
    }
    expect(lines).toHaveLength(1);
    for (const stream of streams) await stream.return();
  });

  it('are made anew for a reader that comes late', async () => {
    const { clock, executed, open } = world();
    const [early, late] = [await open(NUMBERS), await open(NUMBERS)];
    await early?.next();
    clock.advance(5_000);
    await late?.next();
    expect(executed).toEqual(['root 1', 'root 1']);
    for (const stream of [early, late]) await stream?.return();
  });

  it('are kept within a bound, however large they are and however many', async () => {
    const { subscriber, open } = world(Array.from({ length: 1_000 }, (_, number) => ({ number })));
    for (const length of [10, 100_000]) {
      const query = `subscription { tick { padded(length: ${length}) } }`;
      const streams = await Promise.all([open(query), open(query)]);
      await Promise.all(streams.map(rest));
      expect(subscriber.answers.characters).toBeLessThanOrEqual(8 * 1_048_576 + 100_100);
    }
  });
});

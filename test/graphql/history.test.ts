import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/domain/principal.ts';
import { type ClientSample, joined, NO_COUNTS } from '../../src/domain/sample.ts';
import { EVERY_SCOPE, MEMBER } from '../../src/domain/scopes.ts';
import { AnswerBudget } from '../../src/graphql/answer-budget.ts';
import { schema } from '../../src/graphql/schema.ts';
import { DEFAULT_LIMITS } from '../../src/graphql/server/limits.ts';
import { limitsRule } from '../../src/graphql/server/limits-rule.ts';
import { GraphQLApi } from '../support/graphql-api.ts';
import { AT } from '../support/system-fixture.ts';

const STEP_MS = 10_000;
const BEGIN = Math.floor(AT / STEP_MS) * STEP_MS;

const ALICE: Principal = { client: 'alice', scopes: MEMBER, maxPriority: 'HIGH' };

async function clientsSeenBy(principal: Principal, steps: readonly (readonly ClientSample[])[]) {
  const api = await GraphQLApi.open({ principal });
  for (const [at, clients] of steps.entries())
    await api.store.history.samples.keep(BEGIN + at * STEP_MS, {
      gpus: [],
      counts: NO_COUNTS,
      waiting: 0,
      running: 0,
      waits: [],
      clients,
    });
  const { history } = await api.query(
    `query ($from: DateTime!, $to: DateTime) { history(from: $from, to: $to, points: ${steps.length}) {
       clients { client busy completed } } }`,
    { from: new Date(BEGIN).toISOString(), to: new Date(BEGIN + steps.length * STEP_MS).toISOString() },
  );
  await api.stop();
  return history.clients;
}

const did = (client: string | null, busyMs: number, completed: number): ClientSample => ({
  client,
  busyMs,
  completed,
});

it('tells a caller who is no administrator what it did itself, and all others as one', async () => {
  const steps = [
    [did('bob', 5_000, 3), did('alice', 1_000, 1), did(null, 10, 1)],
    [did('carol', 2_000, 2), did('bob', 300, 1)],
  ];
  expect(await clientsSeenBy(ALICE, steps)).toEqual([
    { client: 'alice', busy: [1_000, 0], completed: [1, 0] },
    { client: null, busy: [5_010, 2_300], completed: [4, 3] },
  ]);
  expect(
    (await clientsSeenBy({ ...ALICE, scopes: EVERY_SCOPE }, steps)).map(({ client }: ClientSample) => client),
  ).toEqual(['bob', 'carol', 'alice', null]);
});

it('names nobody to a caller who did nothing', async () => {
  expect(await clientsSeenBy(ALICE, [[did('bob', 5_000, 3)]])).toEqual([
    { client: null, busy: [5_000], completed: [3] },
  ]);
});

it('says nothing of others where there were none', async () => {
  expect(await clientsSeenBy(ALICE, [[did('alice', 5_000, 3)]])).toEqual([
    { client: 'alice', busy: [5_000], completed: [3] },
  ]);
});

describe('what takes much work counts as much', () => {
  const ends = (count: number) => `batches(first: ${count}) { nodes { expectedEnd } }`;
  const many = (count: number, field: string) =>
    `{ ${Array.from({ length: count }, (_, i) => `f${i}: ${field}`).join(' ')} }`;
  const FROM = 'from: "2026-01-01T00:00:00Z"';

  it.each([
    { name: 'one history', text: many(1, `history(${FROM}) { jobs { completed } }`), isTaken: true },
    { name: 'histories', text: many(5, `history(${FROM}) { jobs { completed } }`), isTaken: false },
    { name: 'one list of stays', text: many(1, `residencies(${FROM}) { complete }`), isTaken: true },
    { name: 'lists of stays', text: many(10, `residencies(${FROM}) { complete }`), isTaken: false },
    { name: 'a page of ends', text: many(1, ends(100)), isTaken: true },
    { name: 'pages of ends', text: many(2, ends(100)), isTaken: false },
  ])('$name', ({ text, isTaken }) => {
    const errors = validate(schema, parse(text), [limitsRule(DEFAULT_LIMITS)]);
    expect(errors.map(({ extensions }) => extensions.limit)).toEqual(isTaken ? [] : ['cost']);
  });

  it('each figure of each step is part of the answer', async () => {
    const api = await GraphQLApi.open();
    const answer = new AnswerBudget(
      { answerBytes: 20_000, eventBytes: 20_000 },
      null,
      new AbortController().signal,
    );
    Object.assign(api.context, { answer });
    const ask = (figures: string) =>
      `{ history(from: "${new Date(AT - 10_000_000).toISOString()}", points: 1000) { jobs { ${figures} } } }`;
    expect((await api.query(ask('completed'))).history.jobs.completed).toHaveLength(1_001);
    expect(await api.refusal(ask('failed'))).toBe('QUERY_LIMIT_EXCEEDED');
    await api.stop();
  });
});

it('tells what a GPU did as the mean of the readings that told it, and its memory whatever was told', async () => {
  const api = await GraphQLApi.open();
  const [gpu] = api.system.gpus;
  if (!gpu) throw new Error('The fixture has a GPU.');
  const memory = { usedBytes: 5, instanceBytes: 5, foreignBytes: 0, reservedBytes: 0, freeBytes: 1 };
  const told = [{ utilization: 0.2, powerWatts: 100 }, {}, { utilization: 0.6, powerWatts: null }, {}];
  for (const [at, activity] of told.entries())
    await api.store.history.samples.keep(BEGIN + at * STEP_MS, {
      gpus: [{ gpuId: gpu.id, readings: 1, ...memory, ...activity }],
      counts: NO_COUNTS,
      waiting: 0,
      running: 0,
      waits: [],
      clients: [],
    });
  const ask = async (points: number) =>
    (
      await api.query(
        `query ($from: DateTime!, $to: DateTime) { history(from: $from, to: $to, points: ${points}) {
           gpus { usedBytes utilization powerWatts temperatureCelsius } } }`,
        { from: new Date(BEGIN).toISOString(), to: new Date(BEGIN + 4 * STEP_MS).toISOString() },
      )
    ).history.gpus[0];
  expect(await ask(4)).toEqual({
    usedBytes: [5, 5, 5, 5],
    utilization: [0.2, null, 0.6, null],
    powerWatts: [100, null, null, null],
    temperatureCelsius: [null, null, null, null],
  });
  const { gpus } = joined(
    told.map((activity) => ({
      gpus: [{ gpuId: gpu.id, readings: 1, ...memory, ...activity }],
      counts: NO_COUNTS,
      waiting: 0,
      running: 0,
      waits: [],
      clients: [],
    })),
  );
  expect(gpus).toEqual([{ gpuId: gpu.id, readings: 4, ...memory, utilization: 0.4, powerWatts: 100 }]);
  await api.stop();
});

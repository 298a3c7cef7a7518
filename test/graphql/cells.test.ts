/** Server processes of managed backends in the schema: who they are, what they wrote, and who may read it. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEMBER } from '../../src/domain/scopes.ts';
import { MiB } from '../../src/domain/units.ts';
import { ANYONE, GraphQLApi } from '../support/graphql-api.ts';
import { cell, decisions } from '../support/system-fixture.ts';

const holder = cell('holder');
const library = cell('library', { role: 'library', modelName: null, gpuKeys: [], restarts: 2 });
const ended = cell('ended', {
  status: 'EXITED',
  endedAt: holder.startedAt + 1_000,
  exitReason: 'It crashed (SIGSEGV).',
  residentBytes: null,
});

let api: GraphQLApi;

async function open(options: Parameters<typeof GraphQLApi.open>[0] = {}): Promise<void> {
  api = await GraphQLApi.open(options);
  api.system.backend = { mode: 'MANAGED' };
  api.system.cells = [library, holder, ended];
  const [first, ...others] = api.system.instances;
  if (!first) throw new Error('The fixture has instances.');
  api.system.instances = [{ ...first, cellId: holder.id }, ...others];
  api.system.logs.set(
    holder.id,
    Array.from({ length: 80 }, (_, i) => `line ${i + 1}`),
  );
}

beforeEach(() => open());
afterEach(() => api.stop());

test('a managed backend lists its processes, each with its place and its instance', async () => {
  const { backends } = await api.query(
    `{ backends { mode cells {
      id role status modelName pid port residentBytes restarts startedAt endedAt exitReason
      gpus { index } instance { modelName cell { id } } backend { name }
    } } }`,
  );
  const [{ mode, cells }] = backends;
  expect(mode).toBe('MANAGED');
  expect(cells).toEqual([
    expect.objectContaining({
      role: 'LIBRARY',
      modelName: null,
      gpus: [],
      instance: null,
      restarts: 2,
    }),
    {
      id: holder.id,
      role: 'INSTANCE',
      status: 'READY',
      modelName: 'qwen3:8b',
      pid: 4_242,
      port: 38_211,
      residentBytes: 44 * MiB,
      restarts: 0,
      startedAt: '2026-11-20T21:39:58.120Z',
      endedAt: null,
      exitReason: null,
      gpus: [{ index: 0 }],
      instance: { modelName: 'qwen3:8b', cell: { id: holder.id } },
      backend: { name: 'box' },
    },
    expect.objectContaining({
      status: 'EXITED',
      exitReason: 'It crashed (SIGSEGV).',
      endedAt: '2026-11-20T21:39:59.120Z',
      instance: null,
    }),
  ]);
});

test('a process is found by its id, and by the decision about it', async () => {
  const { node, none } = await api.query(
    `{ node(id: "${holder.id}") { __typename id ... on Cell { pid } } none: node(id: "cel_gone") { id } }`,
  );
  expect(node).toEqual({ __typename: 'Cell', id: holder.id, pid: 4_242 });
  expect(none).toBeNull();
  const [first, second] = decisions(2);
  if (!first || !second) throw new Error('There are two.');
  api.system.decided = [{ ...first, kind: 'CELL_DEATH', cellId: ended.id }, second];
  const answer = await api.query('{ decisions(first: 2) { nodes { kind cell { exitReason } } } }');
  expect(answer.decisions.nodes).toEqual([
    { kind: 'LOAD', cell: null },
    { kind: 'CELL_DEATH', cell: { exitReason: 'It crashed (SIGSEGV).' } },
  ]);
});

describe('the tail of a log', () => {
  const tail = (args = '') => `{ node(id: "${holder.id}") { ... on Cell { logTail${args} } } }`;

  test('is its last 50 lines, or as many as asked for within bounds', async () => {
    const { node } = await api.query(tail());
    expect(node.logTail).toHaveLength(50);
    expect(node.logTail.at(-1)).toBe('line 80');
    expect((await api.query(tail('(lines: 2)'))).node.logTail).toEqual(['line 79', 'line 80']);
    for (const lines of [0, -1, 1_001])
      expect(await api.refusal(tail(`(lines: ${lines})`))).toBe('BAD_USER_INPUT');
  });

  test('is empty where nothing is left of it', async () => {
    const { node } = await api.query(`{ node(id: "${ended.id}") { ... on Cell { logTail } } }`);
    expect(node.logTail).toEqual([]);
  });

  test('is for administrators; all else of a process is for everyone', async () => {
    await api.stop();
    await open({ principal: { ...ANYONE, scopes: MEMBER } });
    expect(await api.refusal(tail())).toBe('FORBIDDEN');
    expect(await api.refusal('{ backends { cells { logTail } } }')).toBe('FORBIDDEN');
    const { node } = await api.query(`{ node(id: "${ended.id}") { ... on Cell { exitReason } } }`);
    expect(node.exitReason).toBe('It crashed (SIGSEGV).');
  });
});

describe('cellLog', () => {
  const follow = (id: string, lines: number) =>
    api.subscribe(`subscription { cellLog(id: "${id}", lines: ${lines}) { lines gap } }`);
  const write = (...lines: readonly string[]) =>
    api.system.logs.set(holder.id, [...(api.system.logs.get(holder.id) ?? []), ...lines].slice(-1_000));

  test('sends the last lines, then what is written, and completes with the process', async () => {
    const events = await follow(holder.id, 2);
    expect((await events.next()).cellLog).toEqual({ lines: ['line 78', 'line 79'], gap: false });
    const more = events.next();
    write('more', 'last, perhaps not whole');
    expect((await api.passing(more)).cellLog.lines).toEqual(['line 80', 'more']);
    const rest = events.rest();
    api.system.cells = [{ ...holder, status: 'EXITED', endedAt: holder.startedAt + 5 }];
    const [end] = await api.passing(rest);
    expect(end.cellLog.lines).toEqual(['last, perhaps not whole']);
  });

  test('says that lines came too fast to be read', async () => {
    const events = await follow(holder.id, 1);
    await events.next();
    const more = events.next();
    api.system.logs.set(
      holder.id,
      Array.from({ length: 1_000 }, (_, i) => `fast ${i}`),
    );
    const { lines, gap } = (await api.passing(more)).cellLog;
    expect([lines.length, gap]).toEqual([999, true]);
  });

  test.each([
    ['that nobody knows', 'cel_none', 5],
    ['with no lines', holder.id, 0],
    ['with too many lines', holder.id, 1_001],
  ])('is refused of a process %s', async (_what, id, lines) => {
    await expect(follow(id, lines)).rejects.toThrow();
  });

  test('is for administrators', async () => {
    await api.stop();
    await open({ principal: { ...ANYONE, scopes: MEMBER } });
    await expect(follow(holder.id, 5)).rejects.toThrow();
  });
});

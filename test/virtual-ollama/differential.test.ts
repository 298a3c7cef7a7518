import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { compare, type Probe, tellDifference } from '../support/differential.ts';
import { everyProbe, someProbes } from '../support/differential-requests.ts';
import { GIB, thinModel } from './bench.ts';
import { ask } from './client.ts';

const models = { completion: 'plain:latest', embedding: 'vectors:latest', tools: 'tooled:latest' };
const { facts } = thinModel('vectors', 50);

const start = (version: string) =>
  runVirtualOllama({
    version,
    catalog: [
      thinModel('plain', 100),
      { ...thinModel('tooled', 100), capabilities: ['completion', 'tools', 'thinking'] as const },
      { ...thinModel('vectors', 50), facts: { ...facts, architecture: 'bert', poolingType: 1 } },
    ],
    gpus: [{ totalBytes: 4 * GIB }],
    speed: 1_000,
  });

let one: RunningVirtualOllama;
let other: RunningVirtualOllama;
let newer: RunningVirtualOllama;

beforeAll(async () => {
  [one, other, newer] = await Promise.all([start('0.33.0'), start('0.33.0'), start('0.34.0')]);
});
afterAll(() => Promise.all([one, other, newer].map((server) => server.stop())));

/** What is loaded, and for how long, is a matter of timing. */
const isTimed = ({ path }: Probe) => path.startsWith('/api/ps');

test('two of a kind answer alike', async () => {
  const probes = someProbes(models, 500, 7).filter((probe) => !isTimed(probe));
  const differences = await compare(one.url, other.url, probes);
  expect(differences.map(tellDifference)).toEqual([]);
});

test('no request makes the server speak of its own trouble', async () => {
  const ownTrouble = /call stack|is not a|undefined|Cannot read|RangeError|TypeError|\[object/;
  const told: string[] = [];
  for (const probe of someProbes(models, 300, 8)) {
    const { body } = await ask(one.url, probe.path, probe.body, probe);
    if (ownTrouble.test(body))
      told.push(`${probe.method} ${probe.path} ${probe.body?.slice(0, 200)}: ${body.slice(0, 200)}`);
  }
  expect(told).toEqual([]);
});

test('a difference is found and told', async () => {
  const differences = await compare(one.url, newer.url, [{ method: 'GET', path: '/api/version' }]);
  expect(differences.map(tellDifference)).toEqual([
    'GET /api/version \n  body: {"version":"0.33.0"}\n        {"version":"0.34.0"}',
  ]);
});

test('the requests are many, and the same for the same seed', () => {
  expect(everyProbe(models).length).toBeGreaterThan(2_000);
  expect(someProbes(models, 50, 3)).toEqual(someProbes(models, 50, 3));
  expect(someProbes(models, 50, 3)).not.toEqual(someProbes(models, 50, 4));
});

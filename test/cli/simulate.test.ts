import { describe, expect, test } from 'vitest';
import { greatest } from '../../src/domain/long-lists.ts';
import { runSimulated as run } from './support/simulated.ts';

describe('simulate', () => {
  test('prints the figures of every run as one JSON object', async () => {
    const args = ['--policy', 'fifo-lru', '--policy', 'vramkeeper', '--jobs', '40', '--json'];
    const { code, out } = await run([...args, '--models', '4', '--seeds', '2']);
    expect(code).toBe(0);
    const { runs } = JSON.parse(out);
    expect(runs.map(({ policy, seed }: { policy: string; seed: number }) => [policy, seed])).toEqual([
      ['fifo-lru', 1],
      ['vramkeeper', 1],
      ['fifo-lru', 2],
      ['vramkeeper', 2],
    ]);
    for (const one of runs) {
      expect(Object.keys(one)).toEqual([
        'workload',
        'policy',
        'seed',
        'jobs',
        'makespanSeconds',
        'makespanBoundSeconds',
        'loads',
        'loadSeconds',
        'meanSeconds',
        'leastMeanSeconds',
        'p50Seconds',
        'p95Seconds',
        'p99Seconds',
        'byPriority',
        'jainIndex',
        'serviceGapSeconds',
        'loadsWithin60Seconds',
        'startErrorP50Seconds',
        'decisionP99Ms',
      ]);
      expect(one).toMatchObject({ workload: 'backlog', jobs: 40, jainIndex: 1 });
      expect(Object.keys(one.byPriority.NORMAL)).toEqual(['meanSeconds', 'p95Seconds', 'maxSeconds']);
      expect(one.makespanSeconds).toBeGreaterThan(one.makespanBoundSeconds);
    }
  });

  test('prints a table of all policies in 80 columns', async () => {
    const { code, out } = await run(['--policy', 'all', '--jobs', '20', '--models', '3'], 80);
    expect(code).toBe(0);
    expect(out).toMatch(/backlog: 20 jobs, 24.0 GiB, managed, seed 1/);
    expect(out).toMatch(/^vramkeeper +\d+ +\d\.\d\d/m);
    expect(greatest(out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('what a further card gives', () => {
  const open = ['--workload', 'poisson', '--jobs', '60', '--rate', '0.4', '--models', '5'];

  test('is told by one command, with how much faster jobs may come', async () => {
    const { code, out } = await run([...open, '--more-gpu', '24GiB', '--p95', '60', '--json']);
    expect(code).toBe(0);
    const { runs, runsWithMore } = JSON.parse(out);
    expect([runs.length, runsWithMore.length]).toEqual([1, 1]);
    expect(runsWithMore[0].jobs).toBe(60);
    expect(runsWithMore[0].meanSeconds).toBeLessThan(runs[0].meanSeconds);
    expect(runsWithMore[0].capacityTimes).toBeGreaterThan(runs[0].capacityTimes);
  });

  test('is a second table', async () => {
    const { out } = await run([...open, '--more-gpu', '8GiB', '--more-gpu', '4GiB'], 80);
    expect(out.match(/^poisson: .*$/gm)).toEqual([
      'poisson: 60 jobs, 24.0 GiB, managed, seed 1',
      'poisson: 60 jobs, 24.0 GiB + 8.0 GiB + 4.0 GiB, managed, seed 1',
    ]);
    expect(out).not.toMatch(/CAPACITY/);
  });
});

describe('what makes no sense ends with 2 and says what would', () => {
  test.each([
    [['--policy', 'lru'], /"lru" is no policy. Use vramkeeper, ollama, fifo-lru, .* or all/],
    [['--trace', 'gone.csv'], /gone.csv cannot be read: .*--trace FILE/],
    [['--trace', 'x.csv', '--workload', 'agents'], /--workload and --trace name jobs of their own. Give one/],
    [['--server', 'both'], /"both" is no kind of server. Use attached .* or managed/],
    [['--workload', 'steady'], /"steady" is no workload. Use backlog, poisson/],
    [['--priorities', 'high'], /Use equal or mixed/],
    [['--gpu', '24 potatoes'], /--gpu: "24 potatoes" is not a size/],
    [['--gpu', '0GiB'], /--gpu: 0GiB is no card/],
    [['--more-gpu', '0GiB'], /--more-gpu: 0GiB is no card/],
    [['--more-gpu', 'some'], /--more-gpu: "some" is not a size/],
    [['--p95', '0'], /--p95.*number above 0/],
    [['--p95', '60'], /All jobs of backlog are there at the start.*poisson/],
    [['--alpha', '1.5'], /--alpha 1.5 is too much/],
    [['--alpha', '-1'], /--alpha.*number above 0/],
    [['--jobs', '0'], /--jobs.*whole number from 1/],
    [['--rate', 'fast'], /--rate.*number above 0/],
    [['--seeds', '0'], /--seeds.*whole number from 1/],
    [['--parallel', '0'], /--parallel.*whole number from 1/],
  ] as const)('%j', async (args, expected) => {
    const { code, out, notes } = await run(args);
    expect(notes).toMatch(expected);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boundsOf } from '../../src/simulator/figures/bounds.ts';
import { figuresOf } from '../../src/simulator/figures/figures.ts';
import { fifoLru } from '../../src/simulator/policies/fifo-lru.ts';
import { roundRobin } from '../../src/simulator/policies/round-robin.ts';
import { reportPage } from '../../src/simulator/report/page.ts';
import { runSimulated } from '../cli/support/simulated.ts';
import { model, runOn, SMALL, workload } from './support.ts';

const jobs = workload(
  [model('a<b>', 4), model('c & "d"', 8)],
  Array.from({ length: 10 }, (_, i) => ({ model: i % 2 ? 'a<b>' : 'c & "d"', at: i })),
);

function page(note: string | null = null): string {
  const bounds = boundsOf(jobs, SMALL, 'managed');
  const runs = Object.entries({ 'fifo-lru': fifoLru, 'round-robin': roundRobin }).map(
    ([policy, contender]) => {
      const history = runOn(contender, jobs);
      return { policy, history, figures: figuresOf(history, bounds, { workload: 'test', policy, seed: 1 }) };
    },
  );
  return reportPage('test: 10 jobs', runs, note);
}

describe('the page of simulated runs', () => {
  test('needs nothing from elsewhere, and runs nothing', () => {
    expect(page()).not.toMatch(/<script|<link|https?:|url\(|@import/);
  });

  test('has names as text, whatever is in them', () => {
    expect(page('<b>')).not.toMatch(/a<b>|<b>/);
    expect(page()).toContain('a&#60;b&#62;');
  });

  test('closes everything that it opens', () => {
    const open: string[] = [];
    for (const [, end, name, own] of page().matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
      if (own || name === 'meta') continue;
      if (end) expect(open.pop()).toBe(name);
      else open.push(name ?? '');
    }
    expect(open).toEqual([]);
  });

  test('has a drawing of the memory for each policy, and every figure in it is a number', () => {
    expect(page().match(/<h3>/g)).toHaveLength(2);
    expect(page().match(/<polyline/g)).toHaveLength(4);
    expect(page()).not.toMatch(/NaN|Infinity|undefined/);
    // Two models on one card, each a bar for every time it loads.
    expect(page().match(/<rect/g)?.length).toBeGreaterThan(4);
  });
});

describe('simulate --report', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vramkeeper-report-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('writes it', async () => {
    const file = join(folder, 'runs.html');
    const { code } = await runSimulated(['--policy', 'gdsf', '--jobs', '10', '--report', file]);
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*backlog: 10 jobs, 24.0 GiB, managed, seed 1/,
    );
  });

  test('says where it cannot', async () => {
    const { code, notes } = await runSimulated(['--policy', 'gdsf', '--jobs', '10', '--report', folder]);
    expect(code).toBe(1);
    expect(notes).toMatch(/cannot be written: .*--report/);
  });
});

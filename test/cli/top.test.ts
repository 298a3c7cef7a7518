import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleaned, clip, shortDuration, widthOf } from '../../src/cli/terminal/text.ts';
import { shareCells } from '../../src/cli/top/top-bar.ts';
import { decisionLines } from '../../src/cli/top/top-decisions.ts';
import { divide, topFrame, topView } from '../../src/cli/top/top-frame.ts';
import { keysIn } from '../../src/cli/top/top-keys.ts';
import { Pace } from '../../src/cli/top/top-running.ts';
import type { Backend, Situation } from '../../src/cli/top/top-sections.ts';
import { GiB } from '../../src/domain/units.ts';

import { ago, colored, gpu, instance, NOW, page, plain, running, situation, state } from './top-fixture.ts';

describe('the page', () => {
  test('shows the ledger of each GPU, with what is claimed too much below nothing', () => {
    const lines = page();
    const head = lines.findIndex((line) => line.startsWith('GPU'));
    expect(lines[head]).toMatch(/TOTAL +█MODELS +▓FOREIGN +▒RESERVED +░HEADROOM +·FREE$/);
    expect(lines[head + 1]).toMatch(
      /^box:0 NVIDIA GeForce RTX 4090 +█+▓+▒+░+·+ +24\.0 +10\.0 +1\.0 +4\.0 +0\.5 +8\.5$/,
    );
    expect(lines[head + 2]).toMatch(/^box:1 .+ -1\.5$/);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^box:0 {2}4\.0 GiB reserved for tests, making room, ends in 2h; processes: python \(4242\)/,
      ),
    );
  });

  test('shows what is in memory: slots, age, and why it stays', () => {
    const row = (name: string) => page().find((line) => line.startsWith(`${name} `));
    expect(row('a')).toMatch(/^a +READY +1\/4 +8k +6\.5 +0 +now +-$/);
    expect(row('b')).toMatch(/READY +0\/4 +8k +6\.5 +0\+1 +12s ago +pinned$/);
    expect(row('c')).toMatch(/ON CPU +.* for 4m$/);
    expect(row('d')).toMatch(/LOADING/);
  });

  test('shows what the server processes of a managed backend are doing, and of no other', () => {
    const cells: Backend['cells'] = [
      { role: 'LIBRARY', status: 'READY', residentBytes: GiB / 4 },
      { role: 'INSTANCE', status: 'READY', residentBytes: GiB / 2 },
      { role: 'INSTANCE', status: 'STARTING', residentBytes: null },
      { role: 'WARM', status: 'READY', residentBytes: GiB / 4 },
      { role: 'WARM', status: 'STOPPING', residentBytes: null },
      { role: 'INSTANCE', status: 'EXITED', residentBytes: null },
    ];
    const rig: Backend = {
      name: 'rig',
      health: 'HEALTHY',
      capabilities: { startsProcesses: true },
      cells,
      gpus: [],
      instances: [],
    };
    const swaps = { loads: 9, evictions: 1, coldStarts: 2, warmStarts: 7 };
    const lines = page({
      backends: [...state.backends, rig, { ...rig, name: 'new', cells: [] }],
      situation: { ...situation, stats: { ...situation.stats, swaps } },
    });
    expect(lines).toContain(
      'rig  server processes: 1 with a model, 1 standing by, 1 library, 1 starting, 1 ending; 1.0 GiB of RAM',
    );
    expect(lines).toContain('new  server processes: none');
    expect(lines.filter((line) => line.includes('server processes'))).toHaveLength(2);
    expect(lines[0]).toContain('9 loads (2 cold), 1 evictions');
  });

  test('tells the starts and ends of server processes among the decisions', () => {
    const nodes = (['CELL_DEATH', 'CELL_END', 'CELL_START'] as const).map((kind) => ({
      at: ago(1_000),
      kind,
      modelName: null,
      explanation: 'Server process 7.',
    }));
    const lines = page({ situation: { ...situation, decisions: { nodes } } });
    const head = lines.findIndex((line) => line.startsWith('DECIDED'));
    expect(lines.slice(head + 1).map((line) => line.slice(10))).toEqual([
      'DIED      Server process 7.',
      'ENDED     Server process 7.',
      'STARTED   Server process 7.',
    ]);
  });

  test('counts the models that load, and the jobs that wait for them as waiting', () => {
    expect(page()[0]).toMatch(/3 running {3}122 waiting {3}1 loading/);
  });

  test('shows the queues with waiting jobs, the longest wait first', () => {
    const lines = page();
    const head = lines.findIndex((line) => line.startsWith('QUEUE'));
    expect(lines[head + 1]).toMatch(/^old @16k +1 +2 +30 +2m +42s$/);
    expect(lines[head + 2]).toMatch(/^new +1 +2 +30 +1s +-$/);
    expect(lines[head + 3]).toBe('');
  });

  test('gathers dispatches that follow each other in one line', () => {
    const lines = page();
    const head = lines.findIndex((line) => line.startsWith('DECIDED'));
    expect(lines.slice(head + 1).map((line) => line.slice(10))).toEqual([
      'DISPATCH  2 to b, 1 to a',
      'LOAD      b: Needs 2 GiB.',
      'DISPATCH  a: Slot 2.',
      'REFUSED   Too large.',
    ]);
  });

  test('says what is wrong, and that the connection is lost', () => {
    expect(page().slice(1, 3)).toEqual(['! nvidia-smi does not answer.', '! Two.']);
    expect(page({ notice: 'No answer.' })[1]).toBe('No answer.');
    const paused: Situation = {
      ...situation,
      health: { status: 'STALLED', problems: [] },
      stats: { ...situation.stats, paused: true },
    };
    expect(page({ situation: paused })[1]).toBe('! The scheduler is paused.');
  });

  test('says of what is empty that it is', () => {
    const nothing = { ...situation, stats: { ...situation.stats, queues: [] }, decisions: { nodes: [] } };
    const lines = page({ backends: [], situation: nothing });
    expect(lines).toEqual(
      expect.arrayContaining([
        'No GPU is known.',
        'IN MEMORY  nothing',
        'QUEUE  nothing',
        'DECIDED  nothing yet',
      ]),
    );
  });
});

describe('on a screen of any size', () => {
  test('of 80 by 24 every part has its place', () => {
    const lines = page({}, 80, 24);
    for (const name of ['vramkeeper', 'GPU', 'IN MEMORY', 'QUEUE', 'DECIDED'])
      expect(
        lines.some((line) => line.startsWith(name)),
        name,
      ).toBe(true);
    expect(lines).toContain('! nvidia-smi does not answer.');
    expect(lines).toContain('… 1 more: vramkeeper health');
  });

  test.each([60, 80])('of %i columns nothing is cut that matters', (columns) => {
    const reason = 'Makes room for a-model (4 waiting, weight 13.5; needs 2.0 GiB); last used 4 min 5 s ago.';
    const problem =
      'The GPU probe nvidia-smi has not answered for 12 s. What is in use is not known until it does.';
    const named = 'nomic-embed-text:latest';
    const lines = page(
      {
        situation: {
          ...situation,
          health: { status: 'DEGRADED', problems: [{ message: problem }] },
          decisions: { nodes: [{ at: ago(1_000), kind: 'DRAIN', modelName: named, explanation: reason }] },
        },
        backends: [{ ...state.backends[0], instances: [instance(named, { pinned: true })] } as Backend],
      },
      columns,
    );
    const text = lines.join(' ').replaceAll(/\s+/g, ' ');
    for (const whole of [
      reason,
      problem,
      named,
      'up 2 h 5 min',
      'pinned',
      '·FREE',
      '8.5',
      'ends in 2h; processes',
    ])
      expect(text).toContain(whole);
    expect(text).not.toContain('…');
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  test('only whole decisions are shown, but of a newest one that is higher than its room', () => {
    const entries = [['a', 'b'], ['c'], ['d', 'e']];
    const shown = (height: number) => decisionLines({ head: 'HEAD', entries }, height, 20);
    expect(shown(9)).toEqual(['HEAD', 'a', 'b', 'c', 'd', 'e']);
    expect(shown(5)).toEqual(['HEAD', 'a', 'b', 'c']);
    expect(shown(3)).toEqual(['HEAD', 'a', 'b']);
    expect(shown(2)).toEqual(['HEAD', 'a …']);
    expect(shown(1)).toEqual(['HEAD']);
    expect(decisionLines({ head: 'HEAD', entries: [] }, 4, 20)).toEqual(['HEAD']);
  });

  test('nothing is wider or higher than it, with colours or without', () => {
    const many = fc.record({
      columns: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 80 }),
      gpus: fc.nat({ max: 12 }),
      instances: fc.nat({ max: 30 }),
      name: fc.string({ unit: 'grapheme', maxLength: 60 }),
      terminal: fc.constantFrom(plain, colored),
    });
    fc.assert(
      fc.property(many, ({ columns, rows, gpus, instances, name, terminal }) => {
        const backend: Backend = {
          name,
          health: 'HEALTHY',
          capabilities: { startsProcesses: true },
          cells: [{ role: 'WARM', status: 'READY', residentBytes: GiB }],
          gpus: Array.from({ length: gpus }, (_, i) => gpu(i)),
          instances: Array.from({ length: instances }, (_, i) => instance(`${name}${i}`)),
        };
        const frame = topFrame(cleaned({ ...state, backends: [backend] }), {
          columns,
          rows,
          now: NOW,
          terminal,
        });
        expect(frame.length).toBeLessThanOrEqual(rows);
        for (const line of frame) {
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/[\r\n]/);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('lines go to the parts that have something to say', () => {
    const lines = (count: number) => Array.from({ length: count }, String);
    expect(divide([lines(1), lines(3), lines(100)], 20)).toEqual([1, 3, 13]);
    expect(divide([lines(50), lines(50), lines(50)], 15)).toEqual([4, 4, 4]);
    expect(divide([lines(50), lines(50), lines(50)], 5)).toEqual([4, 0, 0]);
    expect(divide([lines(5)], -3)).toEqual([0]);
  });
});

describe('the bar', () => {
  test('is filled, shows all that is there, and nothing that is not', () => {
    const parts = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 100 }), (bytes, width) => {
        const cells = shareCells(bytes, width);
        const there = bytes.filter((part) => part > 0).length;
        expect(cells.reduce((sum, cell) => sum + cell, 0)).toBe(there > 0 ? width : 0);
        for (const [i, part] of bytes.entries()) {
          if (part === 0) expect(cells[i]).toBe(0);
          else if (width >= there) expect(cells[i]).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('is true to scale', () => {
    expect(shareCells([10, 1, 4, 1, 8], 24)).toEqual([10, 1, 4, 1, 8]);
    expect(shareCells([12, 12], 3).toSorted()).toEqual([1, 2]);
  });
});

describe('text', () => {
  test('is cut to a width, colours closed and wide letters counted', () => {
    expect(clip('abcdef', 6)).toBe('abcdef');
    expect(clip('abcdefg', 6)).toBe('abcde…');
    expect(clip('\u001b[31mabcdefg\u001b[0m', 4)).toBe('\u001b[31mabc\u001b[0m…');
    expect(widthOf('模型')).toBe(4);
    expect(clip('模型模型', 6)).toBe('模型…');
  });

  test('of other programs cannot steer the terminal', () => {
    expect(cleaned({ names: ['a\u001b[2Jb', 'c\r\nd\u0007'] })).toEqual({ names: ['ab', 'c  d '] });
  });

  test('of ages is short', () => {
    expect([400, 59_400, 60_000, 3_599_000, 7_199_000, 180_000_000].map(shortDuration)).toEqual([
      '0s',
      '59s',
      '1m',
      '1h',
      '2h',
      '2d',
    ]);
  });
});

describe('the jobs that run', () => {
  const job = (id: string, pieces: number | null) => {
    const { tokensPerSecond: _, ...rest } = running(id, 'a', { pieces });
    return rest;
  };

  test('are shown with how fast they are', () => {
    expect(page().find((line) => line.startsWith('a  ') && line.includes('ann'))).toMatch(
      /^a +\S+ +ann +high +4s +120 +30\.0$/,
    );
    expect(page({ running: [] })).toContain('RUNNING  nothing');
  });

  test('are as fast as they were over the last seconds, and unknown at first', () => {
    const pace = new Pace();
    const rates = (now: number, ...jobs: readonly ReturnType<typeof job>[]) =>
      pace.look(jobs, now).map(({ tokensPerSecond }) => tokensPerSecond);
    expect(rates(0, job('a', 0), job('b', null))).toEqual([null, null]);
    expect(rates(1_000, job('a', 20), job('b', 5))).toEqual([20, null]);
    expect(rates(2_000, job('a', 60), job('b', 15))).toEqual([30, 10]);
    expect(rates(8_000, job('a', 60))).toEqual([null]);
    expect(rates(9_000, job('a', 70))).toEqual([10]);
    // It was begun anew, and the other one is not remembered.
    expect(rates(10_000, job('a', 3), job('b', 99))).toEqual([null, null]);
    expect(rates(11_000, job('a', 9), job('b', 99))).toEqual([6, 0]);
  });
});

describe('a person who scrolls', () => {
  const many = Array.from({ length: 60 }, (_, i) => running(`job_${i}`, `model-${i}`));
  const view = (scroll: number, columns = 80, rows = 24, help = false) =>
    topView({ ...state, running: many }, { columns, rows, now: NOW, terminal: plain }, { scroll, help });

  test('sees every line of the whole, and how far it is', () => {
    const whole = page({ running: many }, 80);
    const seen = new Set<string>();
    for (let scroll = 1; ; scroll += 10) {
      const shown = view(scroll);
      expect(shown.lines).toHaveLength(24);
      expect(shown.lines.at(-1)).toMatch(/^lines \d+ to \d+ of \d+; g goes back/);
      for (const line of shown.lines.slice(0, -1)) seen.add(line);
      if (shown.scroll < scroll) break;
    }
    for (const line of whole.slice(1)) expect(seen).toContain(line);
    expect(view(Number.MAX_SAFE_INTEGER).lines.at(-2)).toBe(whole.at(-1));
  });

  test('starts from a picture that fits, and comes back to it', () => {
    expect(view(0).lines).toEqual(page({ running: many }, 80, 24));
    // Where all of it fits there is nothing to scroll.
    expect(view(5, 80, 400)).toEqual({ scroll: 0, lines: page({ running: many }, 80, 400) });
  });

  test.each([60, 80, 160])('is shown nothing wider or higher than the screen of %d columns', (columns) => {
    for (const scroll of [0, 1, 30]) {
      for (const help of [false, true]) {
        const { lines } = view(scroll, columns, 20, help);
        expect(lines.length).toBeLessThanOrEqual(20);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }
    }
    expect(view(0, columns, 20).lines.join('\n')).toMatch(/RUNNING.*TOKENS\/S/);
  });

  test('is told the keys', () => {
    const { lines } = view(0, 80, 24, true);
    for (const key of ['j, down', 'PgUp', '?', 'q, Ctrl-C']) expect(lines.join('\n')).toContain(key);
  });

  test.each([
    ['jjk', ['j', 'j', 'k']],
    ['\u001b[B\u001b[6~q', ['\u001b[B', '\u001b[6~', 'q']],
    ['\u001bOA?', ['\u001bOA', '?']],
  ])('may press several keys at once: %j', (text, keys) => {
    expect(keysIn(text)).toEqual(keys);
  });
});

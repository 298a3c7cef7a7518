/** The picture of `vramkeeper top` for screens of every size, and the screen itself. */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shareCells } from '../../src/cli/top-bar.ts';
import { divide, type TopState, topFrame } from '../../src/cli/top-frame.ts';
import { Screen } from '../../src/cli/top-screen.ts';
import type { Backend, Situation } from '../../src/cli/top-sections.ts';
import { cleaned, clip, shortDuration, widthOf } from '../../src/cli/top-text.ts';
import { GiB } from '../../src/domain/units.ts';

const NOW = Date.UTC(2026, 10, 20, 21, 40, 0);
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const plain = { style: (_style: unknown, text: string) => text };
const colored = { style: (_style: unknown, text: string) => `\u001b[32m${text}\u001b[0m` };

type Gpu = Backend['gpus'][number];
type Instance = Backend['instances'][number];

function gpu(index: number, over: Partial<Gpu['vram']> = {}): Gpu {
  return {
    index,
    name: 'NVIDIA GeForce RTX 4090',
    foreignProcesses: [{ pid: 4242, name: 'python', bytes: GiB }],
    reservations: [{ owner: 'tests', bytes: 4 * GiB, ready: false, expiresAt: ago(-7_200_000) }],
    vram: {
      totalBytes: 24 * GiB,
      headroomBytes: GiB / 2,
      reservedBytes: 4 * GiB,
      foreignBytes: GiB,
      instanceBytes: 10 * GiB,
      freeBytes: 8.5 * GiB,
      deficitBytes: 0,
      sampledAt: ago(100),
      ...over,
    },
  };
}

function instance(modelName: string, over: Partial<Instance> = {}): Instance {
  return {
    id: `ins_${modelName}`,
    modelName,
    status: 'READY',
    contextLength: 8192,
    parallel: 4,
    pinned: false,
    spilled: false,
    expiresAt: null,
    lastUsedAt: ago(12_000),
    vramBytes: 6.5 * GiB,
    activeJobs: [],
    gpus: [{ index: 0 }],
    ...over,
  };
}

const situation: Situation = {
  health: { status: 'DEGRADED', problems: [{ message: 'nvidia-smi does not answer.' }, { message: 'Two.' }] },
  stats: {
    version: '1.2.3',
    startedAt: ago(7_500_000),
    paused: false,
    counts: { pending: 120, queued: 2, running: 3 },
    swaps: { loads: 12, evictions: 3, coldStarts: 0, warmStarts: 0 },
    latency: { queueP50: 1_200, queueP95: null },
    queues: [
      queue('new', { oldestAge: 1_000 }),
      queue('old', { oldestAge: 90_000, contextLength: 16_384, expectedClear: 42_000 }),
      queue('empty', { pendingHigh: 0, pendingNormal: 0, pendingLow: 0 }),
    ],
  },
  decisions: {
    nodes: [
      { at: ago(1_000), kind: 'DISPATCH', modelName: 'a', explanation: 'Slot 1.' },
      { at: ago(2_000), kind: 'DISPATCH', modelName: 'b', explanation: 'Slot 1.' },
      { at: ago(3_000), kind: 'DISPATCH', modelName: 'b', explanation: 'Slot 2.' },
      { at: ago(4_000), kind: 'LOAD', modelName: 'b', explanation: 'Needs 2 GiB.' },
      { at: ago(5_000), kind: 'DISPATCH', modelName: 'a', explanation: 'Slot 2.' },
      { at: ago(6_000), kind: 'ADMISSION_REFUSED', modelName: null, explanation: 'Too large.' },
    ],
  },
};

function queue(modelName: string, over: Partial<Situation['stats']['queues'][number]> = {}) {
  return {
    modelName,
    contextLength: null,
    pendingHigh: 1,
    pendingNormal: 2,
    pendingLow: 30,
    oldestAge: null,
    expectedClear: null,
    ...over,
  };
}

const state: TopState = {
  situation,
  notice: null,
  backends: [
    {
      name: 'box',
      health: 'HEALTHY',
      mode: 'ATTACHED',
      cells: [],
      gpus: [gpu(0), gpu(1, { freeBytes: 0, deficitBytes: 1.5 * GiB })],
      instances: [
        instance('a', { activeJobs: [{ id: 'job_1' }] }),
        instance('b', { pinned: true, gpus: [{ index: 0 }, { index: 1 }] }),
        instance('c', { spilled: true, expiresAt: ago(-240_000) }),
        instance('d', { status: 'LOADING' }),
      ],
    },
  ],
};

function page(over: Partial<TopState> = {}, columns = 160, rows: number | null = null): readonly string[] {
  return topFrame({ ...state, ...over }, { columns, rows, now: NOW, terminal: plain });
}

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
    const rig: Backend = { name: 'rig', health: 'HEALTHY', mode: 'MANAGED', cells, gpus: [], instances: [] };
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
    expect(lines[1]).toBe('… 2 more');
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
          mode: 'MANAGED',
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

/** A terminal's end of standard output: takes what is written, has a size, tells when it changes. */
class Output extends EventEmitter {
  columns = 80;
  rows = 24;
  writableNeedDrain = false;
  written = '';

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

describe('the screen', () => {
  let output: Output;
  let screen: Screen;
  let resized: number;

  beforeEach(() => {
    output = new Output();
    resized = 0;
    screen = new Screen(output, () => {
      resized += 1;
    });
  });
  afterEach(() => screen.close());

  test('is taken once and given back once', () => {
    screen.open();
    screen.open();
    expect(output.take()).toBe('\u001b[?1049h\u001b[?25l');
    screen.close();
    screen.close();
    expect(output.take()).toBe('\u001b[?25h\u001b[?1049l');
    expect(output.listenerCount('resize')).toBe(0);
  });

  test('is given back when the process ends in any other way', () => {
    const before = process.listenerCount('exit');
    screen.open();
    const [listener] = process.listeners('exit').slice(-1);
    output.take();
    listener?.call(process, 1);
    expect(output.take()).toBe('\u001b[?25h\u001b[?1049l');
    screen.close();
    expect(output.take()).toBe('');
    expect(process.listenerCount('exit')).toBe(before);
  });

  test('is redrawn in place and at once, and not when nothing changed', () => {
    screen.open();
    output.take();
    screen.draw(['one', 'two']);
    const text = output.take();
    expect(text).toBe('\u001b[?2026h\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?2026l');
    expect(text).not.toContain('\u001b[2J');
    screen.draw(['one', 'two']);
    expect(output.take()).toBe('');
  });

  test('is drawn anew when its size changes', () => {
    screen.open();
    screen.draw(['one']);
    output.columns = 100;
    output.emit('resize');
    expect(resized).toBe(1);
    expect(screen.size).toEqual({ columns: 100, rows: 24 });
    output.take();
    screen.draw(['one']);
    expect(output.take()).toContain('one');
  });

  test('leaves pictures out that a slow terminal cannot take, and draws nothing when it is not its', () => {
    screen.draw(['early']);
    screen.open();
    output.take();
    output.writableNeedDrain = true;
    screen.draw(['one']);
    expect(output.take()).toBe('');
    output.writableNeedDrain = false;
    screen.draw(['one']);
    expect(output.take()).toContain('one');
    screen.close();
    output.take();
    screen.draw(['late']);
    expect(output.take()).toBe('');
  });
});

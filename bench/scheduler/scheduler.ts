/**
 * The scheduler in simulated runs: beside baselines, beside what no policy can beat, and beside what it is to reach. `npm run bench:scheduler -- [SEEDS]`;
 * the traces of Azure are run where they are found, in the folder of `--traces` or beside the checkout.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GiB } from '../../src/domain/units.ts';
import { parseTrace, recordedWorkload, type ServerKind, USUAL_MACHINE } from '../../src/simulator/index.ts';
import { type Cell, Cells, intervalOf, type Rival, type Scene } from './cells.ts';
import { baselines, OURS, OURS_ATTACHED } from './rivals.ts';
import { ROWS, type Row } from './rows.ts';
import { EQUAL } from './scenes.ts';

const USUAL_SEEDS = 10;
const USUAL_TRACES = resolve(import.meta.dirname, '..', '..', '..', 'shared/traces');
const TRACES = ['AzureLLMInferenceTrace_code.csv', 'AzureLLMInferenceTrace_conv.csv'];
/** Of a trace; each takes a turn or more of the loop. */
const TRACE_JOBS = 4_000;
/** The best baseline may be better by so much. */
const SHIP = 1.05;

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { traces: { type: 'string', default: USUAL_TRACES } },
  });
  const seeds = positionals[0] === undefined ? USUAL_SEEDS : Number(positionals[0]);
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`"${positionals[0]}" is no number of seeds.`);
  const cells = new Cells(seeds);
  print(`Medians of ${seeds} seeds; 24 GiB, 12 models, 4 slots unless said otherwise.`);
  print('figure | Ollama / LRU / knapsack | managed | attached | ship | moonshot | missed by');
  for (const row of ROWS) print(lineOf(row(cells)));
  print('');
  print(
    'Equal priorities: mean and p95 times the best baseline on the same kind of server (which), with six seeds and more the interval of the median of their ratios seed by seed (95 %); managed, then attached.',
  );
  for (const [name, scene] of EQUAL) print(besideBest(cells, name, scene));
  for (const [name, scene] of traceScenes(values.traces)) print(besideBest(cells, name, scene, 1));
}

function lineOf({ about, rivals, managed, attached, ship, moonshot }: Row): string {
  const theirs = rivals.length === 0 ? '–' : rivals.map(shown).join(' / ');
  const missed = ship === null || managed <= ship ? '' : `${((managed / ship - 1) * 100).toFixed(0)} %`;
  const figures = [managed, attached, ship, moonshot].map((each) => (each === null ? '–' : shown(each)));
  return [about, theirs, ...figures, missed].join(' | ');
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function besideBest(cells: Cells, name: string, scene: Scene, seeds?: number): string {
  const parts = [OURS, OURS_ATTACHED].map((ours) => {
    const best = [mean, p95].map((of) => bestOf(cells, scene, of, ours.server, seeds));
    const times = [mean, p95].map((of, i) => {
      const rival = best[i];
      const value = cells.median(scene, ours, of, seeds) / (rival?.value ?? Number.NaN);
      const theirs = rival ? cells.of(scene, rival.rival, seeds).map(of) : [];
      const paired = cells
        .of(scene, ours, seeds)
        .map((cell, place) => of(cell) / (theirs[place] ?? Number.NaN));
      return `${value.toFixed(2)}${value > SHIP ? '!' : ''}${shownInterval(paired)}`;
    });
    return `${times.join(' ')} (${best.map((each) => each.rival.name).join(', ')})`;
  });
  return [name, ...parts].join(' | ');
}

function shownInterval(values: readonly number[]): string {
  const interval = intervalOf(values);
  return interval ? ` [${interval.map((each) => each.toFixed(2)).join(', ')}]` : '';
}

const mean = ({ figures }: Cell) => figures.meanSeconds;
const p95 = ({ figures }: Cell) => figures.p95Seconds;

function bestOf(
  cells: Cells,
  scene: Scene,
  of: (cell: Cell) => number,
  server: ServerKind,
  seeds: number | undefined,
): { readonly rival: Rival; readonly value: number } {
  return baselines(server)
    .map((rival) => ({ rival, value: cells.median(scene, rival, of, seeds) }))
    .reduce((a, b) => (b.value < a.value ? b : a));
}

/** On two cards of 80 GiB: one has too little power for them. */
function traceScenes(folder: string): readonly (readonly [string, Scene])[] {
  const machine = { ...USUAL_MACHINE, gpuBytes: [80 * GiB, 80 * GiB] };
  return TRACES.flatMap((name) => {
    const file = join(folder, name);
    if (!existsSync(file)) return [];
    const trace = parseTrace(readFileSync(file, 'utf8'), name);
    const settings = {
      jobs: TRACE_JOBS,
      ratePerSecond: 1,
      models: 12,
      zipf: 1,
      priorities: 'equal',
      machine,
    } as const;
    return [[name, { machine, workload: (seed: number) => recordedWorkload(name, trace, settings, seed) }]];
  });
}

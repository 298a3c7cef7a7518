/** The parts of the picture of `vramkeeper top`, each as lines. */
import type { TopMemorySubscription, TopSituationQuery } from '../../client/generated/graphql.ts';
import { greatest } from '../../domain/long-lists.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { type Column, fittedTable } from '../terminal/fitted-table.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { clip, gib, shortDuration, shortTokens, widthOf } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { ledgerBar, SHARES } from './top-bar.ts';

export type Backend = TopMemorySubscription['vramChanged']['backends'][number];
export type Situation = TopSituationQuery;
type Gpu = Backend['gpus'][number];
type Cell = Backend['cells'][number];
type Instance = Backend['instances'][number];

/** What a section is drawn with. */
export interface Canvas {
  readonly columns: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly terminal: Pick<Terminal, 'style'>;
}

/** From here on there is room for whole words. */
const WIDE = 110;
const LEAST_BAR = 10;
const MOST_BAR = 60;
/** Its column, and what is between columns. */
const BAR = 1;
const GAP = 2;

/** How things are, in facts that stay whole: a line that is full goes on below. */
export function headLines(
  { stats, health }: Situation,
  backends: readonly Backend[],
  { columns, now, terminal }: Canvas,
): readonly string[] {
  const { counts, swaps, latency } = stats;
  // Models, and not the jobs that wait for them.
  const loading = backends
    .flatMap(({ instances }) => instances)
    .filter(({ status }) => status === 'LOADING').length;
  const style = { HEALTHY: 'green', DEGRADED: 'yellow', STALLED: 'red' } as const;
  const wait = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? '-' : formatDuration(ms);
  const parts = [
    terminal.style('bold', `vramkeeper ${stats.version}`),
    terminal.style(style[health.status], health.status),
    `${counts.running} running`,
    `${counts.pending + counts.queued} waiting`,
    `${loading} loading`,
    `wait ${wait(latency.queueP50)}, 95% ${wait(latency.queueP95)}`,
    swapText(swaps),
    `up ${formatDuration(Math.max(0, now - Date.parse(stats.startedAt)))}`,
  ];
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length > 0 ? `${lines.at(-1)}   ${part}` : part;
    if (lines.length > 0 && widthOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** Starts that somebody waited for are only on managed backends. */
function swapText({ loads, evictions, coldStarts, warmStarts }: Situation['stats']['swaps']): string {
  const cold = coldStarts + warmStarts > 0 ? ` (${coldStarts} cold)` : '';
  return `${loads} loads${cold}, ${evictions} evictions`;
}

/** The lines of each problem. */
export function problems({ stats, health }: Situation, canvas: Canvas): readonly (readonly string[])[] {
  const said = health.problems.map(({ message }) => message);
  const paused = stats.paused && said.length === 0 ? ['The scheduler is paused.'] : [];
  return [...paused, ...said].map((text) => sentence(`! ${text}`, 'yellow', canvas));
}

/** A head, then a line for each GPU. */
export function gpuTable(backends: readonly Backend[], { columns, terminal }: Canvas): readonly string[] {
  if (backends.every(({ gpus }) => gpus.length === 0)) return [terminal.style('dim', 'No GPU is known.')];
  const wide = columns >= WIDE;
  const head = [
    'GPU',
    '',
    'TOTAL',
    ...SHARES.map(({ glyph, name, shortName }) => `${glyph}${wide ? name : shortName}`),
  ];
  const draw = (barWidth: number) => {
    const shown = <T>(cells: readonly T[]) => cells.filter((_, i) => i !== BAR || barWidth > 0);
    const rows = backends.flatMap((backend) =>
      backend.gpus.map((gpu) =>
        shown([
          gpuLabel(backend, gpu, wide),
          ledgerBar(gpu.vram, barWidth, terminal),
          gib(gpu.vram.totalBytes),
          ...SHARES.map(({ field }) => figure(gpu, field, terminal)),
        ]),
      ),
    );
    return table(
      shown(head),
      rows,
      shown(head).flatMap((text, i) => (i >= BAR && text !== '' ? [i] : [])),
    ).split('\n');
  };
  const room = columns - greatest(draw(0).map(widthOf)) - GAP;
  // The figures matter more than their picture.
  const [first = '', ...lines] = draw(room < LEAST_BAR ? 0 : Math.min(MOST_BAR, room));
  return [terminal.style('dim', first), ...lines];
}

function gpuLabel({ name }: Backend, gpu: Gpu, wide: boolean): string {
  return wide ? `${clip(name, 24)}:${gpu.index} ${clip(gpu.name, 28)}` : `${clip(name, 10)}:${gpu.index}`;
}

/** What is free below nothing is what was claimed too much. */
function figure(
  { vram }: Gpu,
  field: (typeof SHARES)[number]['field'],
  terminal: Canvas['terminal'],
): string {
  return field === 'freeBytes' && vram.deficitBytes > 0
    ? terminal.style('red', `-${gib(vram.deficitBytes)}`)
    : gib(vram[field]);
}

/** Who holds what is neither ours nor free. */
export function holderLines(backends: readonly Backend[], canvas: Canvas): readonly string[] {
  const { now } = canvas;
  return backends.flatMap(({ name, gpus }) =>
    gpus.flatMap((gpu) => {
      const reserved = gpu.reservations.map(({ owner, bytes, ready, expiresAt }) => {
        const state = ready ? '' : ', making room';
        const end = expiresAt ? `, ends in ${shortDuration(Date.parse(expiresAt) - now)}` : '';
        return `${formatBytes(bytes)} reserved for ${owner}${state}${end}`;
      });
      const foreign = gpu.foreignProcesses.map(
        ({ pid, name: program, bytes }) => `${program ?? 'unknown'} (${pid}) ${formatBytes(bytes)}`,
      );
      const parts = [...reserved, ...(foreign.length > 0 ? [`processes: ${foreign.join(', ')}`] : [])];
      if (parts.length === 0) return [];
      return sentence(`${name}:${gpu.index}  ${parts.join('; ')}`, 'dim', canvas);
    }),
  );
}

/** What the server processes are doing, a line for each backend that starts some. */
export function cellLines(backends: readonly Backend[], canvas: Canvas): readonly string[] {
  return backends.flatMap(({ name, capabilities, cells }) => {
    if (!capabilities.startsProcesses) return [];
    const living = cells.filter(({ status }) => status !== 'EXITED');
    const count = (text: string, which: (cell: Cell) => boolean) => {
      const found = living.filter(which).length;
      return found > 0 ? [`${found} ${text}`] : [];
    };
    const parts = [
      ...count('with a model', ({ role, status }) => role === 'INSTANCE' && status === 'READY'),
      ...count('standing by', ({ role, status }) => role === 'WARM' && status === 'READY'),
      ...count('library', ({ role, status }) => role === 'LIBRARY' && status === 'READY'),
      ...count('starting', ({ status }) => status === 'STARTING'),
      ...count('ending', ({ status }) => status === 'STOPPING'),
    ];
    const bytes = living.reduce((sum, { residentBytes }) => sum + (residentBytes ?? 0), 0);
    const memory = bytes > 0 ? `; ${formatBytes(bytes)} of RAM` : '';
    const text = parts.length > 0 ? `${parts.join(', ')}${memory}` : 'none';
    return sentence(`${name}  server processes: ${text}`, 'dim', canvas);
  });
}

export function instanceTable(backends: readonly Backend[], canvas: Canvas): readonly string[] {
  const several = backends.length > 1;
  const entries = backends.flatMap((backend) =>
    backend.instances.map((instance) => ({ instance, place: placeOf(backend, instance, several) })),
  );
  entries.sort((a, b) => (a.instance.id < b.instance.id ? -1 : 1));
  return namedTable(
    [
      { head: 'IN MEMORY', least: 12 },
      { head: 'STATUS' },
      { head: 'SLOTS', right: true, rank: 4 },
      { head: 'CONTEXT', right: true, rank: 1 },
      { head: 'VRAM GiB', right: true },
      { head: 'GPU', rank: several ? 5 : 3 },
      { head: 'USED', rank: 2 },
      { head: 'KEPT', rank: 6 },
    ],
    entries.map(({ instance, place }) => [
      instance.modelName,
      statusText(instance, canvas.terminal),
      `${instance.activeJobs.length}/${instance.parallel}`,
      shortTokens(instance.contextLength),
      gib(instance.vramBytes),
      place,
      instance.activeJobs.length > 0
        ? 'now'
        : `${shortDuration(canvas.now - Date.parse(instance.lastUsedAt))} ago`,
      keptText(instance, canvas.now),
    ]),
    canvas,
  );
}

function placeOf({ name }: Backend, { gpus }: Instance, several: boolean): string {
  const cards = gpus.map(({ index }) => index).join('+') || '-';
  return several ? `${clip(name, 10)}:${cards}` : cards;
}

const STATUS_STYLE = {
  LOADING: 'cyan',
  READY: 'green',
  DRAINING: 'yellow',
  UNLOADING: 'yellow',
  FAILED: 'red',
} as const;

function statusText({ status, spilled }: Instance, terminal: Canvas['terminal']): string {
  return spilled ? terminal.style('red', 'ON CPU') : terminal.style(STATUS_STYLE[status], status);
}

function keptText({ pinned, expiresAt }: Instance, now: number): string {
  if (pinned) return 'pinned';
  return expiresAt ? `for ${shortDuration(Date.parse(expiresAt) - now)}` : '-';
}

/** The queue whose oldest job has waited longest comes first. */
export function queueTable({ stats }: Situation, canvas: Canvas): readonly string[] {
  const waiting = stats.queues
    .filter((queue) => queue.pendingHigh + queue.pendingNormal + queue.pendingLow > 0)
    .toSorted((a, b) => (b.oldestAge ?? 0) - (a.oldestAge ?? 0));
  const age = (ms: number | null | undefined) => (ms === null || ms === undefined ? '-' : shortDuration(ms));
  return namedTable(
    [
      { head: 'QUEUE', least: 12 },
      { head: 'HIGH', right: true },
      { head: 'NORMAL', right: true },
      { head: 'LOW', right: true },
      { head: 'OLDEST', right: true, rank: 2 },
      { head: 'CLEAR IN', right: true, rank: 1 },
    ],
    waiting.map((queue) => [
      queue.contextLength ? `${queue.modelName} @${shortTokens(queue.contextLength)}` : queue.modelName,
      String(queue.pendingHigh),
      String(queue.pendingNormal),
      String(queue.pendingLow),
      age(queue.oldestAge),
      age(queue.expectedClear),
    ]),
    canvas,
  );
}

/** A table whose first column holds names. */
export function namedTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { columns: width, terminal }: Canvas,
): readonly string[] {
  if (rows.length === 0) return [emptyLine(columns[0]?.head ?? '', 'nothing', terminal)];
  const [first = '', ...lines] = fittedTable(columns, rows, width).split('\n');
  return [terminal.style('dim', first), ...lines];
}

export function emptyLine(name: string, text: string, terminal: Canvas['terminal']): string {
  return terminal.style('dim', `${name}  ${text}`);
}

function sentence(text: string, style: 'dim' | 'yellow', { columns, terminal }: Canvas): readonly string[] {
  return wrapped(text, columns, GAP)
    .split('\n')
    .map((line) => terminal.style(style, line));
}

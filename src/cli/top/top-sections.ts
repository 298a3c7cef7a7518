/** The parts of the picture of `vramkeeper top`, each as lines. */
import type { TopMemorySubscription, TopSituationQuery } from '../../client/generated/graphql.ts';
import { greatest } from '../../domain/long-lists.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { decisionName } from '../queue/decision-name.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { clip, clockTime, gib, shortDuration, shortTokens, widthOf } from '../terminal/text.ts';
import { ledgerBar, SHARES } from './top-bar.ts';

export type Backend = TopMemorySubscription['vramChanged']['backends'][number];
export type Situation = TopSituationQuery;
type Gpu = Backend['gpus'][number];
type Cell = Backend['cells'][number];
type Instance = Backend['instances'][number];
type Decision = Situation['decisions']['nodes'][number];

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
const LEAST_NAME = 12;

/** One line of facts; those that find no room are left out from the right. */
export function headLine(
  { stats, health }: Situation,
  backends: readonly Backend[],
  { columns, now, terminal }: Canvas,
): string {
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
  let line = '';
  for (const part of parts) {
    const longer = line ? `${line}   ${part}` : part;
    if (widthOf(longer) > columns) break;
    line = longer;
  }
  return line;
}

/** Starts that somebody waited for are only on managed backends. */
function swapText({ loads, evictions, coldStarts, warmStarts }: Situation['stats']['swaps']): string {
  const cold = coldStarts + warmStarts > 0 ? ` (${coldStarts} cold)` : '';
  return `${loads} loads${cold}, ${evictions} evictions`;
}

export function problemLines({ stats, health }: Situation, { columns, terminal }: Canvas): readonly string[] {
  const said = health.problems.map(({ message }) => message);
  const paused = stats.paused && said.length === 0 ? ['The scheduler is paused.'] : [];
  return [...paused, ...said].map((text) => terminal.style('yellow', clip(`! ${text}`, columns)));
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
  const right = head.map((_, i) => i).slice(2);
  const draw = (barWidth: number) => {
    const rows = backends.flatMap((backend) =>
      backend.gpus.map((gpu) => [
        gpuLabel(backend, gpu, wide),
        ledgerBar(gpu.vram, barWidth, terminal),
        gib(gpu.vram.totalBytes),
        ...SHARES.map(({ field }) => figure(gpu, field, terminal)),
      ]),
    );
    return table(head, rows, right).split('\n');
  };
  const rest = greatest(draw(0).map(widthOf));
  const [first = '', ...lines] = draw(Math.min(MOST_BAR, Math.max(LEAST_BAR, columns - rest)));
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
export function holderLines(
  backends: readonly Backend[],
  { columns, now, terminal }: Canvas,
): readonly string[] {
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
      return [terminal.style('dim', clip(`${name}:${gpu.index}  ${parts.join('; ')}`, columns))];
    }),
  );
}

/** What the server processes are doing, a line for each backend that starts some. */
export function cellLines(backends: readonly Backend[], { columns, terminal }: Canvas): readonly string[] {
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
    return [terminal.style('dim', clip(`${name}  server processes: ${text}`, columns))];
  });
}

export function instanceTable(backends: readonly Backend[], canvas: Canvas): readonly string[] {
  const several = backends.length > 1;
  const entries = backends.flatMap((backend) =>
    backend.instances.map((instance) => ({ instance, place: placeOf(backend, instance, several) })),
  );
  entries.sort((a, b) => (a.instance.id < b.instance.id ? -1 : 1));
  return namedTable(
    ['IN MEMORY', 'STATUS', 'SLOTS', 'CONTEXT', 'VRAM GiB', 'GPU', 'USED', 'KEPT'],
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
    [2, 3, 4],
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
    ['QUEUE', 'HIGH', 'NORMAL', 'LOW', 'OLDEST', 'CLEAR IN'],
    waiting.map((queue) => [
      queue.contextLength ? `${queue.modelName} @${shortTokens(queue.contextLength)}` : queue.modelName,
      String(queue.pendingHigh),
      String(queue.pendingNormal),
      String(queue.pendingLow),
      age(queue.oldestAge),
      age(queue.expectedClear),
    ]),
    [1, 2, 3, 4, 5],
    canvas,
  );
}

/** Dispatches between two other decisions are one line. */
export function decisionTable({ decisions }: Situation, { columns, terminal }: Canvas): readonly string[] {
  if (decisions.nodes.length === 0) return [emptyLine('DECIDED', 'nothing yet', terminal)];
  const runs: Decision[][] = [];
  for (const decision of decisions.nodes) {
    const run = runs.at(-1);
    if (run && decision.kind === 'DISPATCH' && run[0]?.kind === 'DISPATCH') run.push(decision);
    else runs.push([decision]);
  }
  const lines = runs.flatMap(([newest, ...older]) => {
    if (!newest) return [];
    const why = older.length > 0 ? dispatchesText([newest, ...older]) : decisionText(newest);
    return [clip(`${clockTime(newest.at).padEnd(10)}${kindText(newest.kind, terminal)}${why}`, columns)];
  });
  return [terminal.style('dim', `${'DECIDED'.padEnd(10)}${'WHAT'.padEnd(10)}WHY`), ...lines];
}

/** Ten columns. */
function kindText(kind: Decision['kind'], terminal: Canvas['terminal']): string {
  const text = decisionName(kind).padEnd(10);
  return kind === 'CELL_DEATH' ? terminal.style('red', text) : text;
}

function decisionText({ modelName, explanation }: Decision): string {
  return modelName ? `${modelName}: ${explanation}` : explanation;
}

/** `12 to phi3:mini, 4 to gemma:2b`. */
function dispatchesText(run: readonly Decision[]): string {
  const counts = new Map<string, number>();
  for (const { modelName } of run) counts.set(modelName ?? '?', (counts.get(modelName ?? '?') ?? 0) + 1);
  const parts = [...counts].toSorted(([, a], [, b]) => b - a);
  return parts.map(([name, count]) => `${count} to ${name}`).join(', ');
}

function emptyLine(name: string, text: string, terminal: Canvas['terminal']): string {
  return terminal.style('dim', `${name}  ${text}`);
}

/** A table whose first column holds names, cut to what the others leave of the line. */
function namedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  { columns, terminal }: Canvas,
): readonly string[] {
  if (rows.length === 0) return [emptyLine(head[0] ?? '', 'nothing', terminal)];
  const draw = (nameWidth: number) =>
    table(
      head,
      rows.map(([name = '', ...others]) => [clip(name, nameWidth), ...others]),
      right,
    ).split('\n');
  const bare = greatest(draw(0).map(widthOf)) - widthOf(head[0] ?? '');
  const [first = '', ...lines] = draw(Math.max(LEAST_NAME, columns - bare));
  return [terminal.style('dim', first), ...lines];
}

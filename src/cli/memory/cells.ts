/** The server processes of managed backends: which there are, which one is meant, and how they are shown. */
import type { ApiClient } from '../../client/api-client.ts';
import { Cells } from '../../client/cell-documents.ts';
import type { CellsQuery } from '../../client/generated/graphql.ts';
import type { Clock } from '../../clock.ts';
import { formatBytes } from '../../domain/units.ts';
import { CommandError } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned, shortDuration } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';

type Backend = CellsQuery['backends'][number];

export interface Cell extends Readonly<Backend['cells'][number]> {
  readonly backend: string;
}

/**
 * Living ones first, then those that ended last.
 * @param backendId of one backend alone; null for all
 * @throws CommandError when none of them is managed
 */
export async function listCells(api: ApiClient, backendId: string | null): Promise<readonly Cell[]> {
  const { backends } = cleaned(await api.request(Cells, {}));
  const managed = backends.filter(
    ({ id, capabilities }) => capabilities.startsProcesses && (backendId === null || id === backendId),
  );
  if (managed.length === 0) {
    throw new CommandError(
      `${backendId === null ? 'No backend of this server is managed' : 'This backend is not managed'}, so vramkeeper runs no processes for it. Whoever runs its Ollama has the log (of a systemd service: journalctl -u ollama).`,
    );
  }
  const cells = managed.flatMap(({ name, cells: own }) => own.map((cell) => ({ ...cell, backend: name })));
  return [...cells.filter(isLiving), ...cells.filter((cell) => !isLiving(cell))];
}

function isLiving({ status }: Pick<Cell, 'status'>): boolean {
  return status !== 'EXITED';
}

/**
 * By id, by `library`, or by the model that it holds; one that ended only where none lives.
 * @param modelName what the server calls the model that the name means
 * @throws CommandError when none is meant, or several are
 */
export function findCell(cells: readonly Cell[], name: string, modelName: string): Cell {
  const byId = cells.find(({ id }) => id === name);
  if (byId) return byId;
  const meant = cells.filter((cell) =>
    name === 'library' ? cell.role === 'LIBRARY' : cell.modelName === modelName || cell.modelName === name,
  );
  const living = meant.filter(isLiving);
  const [newest] = meant;
  if (!newest) throw new CommandError(`There is no server process "${name}". ${whatThereIs(cells)}`);
  if (living.length > 1) {
    const list = living.map(
      ({ id, pid, ...cell }) => `${id} (pid ${pid}${gpuText(cell) === '-' ? '' : `, GPU ${gpuText(cell)}`})`,
    );
    throw new CommandError(
      `${name} has ${living.length} server processes: ${list.join(', ')}. Name one by its id.`,
    );
  }
  return living[0] ?? newest;
}

function whatThereIs(cells: readonly Cell[]): string {
  const names = new Set(
    cells.flatMap(({ role, modelName }) => (role === 'LIBRARY' ? 'library' : (modelName ?? []))),
  );
  if (names.size === 0) return 'None runs yet.';
  return `Name one by its id, or as ${[...names].join(', ')}; "vramkeeper logs" lists them.`;
}

const STATUS_STYLE = { STARTING: 'cyan', READY: 'green', STOPPING: 'yellow', EXITED: 'gray' } as const;

/**
 * Why one ended stands below it.
 * @param columns of the terminal; null for as many as it takes
 */
export function cellTable(
  cells: readonly Cell[],
  {
    terminal,
    clock,
    columns,
  }: { readonly terminal: Pick<Terminal, 'style'>; readonly clock: Clock; readonly columns: number | null },
): string {
  const several = new Set(cells.map(({ backend }) => backend)).size > 1;
  const [head = '', ...lines] = fittedTable(
    [
      { head: 'ID' },
      { head: 'ROLE', rank: 2 },
      { head: 'MODEL', least: 12 },
      { head: 'GPU', rank: several ? 5 : 3 },
      { head: 'PID', right: true, rank: 4 },
      { head: 'PORT', right: true, rank: 1 },
      { head: 'STATUS' },
      { head: 'MEMORY', right: true, rank: 6 },
      { head: 'AGE', rank: 7 },
    ],
    cells.map((cell) => [
      cell.id,
      cell.role.toLowerCase(),
      // A library has no model; where its role is left out, this says what it is.
      { long: cell.modelName ?? '-', short: cell.modelName ?? cell.role.toLowerCase() },
      several ? `${cell.backend}:${gpuText(cell)}` : gpuText(cell),
      String(cell.pid),
      cell.port ? String(cell.port) : '-',
      terminal.style(STATUS_STYLE[cell.status], cell.status),
      cell.residentBytes ? formatBytes(cell.residentBytes) : '-',
      ageText(cell, clock),
    ]),
    columns,
  ).split('\n');
  const below = ({ exitReason }: Cell) =>
    exitReason ? [terminal.style('dim', wrapped(`  ${exitReason}`, columns, 2))] : [];
  return [head, ...cells.flatMap((cell, i) => [lines[i] ?? '', ...below(cell)])].join('\n');
}

function gpuText({ gpus }: Pick<Cell, 'gpus'>): string {
  return gpus.map(({ index }) => index).join('+') || '-';
}

/** How long it has lived, or how long ago it ended. */
function ageText({ startedAt, endedAt }: Cell, clock: Clock): string {
  const since = (instant: string) => shortDuration(clock.now() - Date.parse(instant));
  return endedAt ? `ended ${since(endedAt)} ago` : since(startedAt);
}

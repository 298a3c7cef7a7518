/** `vramkeeper logs`: the server processes of managed backends, and what one of them writes. */
import { stripVTControlCharacters } from 'node:util';
import type { ApiClient } from '../../client/api-client.ts';
import { CellLog } from '../../client/cell-documents.ts';
import { ModelName } from '../../client/model-documents.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { LogReader } from '../../domain/log-lines.ts';
import { connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode, UsageError } from '../exit.ts';
import { type BackendOptions, backendIdOf } from '../models/backend-option.ts';
import { holdProcess } from '../terminal/hold.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cellTable, findCell, listCells } from './cells.ts';

/** The most that the server gives at once. */
export const MOST_LINES = 1_000;
const LOOK_MS = 500;

export interface LogsOptions extends BackendOptions {
  readonly lines: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export async function logs(
  name: string | undefined,
  options: LogsOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  if (options.follow && name === undefined) {
    throw new UsageError('--follow takes a server process: its id, its model, or "library".');
  }
  return connected(options, terminal, async (api) => {
    const cells = await listCells(api, await backendIdOf(api, options));
    if (name !== undefined) {
      const { model } = await api.request(ModelName, { name });
      const { id } = findCell(cells, name, model?.name ?? name);
      return options.follow
        ? followLog(api, id, options, terminal, clock)
        : printLog(api, id, options, terminal);
    }
    const { columns } = terminal;
    if (options.json) for (const cell of cells) terminal.outLine(JSON.stringify(cell));
    else if (cells.length > 0) terminal.outLine(cellTable(cells, { terminal, clock, columns }));
    else
      terminal.note(
        'No server process has been started yet: the first one comes with the first look at the models.',
      );
    return EXIT.done;
  });
}

async function printLog(
  api: ApiClient,
  id: string,
  { lines }: LogsOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const log = await readLog(api, id, lines);
  for (const line of log.lines) terminal.outLine(line);
  if (log.ended !== null) terminal.note(log.ended);
  return EXIT.done;
}

/** Until the process ends, or a person has seen enough. */
async function followLog(
  api: ApiClient,
  id: string,
  { lines }: LogsOptions,
  terminal: Terminal,
  clock: Clock,
): Promise<ExitCode> {
  const leaving = new AbortController();
  const stopListening = onInterrupt(() => leaving.abort(), clock);
  const release = holdProcess();
  const reader = new LogReader();
  try {
    for (let isFirst = true; !leaving.signal.aborted; isFirst = false) {
      const log = await readLog(api, id, MOST_LINES, leaving.signal);
      const { lines: news, gap } = reader.take(log.lines, log.ended !== null);
      if (gap) terminal.note('… some lines came too fast to be shown.');
      for (const line of isFirst ? news.slice(-lines) : news) terminal.outLine(line);
      if (log.ended !== null) {
        terminal.note(log.ended);
        return EXIT.done;
      }
      await sleep(clock, LOOK_MS, leaving.signal);
    }
    return EXIT.interrupted;
  } catch (error) {
    if (leaving.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    release();
    stopListening();
  }
}

interface Log {
  readonly lines: readonly string[];
  /** What is to be said of the end of the process; null while it lives. */
  readonly ended: string | null;
}

async function readLog(api: ApiClient, id: string, lines: number, signal?: AbortSignal): Promise<Log> {
  const { node } = await api.request(CellLog, { id, lines }, signal);
  if (node?.__typename !== 'Cell') {
    throw new CommandError(
      `The server process ${id} ended too long ago. "vramkeeper logs" lists those that are known.`,
    );
  }
  return {
    lines: node.logTail.map(stripVTControlCharacters),
    ended: node.status === 'EXITED' ? `The process has ended. ${node.exitReason ?? ''}`.trimEnd() : null,
  };
}

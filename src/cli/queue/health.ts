/** `vramkeeper health`: whether jobs run as they should. Fails when they do not, so that a script can ask. */
import type { HealthReportQuery } from '../../client/generated/graphql.ts';
import { HealthReport } from '../../client/situation-documents.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { inCommandWords } from '../terminal/command-words.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';

type Health = HealthReportQuery['health'];

const STATUS_STYLE = { HEALTHY: 'green', DEGRADED: 'yellow', STALLED: 'red' } as const;
const BACKEND_STYLE = { HEALTHY: 'green', DEGRADED: 'yellow', UNREACHABLE: 'red' } as const;

export function printHealth(
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { health } = cleaned(await api.request(HealthReport, {}));
    terminal.outLine(options.json ? JSON.stringify(health) : healthText(health, terminal));
    return health.status === 'HEALTHY' ? EXIT.done : EXIT.failed;
  });
}

function healthText({ status, problems, backends }: Health, terminal: Terminal): string {
  const head = terminal.style(STATUS_STYLE[status], status);
  const lines = problems.map(({ message }) => wrapped(`! ${inCommandWords(message)}`, terminal.columns, 2));
  return [head, ...lines, ...(backends.length > 0 ? ['', backendTable(backends, terminal)] : [])].join('\n');
}

function backendTable(backends: Health['backends'], terminal: Terminal): string {
  return fittedTable(
    [
      { head: 'BACKEND', least: 8 },
      { head: 'HEALTH' },
      { head: 'MODE', rank: 2 },
      { head: 'VERSION', rank: 3 },
      { head: 'GPUS', right: true, rank: 4 },
      { head: 'VRAM', right: true, rank: 5 },
      { head: 'URL', rank: 1 },
    ],
    backends.map(({ name, url, mode, health, version, gpus, vram }) => [
      name,
      terminal.style(BACKEND_STYLE[health], health),
      mode.toLowerCase(),
      version ?? '-',
      String(gpus.length),
      gpus.length > 0 ? `${formatBytes(vram.usedBytes)} of ${formatBytes(vram.totalBytes)}` : '-',
      url,
    ]),
    terminal.columns,
  );
}

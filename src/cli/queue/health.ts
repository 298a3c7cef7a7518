/** `vramkeeper health`: whether jobs run as they should. Fails when they do not, so that a script can ask. */
import type { HealthReportQuery } from '../../client/generated/graphql.ts';
import { HealthReport } from '../../client/situation-documents.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { inCommandWords } from '../terminal/command-words.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';

type Health = HealthReportQuery['health'];
type Stats = HealthReportQuery['stats'];

const STATUS_STYLE = { HEALTHY: 'green', DEGRADED: 'yellow', STALLED: 'red' } as const;
const BACKEND_STYLE = { HEALTHY: 'green', DEGRADED: 'yellow', UNREACHABLE: 'red' } as const;

export function printHealth(
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { health, stats } = cleaned(await api.request(HealthReport, {}));
    const json = () => JSON.stringify({ ...health, ...stats });
    terminal.outLine(options.json ? json() : healthText(health, stats, terminal));
    return health.status === 'HEALTHY' ? EXIT.done : EXIT.failed;
  });
}

function healthText({ status, problems, backends }: Health, stats: Stats, terminal: Terminal): string {
  const head = terminal.style(STATUS_STYLE[status], status);
  const lines = problems.map(({ message }) => wrapped(`! ${inCommandWords(message)}`, terminal.columns, 2));
  const table = backends.length > 0 ? ['', backendTable(backends, terminal)] : [];
  const estimates = estimateLines(stats).map((line) => wrapped(line, terminal.columns, 2));
  return [head, ...lines, ...table, ...(estimates.length > 0 ? ['', ...estimates] : [])].join('\n');
}

/** How far what is said of the future can be believed; nothing before jobs have shown it. */
function estimateLines({ startEstimates: starts, workEstimates: work }: Stats): readonly string[] {
  const lines: string[] = [];
  if (work.medianError !== null && work.bias !== null) {
    const drift = `${percentOf(Math.abs(work.bias))} too ${work.bias < 0 ? 'short' : 'long'} in all`;
    const within = `within ${percentOf(work.medianError)} for half of the last ${work.sampleCount} jobs`;
    lines.push(`Estimated work: ${within}, ${drift}.`);
  }
  if (starts.medianError !== null)
    lines.push(
      `Foreseen starts: within ${formatDuration(starts.medianError)} for half of the last ${starts.sampleCount} that were told.`,
    );
  return lines;
}

function percentOf(share: number): string {
  return `${Math.round(100 * share)} %`;
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

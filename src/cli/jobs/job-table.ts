/** Jobs, a line each. */
import type { Clock } from '../../clock.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import { shortId } from '../terminal/short-id.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { between, relative, shortRelative } from '../terminal/when.ts';
import { statusText } from './job-report.ts';
import type { ListedJob } from './listed-jobs.ts';

export function jobTable(jobs: readonly ListedJob[], terminal: Terminal, clock: Clock): string {
  return fittedTable(
    [
      { head: 'ID' },
      { head: 'STATUS' },
      { head: 'PRIORITY', rank: 2 },
      { head: 'KIND', rank: 1 },
      { head: 'MODEL', least: 12 },
      { head: 'CLIENT', rank: 3 },
      { head: 'SUBMITTED', rank: 6 },
      { head: 'WAITED', right: true, rank: 4 },
      { head: 'RAN', right: true, rank: 5 },
    ],
    cleaned(jobs).map((job) => [
      { long: job.id, short: shortId(job.id) },
      statusText(job.status, terminal),
      job.priority.toLowerCase(),
      job.kind.toLowerCase(),
      job.modelName,
      job.client,
      { long: relative(job.createdAt, clock), short: shortRelative(job.createdAt, clock) },
      between(job.createdAt, job.startedAt),
      between(job.startedAt, job.finishedAt),
    ]),
    terminal.columns,
  );
}

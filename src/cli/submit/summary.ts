/** How the models did over a set of jobs, as a table. */
import type { ApiClient } from '../../client/api-client.ts';
import { JobTimes } from '../../client/documents.ts';
import { formatDuration } from '../../domain/units.ts';
import { fittedTable } from '../terminal/fitted-table.ts';

const MOST_IDS = 100;

interface Row {
  readonly kinds: Set<string>;
  readonly waitedMs: number[];
  readonly ranMs: number[];
  jobs: number;
  complete: number;
  cut: number;
}

/** One row for each model, in order of name, no wider than `columns`. */
export async function modelSummary(
  api: ApiClient,
  ids: readonly string[],
  columns: number | null,
): Promise<string> {
  const rows = new Map<string, Row>();
  for (let from = 0; from < ids.length; from += MOST_IDS) {
    const { nodes } = await api.request(JobTimes, { ids: ids.slice(from, from + MOST_IDS) });
    for (const node of nodes) {
      if (node?.__typename !== 'Job') continue;
      const row = rows.get(node.modelName) ?? {
        kinds: new Set(),
        waitedMs: [],
        ranMs: [],
        jobs: 0,
        complete: 0,
        cut: 0,
      };
      rows.set(node.modelName, row);
      row.jobs += 1;
      row.kinds.add(node.kind.toLowerCase());
      if (node.status === 'COMPLETE') row.complete += 1;
      if (node.result?.truncated) row.cut += 1;
      if (!node.startedAt) continue;
      row.waitedMs.push(Date.parse(node.startedAt) - Date.parse(node.createdAt));
      if (node.finishedAt) row.ranMs.push(Date.parse(node.finishedAt) - Date.parse(node.startedAt));
    }
  }
  const sorted = [...rows].sort(([a], [b]) => a.localeCompare(b));
  return fittedTable(
    [
      { head: 'MODEL', least: 12 },
      { head: 'KIND', rank: 1 },
      { head: 'JOBS', right: true },
      { head: 'COMPLETE', right: true },
      { head: 'CUT', right: true },
      { head: 'MEAN WAIT', right: true, rank: 2 },
      { head: 'MEAN RUN', right: true, rank: 3 },
    ],
    sorted.map(([name, row]) => [
      name,
      [...row.kinds].sort().join(', '),
      String(row.jobs),
      String(row.complete),
      String(row.cut),
      mean(row.waitedMs),
      mean(row.ranMs),
    ]),
    columns,
  );
}

function mean(values: readonly number[]): string {
  if (values.length === 0) return '-';
  return formatDuration(values.reduce((sum, value) => sum + value, 0) / values.length);
}

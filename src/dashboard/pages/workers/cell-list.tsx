/** Server processes, with what they wrote last. */
import type { WorkersQuery } from '../../generated/graphql.ts';
import { ModelName } from '../../parts/ranks.tsx';
import { Status } from '../../parts/status.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Since } from '../../parts/when.tsx';
import { bytesText, words } from '../../text/format.ts';
import { CellLog } from './cell-log.tsx';

type Cell = WorkersQuery['backends'][number]['cells'][number];

const COLUMNS: readonly Column<Cell>[] = [
  {
    title: 'For',
    wide: true,
    cell: ({ modelName, role }) => (modelName == null ? words(role) : <ModelName name={modelName} />),
  },
  { title: 'State', cell: ({ status }) => <Status of={status} /> },
  { title: 'Process', figure: true, cell: ({ pid }) => pid },
  { title: 'Port', figure: true, cell: ({ port }) => port ?? '–' },
  {
    title: 'Host memory',
    figure: true,
    cell: ({ residentBytes }) => (residentBytes == null ? '–' : bytesText(residentBytes)),
  },
  { title: 'Restarts', figure: true, cell: ({ restarts }) => restarts },
  {
    title: 'Since',
    cell: ({ endedAt, exitReason, startedAt }) => (endedAt == null ? <Since at={startedAt} /> : exitReason),
  },
  { title: 'Log', cell: ({ id, pid }) => <CellLog id={id} pid={pid} /> },
];

export function CellList({ cells }: { readonly cells: readonly Cell[] }) {
  return <Table caption="Processes" columns={COLUMNS} rows={cells} keyOf={({ id }) => id} />;
}

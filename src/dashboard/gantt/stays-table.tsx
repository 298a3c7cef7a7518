/** The same as the picture, in words: why each came, and why it went. */
import type { StayFragment } from '../generated/graphql.ts';
import { ModelName } from '../parts/ranks.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { bytesText, dateText, durationText } from '../text/format.ts';
import { useServerNow } from '../text/server-time.ts';

/** More would be a book. */
const SHOWN = 100;

const COLUMNS: readonly Column<StayFragment>[] = [
  { title: 'Model', cell: ({ modelName }) => <ModelName name={modelName} /> },
  { title: 'Came', cell: ({ loadingAt }) => dateText(loadingAt) },
  { title: 'Stayed', figure: true, cell: (stay) => stayText(stay) },
  { title: 'Memory', figure: true, cell: ({ bytes }) => bytesText(bytes) },
  { title: 'Jobs', figure: true, cell: ({ jobs }) => jobs },
  { title: 'Why it came', cell: ({ reason }) => reason },
  { title: 'Why it went', cell: ({ endReason }) => endReason ?? '' },
];

interface StaysTableProps {
  readonly stays: readonly StayFragment[];
  /** In ms, how far back the picture goes. */
  readonly windowMs: number;
}

export function StaysTable({ stays, windowMs }: StaysTableProps) {
  const from = useServerNow() - windowMs;
  const newest = stays
    .filter(({ goneAt }) => goneAt == null || Date.parse(goneAt) >= from)
    .toSorted((one, other) => Date.parse(other.loadingAt) - Date.parse(one.loadingAt))
    .slice(0, SHOWN);
  return (
    <details className="as-table">
      <summary>As a table</summary>
      <Table
        caption="Models in memory over time"
        columns={COLUMNS}
        rows={newest}
        keyOf={({ gpuId, instanceId, loadingAt }) => `${instanceId} ${gpuId} ${loadingAt}`}
      />
    </details>
  );
}

function stayText({ goneAt, loadingAt, merged }: StayFragment): string {
  if (goneAt == null) return 'still there';
  const text = durationText(Date.parse(goneAt) - Date.parse(loadingAt));
  return merged > 1 ? `${text}, ${merged} stays` : text;
}

/** The backlog of each model: how much of which priority, since when, and when it should be empty. */
import type { WaitingSubscription } from '../../generated/graphql.ts';
import { ModelName } from '../../parts/ranks.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { countText, durationText } from '../../text/format.ts';

type Backlog = WaitingSubscription['queueChanged']['queues'][number];

const duration = (ms: number | null | undefined) => (ms == null ? '–' : durationText(ms));

const COLUMNS: readonly Column<Backlog>[] = [
  {
    title: 'Model',
    wide: true,
    cell: ({ contextLength, modelName }) => (
      <>
        <ModelName name={modelName} />
        {contextLength != null && <span className="quiet"> at {countText(contextLength)} tokens</span>}
      </>
    ),
  },
  { title: 'High', figure: true, cell: ({ pendingHigh }) => countText(pendingHigh) },
  { title: 'Normal', figure: true, cell: ({ pendingNormal }) => countText(pendingNormal) },
  { title: 'Low', figure: true, cell: ({ pendingLow }) => countText(pendingLow) },
  { title: 'Longest wait', figure: true, cell: ({ oldestAge }) => duration(oldestAge) },
  { title: 'Empty in', figure: true, cell: ({ expectedClear }) => duration(expectedClear) },
];

export function Backlogs({ queues }: { readonly queues: readonly Backlog[] }) {
  return (
    <Table
      caption="Backlogs by model"
      columns={COLUMNS}
      rows={queues}
      keyOf={({ contextChosen, contextLength, modelName, shift }) =>
        `${modelName} ${contextLength} ${contextChosen} ${shift}`
      }
    />
  );
}

/** The instances of a backend in words, with what can be done about them. */
import type { MapInstanceFragment } from '../generated/graphql.ts';
import { ModelName } from '../parts/ranks.tsx';
import { Status } from '../parts/status.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Until } from '../parts/when.tsx';
import { bytesText, countText } from '../text/format.ts';
import { InstanceActions } from './instance-actions.tsx';
import { Slots } from './slots.tsx';

const COLUMNS: readonly Column<MapInstanceFragment>[] = [
  { title: 'Model', wide: true, cell: ({ modelName }) => <ModelName name={modelName} /> },
  { title: 'State', cell: (instance) => <InstanceState instance={instance} /> },
  {
    title: 'Slots',
    cell: ({ activeJobs, parallel }) => (
      <span className="slot-cell">
        <Slots busy={activeJobs.length} all={parallel} />
        <span className="quiet">
          {activeJobs.length} of {parallel}
        </span>
      </span>
    ),
  },
  { title: 'Context', figure: true, cell: ({ contextLength }) => countText(contextLength) },
  { title: 'Memory', figure: true, cell: ({ vramBytes }) => bytesText(vramBytes) },
  { title: 'Stays', cell: (instance) => <Stay instance={instance} /> },
  { title: 'Change', cell: (instance) => <InstanceActions instance={instance} /> },
];

export function InstanceList({ instances }: { readonly instances: readonly MapInstanceFragment[] }) {
  const sorted = instances.toSorted((one, other) => one.modelName.localeCompare(other.modelName));
  return <Table caption="Models in memory" columns={COLUMNS} rows={sorted} keyOf={({ id }) => id} />;
}

function InstanceState({ instance }: { readonly instance: MapInstanceFragment }) {
  return (
    <>
      <Status of={instance.status} />
      {instance.spilled && <span className="status tone-bad"> partly on the CPU</span>}
    </>
  );
}

function Stay({ instance: { expiresAt, pinned } }: { readonly instance: MapInstanceFragment }) {
  if (pinned) return <>pinned</>;
  if (expiresAt === null || expiresAt === undefined) return <span className="quiet">until needed</span>;
  return (
    <>
      unused: leaves <Until at={expiresAt} />
    </>
  );
}

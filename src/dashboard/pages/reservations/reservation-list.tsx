/** Who has how much, and until when. */
import { type MapGpuFragment, ReleaseVramDocument } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { Status } from '../../parts/status.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Until } from '../../parts/when.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { bytesText } from '../../text/format.ts';

type Reservation = MapGpuFragment['reservations'][number];

const COLUMNS: readonly Column<Reservation>[] = [
  { title: 'Owner', wide: true, cell: ({ owner }) => <span className="cut">{owner}</span> },
  { title: 'Memory', figure: true, cell: ({ bytes }) => bytesText(bytes) },
  {
    title: 'State',
    cell: ({ ready }) => <Status of={ready ? 'READY' : 'LOADING'} word={ready ? 'ready' : 'makes room'} />,
  },
  {
    title: 'Ends',
    cell: ({ expiresAt, kind }) =>
      expiresAt != null ? <Until at={expiresAt} /> : kind === 'LEASE' ? 'when released' : 'with the settings',
  },
  { title: 'Change', cell: (reservation) => <Release reservation={reservation} /> },
];

export function ReservationList({ reservations }: { readonly reservations: readonly Reservation[] }) {
  return <Table caption="Reservations" columns={COLUMNS} rows={reservations} keyOf={({ id }) => id} />;
}

function Release({ reservation: { id, kind, owner } }: { readonly reservation: Reservation }) {
  const release = useChange(ReleaseVramDocument);
  const { admin, client } = useViewer();
  if (kind !== 'LEASE' || (!admin && owner !== client)) return null;
  return (
    <Action
      change={release}
      run={() => release.run({ input: { id } })}
      about={`the memory of ${owner}`}
      ask={`Release the memory of ${owner}? What it still holds may be taken for models.`}
    >
      Release
    </Action>
  );
}

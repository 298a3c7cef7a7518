/** Every try at a backend. */
import type { JobFactsFragment } from '../../generated/graphql.ts';
import { type Column, Table } from '../../parts/table.tsx';
import { At } from '../../parts/when.tsx';
import { plural, words } from '../../text/format.ts';

type Attempt = JobFactsFragment['attempts'][number];

const COLUMNS: readonly Column<Attempt>[] = [
  { title: 'No.', cell: ({ number }) => number },
  { title: 'Backend', cell: ({ backendName }) => backendName },
  { title: 'Started', cell: ({ startedAt }) => <At at={startedAt} /> },
  { title: 'Ended', cell: ({ finishedAt }) => (finishedAt == null ? 'runs' : <At at={finishedAt} />) },
  {
    title: 'Failure',
    wide: true,
    cell: ({ failure, counts }) =>
      failure && `${words(failure.code)}: ${failure.message}${counts ? '' : ' (does not count)'}`,
  },
];

export function Attempts({ job: { attempts, attemptsOmitted } }: { readonly job: JobFactsFragment }) {
  return (
    <>
      <Table caption="Attempts" columns={COLUMNS} rows={attempts} keyOf={({ number }) => String(number)} />
      {attemptsOmitted > 0 && <p className="quiet">{plural(attemptsOmitted, 'more attempt')}</p>}
    </>
  );
}

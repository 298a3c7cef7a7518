/** Who asked for what. */
import type { JobFactsFragment } from '../../generated/graphql.ts';
import { Facts } from '../../parts/facts.tsx';
import { Until } from '../../parts/when.tsx';
import { dateText, words } from '../../text/format.ts';

export function JobFacts({ job }: { readonly job: JobFactsFragment }) {
  const { batch, client, createdAt, deadline, id, kind, labels, maxAttempts } = job;
  return (
    <Facts
      facts={[
        ['Id', <code key="id">{id}</code>],
        ['Kind', words(kind)],
        ['Client', client],
        ['Submitted', dateText(createdAt)],
        ['Batch', batch && (batch.name ?? <code>{batch.id}</code>)],
        ['Labels', labels.map(({ key, value }) => `${key}=${value}`).join(', ')],
        ['Deadline', deadline != null && <Until at={deadline} due="over" />],
        ['Attempts allowed', String(maxAttempts)],
      ]}
    />
  );
}

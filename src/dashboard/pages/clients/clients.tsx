/** Who uses the slots, beside what each would have by its weight; who waits, and for how long. */
import { useState } from 'react';
import { ClientsDocument, type ClientsQuery } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useKept } from '../../live/use-kept.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/choice.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/when.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { countText, durationText } from '../../text/format.ts';
import './clients.css';
import { ShareBar } from './share-bar.tsx';
import { SharesOverTime } from './shares-over-time.tsx';

type Client = ClientsQuery['clients'][number];

const HOUR_MS = 3_600_000;
const USUAL = { name: '1 h', ms: HOUR_MS };
const WINDOWS = [
  { name: '15 min', ms: HOUR_MS / 4 },
  USUAL,
  { name: '6 h', ms: 6 * HOUR_MS },
  { name: '1 d', ms: 24 * HOUR_MS },
];

const duration = (ms: number | null | undefined) => (ms == null ? '–' : durationText(ms));
const ofAtMost = (count: number, most: number | null | undefined) =>
  most == null ? countText(count) : `${countText(count)} of ${countText(most)}`;

const COLUMNS: readonly Column<Client>[] = [
  {
    title: 'Client',
    cell: ({ client }) => (
      <strong className="client-name" title={client}>
        {client}
      </strong>
    ),
  },
  { title: 'Share of the slot time', cell: (client) => <ShareBar {...client} /> },
  { title: 'Weight', figure: true, cell: ({ weight }) => weight },
  { title: 'Running', figure: true, cell: ({ counts, maxRunning }) => ofAtMost(counts.running, maxRunning) },
  { title: 'Waiting', figure: true, cell: ({ counts, maxQueued }) => ofAtMost(counts.pending, maxQueued) },
  { title: 'Longest wait', figure: true, cell: ({ oldestWait }) => duration(oldestWait) },
  { title: 'Half waited', figure: true, cell: ({ latency }) => duration(latency.queueP50) },
  { title: '95 % waited', figure: true, cell: ({ latency }) => duration(latency.queueP95) },
  { title: 'Done', figure: true, cell: ({ counts }) => countText(counts.complete) },
  { title: 'Failed', figure: true, cell: ({ counts }) => countText(counts.failed) },
  { title: 'Tokens', figure: true, cell: ({ completionTokens }) => countText(completionTokens) },
  { title: 'Seen', figure: true, cell: ({ lastSeenAt }) => <Ago at={lastSeenAt} /> },
];

export function Clients() {
  const [range, setRange] = useState(USUAL);
  const { admin } = useViewer();
  const shown = useKept(useFollowed(useAnswer(ClientsDocument, { window: range.ms }), usePulse()));
  return (
    <div className="page">
      <h1 className="unseen">Clients</h1>
      <Card
        title={admin ? 'Clients' : 'Your jobs'}
        aside={
          <Choice
            legend="How far back"
            of={WINDOWS}
            value={range}
            name={({ name }) => name}
            onChange={setRange}
          />
        }
      >
        <Loaded shown={shown} lines={6}>
          {({ clients }) =>
            clients.length === 0 ? (
              <Empty>Nobody had a job in this time.</Empty>
            ) : (
              <Table
                caption="Clients, the busiest first"
                columns={COLUMNS}
                rows={clients}
                keyOf={({ client }) => client}
              />
            )
          }
        </Loaded>
        <p className="quiet clients-note">
          The mark is the share that a client would have by its weight if all wanted everything. Weights and
          limits are set by <code>clients</code> in the configuration.
        </p>
      </Card>
      <SharesOverTime />
    </div>
  );
}

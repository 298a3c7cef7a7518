/** What held the memory at the moment that was picked, why it had come, and why it went. */
import { type StayFragment, StaysWithinDocument } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { bytesText, dateText } from '../../text/format.ts';
import { type Figures, startOf } from './figures.ts';

interface AtMomentProps {
  readonly figures: Figures;
  readonly at: number | null;
}

export function AtMoment({ figures, at }: AtMomentProps) {
  if (at === null)
    return (
      <Empty>
        Press a picture where you want to know what was in memory, or move along it with the keys.
      </Empty>
    );
  const from = startOf(figures, at);
  return (
    <>
      <ul className="moment-gpus">
        {figures.gpus.map(({ foreignBytes, freeBytes, gpu, gpuId, instanceBytes, reservedBytes }) => (
          <li key={gpuId}>
            <strong>{gpu?.name ?? 'A GPU that is gone'}</strong>
            {instanceBytes[at] == null ? (
              <span className="quiet"> was not read</span>
            ) : (
              <>
                {' '}
                {bytesText(instanceBytes[at])} models, {bytesText(reservedBytes[at] ?? 0)} reserved,{' '}
                {bytesText(foreignBytes[at] ?? 0)} other programs, {bytesText(freeBytes[at] ?? 0)} free
              </>
            )}
          </li>
        ))}
      </ul>
      <Stays from={from} to={from + figures.step} figures={figures} />
    </>
  );
}

interface StaysProps {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly figures: Figures;
}

function Stays({ from, to, figures }: StaysProps) {
  const shown = useAnswer(StaysWithinDocument, {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  });
  const columns = columnsOf(figures);
  return (
    <Loaded shown={shown} lines={4}>
      {({ residencies: { nodes } }) =>
        nodes.length === 0 ? (
          <Empty>No model was in memory then.</Empty>
        ) : (
          <Table
            caption="What was in memory then"
            columns={columns}
            rows={nodes.toSorted((one, other) => other.bytes - one.bytes)}
            keyOf={({ gpuId, instanceId, loadingAt }) => `${instanceId} ${gpuId} ${loadingAt}`}
          />
        )
      }
    </Loaded>
  );
}

function columnsOf({ gpus }: Figures): readonly Column<StayFragment>[] {
  const onGpu: Column<StayFragment> = {
    title: 'GPU',
    cell: ({ gpuId }) => gpus.find((one) => one.gpuId === gpuId)?.gpu?.index ?? '–',
  };
  return [
    { title: 'Model', cell: ({ modelName }) => <ModelName name={modelName} /> },
    ...(gpus.length > 1 ? [onGpu] : []),
    { title: 'Memory', figure: true, cell: ({ bytes }) => bytesText(bytes) },
    { title: 'Jobs', figure: true, cell: ({ jobs }) => jobs },
    { title: 'Came', cell: ({ loadingAt }) => dateText(loadingAt) },
    { title: 'Why it came', cell: ({ reason }) => reason },
    { title: 'Went', cell: ({ goneAt }) => (goneAt == null ? 'still there' : dateText(goneAt)) },
    { title: 'Why it went', cell: ({ endReason }) => endReason ?? '' },
  ];
}

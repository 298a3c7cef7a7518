/** What sending it would mean, by the forecast that decides; asked again as what is set up changes. */
import type { ReactNode } from 'react';
import type { PreviewBatchQuery } from '../../generated/graphql.ts';
import type { Shown } from '../../live/use-live.ts';
import { Loaded } from '../../parts/loaded.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Until } from '../../parts/when.tsx';
import { plural } from '../../text/format.ts';

export type Told = PreviewBatchQuery['previewBatch'];
type ModelTold = Told['models'][number];

const COLUMNS: readonly Column<ModelTold>[] = [
  { title: 'Model', wide: true, cell: ({ modelName }) => <ModelName name={modelName} /> },
  { title: 'Jobs', figure: true, cell: ({ jobs }) => jobs },
  {
    title: 'Loads',
    figure: true,
    cell: ({ expectedEnd, inMemory, loads }) =>
      loads === 0 ? (inMemory ? 'in memory' : 'none') : `${expectedEnd == null ? 'at least ' : ''}${loads}`,
  },
  {
    title: 'Done',
    figure: true,
    cell: ({ expectedEnd }) => (expectedEnd == null ? 'unknown' : <Until at={expectedEnd} />),
  },
];

interface PreviewProps {
  readonly shown: Shown<PreviewBatchQuery>;
  /** Those that belong to no row and no model. */
  readonly issues: readonly string[];
}

export function Preview({ shown, issues }: PreviewProps) {
  return (
    <Loaded shown={shown} lines={4}>
      {({ previewBatch: told }) => (
        <>
          <dl className="tiles compare-tiles">
            <Figure name="Jobs" value={told.jobs} />
            <Figure
              name="Loads"
              value={`${told.expectedEnd == null && told.loads > 0 ? '≥ ' : ''}${told.loads}`}
            />
            <Figure name="Done" value={told.expectedEnd == null ? '?' : <Until at={told.expectedEnd} />} />
          </dl>
          {issues.length > 0 && (
            <div className="note is-bad" role="alert">
              {issues.map((text) => (
                <p key={text}>{text}</p>
              ))}
            </div>
          )}
          {told.jobs > 0 && <p className="explanation">{told.explanation}</p>}
          {told.models.length > 0 && (
            <details className="as-table">
              <summary>{plural(told.models.length, 'model')}, one by one</summary>
              <Table
                caption="What each model would do"
                columns={COLUMNS}
                rows={told.models}
                keyOf={({ contextLength, modelName }) => `${modelName} ${contextLength}`}
              />
            </details>
          )}
        </>
      )}
    </Loaded>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: ReactNode }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>
        <span className="tile-value">{value}</span>
      </dd>
    </div>
  );
}

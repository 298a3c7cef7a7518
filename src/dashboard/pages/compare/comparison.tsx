/** One comparison: its answers side by side as they grow, what people think of them, and what can be done with all of it. */
import { useCallback, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import '../../asking/asking.css';
import { Card } from '../../parts/card.tsx';
import { download } from '../../parts/download.ts';
import { Failure } from '../../parts/failure.tsx';
import { Empty, Loaded, Skeleton } from '../../parts/loaded.tsx';
import { BatchActions } from '../batches/batch-actions.tsx';
import { BatchProgress } from '../batches/batch-progress.tsx';
import '../batches/batches.css';
import { type ShownBatch, useBatch } from '../batches/use-batch.ts';
import { AnswerDialog } from './answer-dialog.tsx';
import { type Cells, useCells } from './cells.ts';
import './compare.css';
import type { Other } from './difference.tsx';
import { asCsv, asJson, asMarkdown, type Exported } from './export.ts';
import { Grid } from './grid.tsx';
import { type Input, useInputs } from './inputs.ts';
import { cellKey, type Kept, type Plan, type Rating, readKept } from './plan.ts';
import { keepPlan } from './use-plan.ts';
import { useRatings } from './use-ratings.ts';

export function ComparisonPage({ id }: { readonly id: string }) {
  // The streams of a batch complete with it. Run again, it has new ones.
  const [run, setRun] = useState(1);
  return <Shown key={run} id={id} onRunAgain={() => setRun(run + 1)} />;
}

function Shown({ id, onRunAgain }: { readonly id: string; readonly onRunAgain: () => void }) {
  const shown = useBatch(id);
  return (
    <Loaded shown={shown} lines={10}>
      {(batch) => {
        const kept = readKept(batch?.metadata);
        if (!batch || !kept)
          return <Empty>There is no such comparison, or it has been forgotten: {id}</Empty>;
        return <Known batch={batch} kept={kept} onRunAgain={onRunAgain} onChange={shown.again} />;
      }}
    </Loaded>
  );
}

interface KnownProps {
  readonly batch: ShownBatch;
  readonly kept: Kept;
  readonly onRunAgain: () => void;
  readonly onChange: () => void;
}

function Known({ batch, kept, onChange, onRunAgain }: KnownProps) {
  const { id } = batch;
  const name = batch.name ?? 'Comparison';
  const cells = useCells(id);
  const inputs = useInputs(id, kept);
  const { problem, rate, ratings } = useRatings(id, kept.ratings, onChange);
  const [opened, setOpened] = useState<string | null>(null);
  // The cells of the table stay as they are while they are handed the same functions.
  const latest = useRef(rate);
  latest.current = rate;
  const onRate = useCallback((place: string, rating: Rating) => latest.current(place, rating), []);
  const cell = opened === null ? undefined : cells.at.get(opened);
  const [row = 0, column = 0] = (opened ?? '').split(':').map(Number);
  return (
    <div className="page">
      <header className="job-head">
        <h1>{name}</h1>
        <BatchActions batch={batch} onRunAgain={onRunAgain} onChange={onChange} />
      </header>
      <Card
        title="Progress"
        aside={<Files exported={{ name, kept, inputs: inputs.value ?? [], cells, ratings }} />}
      >
        <BatchProgress batch={batch} />
        {kept.question !== '' && <p className="compare-asked">{kept.question}</p>}
        {(cells.problem ?? inputs.problem ?? problem) && (
          <Failure problem={cells.problem ?? inputs.problem ?? problem ?? new Error()} />
        )}
      </Card>
      {cells.known ? (
        <Grid
          kept={kept}
          inputs={inputs.value ?? []}
          cells={cells}
          ratings={ratings}
          onOpen={setOpened}
          onRate={onRate}
        />
      ) : (
        <Skeleton lines={8} />
      )}
      <SetUpAgain batch={batch} kept={kept} inputs={inputs.value} />
      {opened !== null && cell && (
        <AnswerDialog
          key={opened}
          cell={cell}
          model={kept.models[column] ?? cell.job.modelName}
          input={inputs.value?.[row]}
          row={row + 1}
          others={othersOf(kept, cells, row, column)}
          rating={ratings[opened]}
          problem={problem}
          onRate={(rating) => rate(opened, rating)}
          onClose={() => setOpened(null)}
        />
      )}
    </div>
  );
}

/** What other models have said to the same input. */
function othersOf({ models }: Kept, { at }: Cells, row: number, column: number): readonly Other[] {
  return models.flatMap((model, place) => {
    const text = place === column ? '' : (at.get(cellKey(row, place))?.said.text ?? '');
    return text === '' ? [] : [{ model, text }];
  });
}

function Files({ exported }: { readonly exported: Exported }) {
  const { name } = exported;
  return (
    <span className="actions">
      <button
        type="button"
        className="button"
        onClick={() => download(`${name}.csv`, asCsv(exported), 'text/csv')}
      >
        CSV
      </button>
      <button
        type="button"
        className="button"
        onClick={() => download(`${name}.json`, asJson(exported), 'application/json')}
      >
        JSON
      </button>
      <button type="button" className="button" onClick={() => download(`${name}.md`, asMarkdown(exported))}>
        Markdown
      </button>
    </span>
  );
}

interface SetUpAgainProps {
  readonly batch: ShownBatch;
  readonly kept: Kept;
  /** Undefined while they are not known yet. */
  readonly inputs: readonly Input[] | undefined;
}

/** The same once more, to be changed before it is sent: with other models, other options, another question. */
function SetUpAgain({ batch, kept, inputs }: SetUpAgainProps) {
  const [, go] = useLocation();
  const start = () => {
    const plan: Plan = {
      name: batch.name ?? '',
      question: kept.question,
      models: kept.models,
      settings: kept.settings,
      rows: (inputs ?? [])
        .map(({ image, text }, row) => ({
          key: `again-${row}`,
          text,
          image: image?.id == null ? null : { id: image.id, name: image.name },
        }))
        .filter(({ image, text }) => image !== null || text !== ''),
    };
    keepPlan(plan);
    go('/compare');
  };
  return (
    <p>
      <button type="button" className="button" disabled={inputs === undefined} onClick={start}>
        Set up again
      </button>{' '}
      <span className="quiet">The same inputs, for other models or with other options.</span>
    </p>
  );
}

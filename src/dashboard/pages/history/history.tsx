/** The past in pictures, and what was in memory at any moment of it. */
import { useState } from 'react';
import '../../charts/charts.css';
import { FiguresDocument } from '../../generated/graphql.ts';
import { useKept } from '../../live/use-kept.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/choice.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { useServerNow } from '../../text/server-time.ts';
import { AtMoment } from './at-moment.tsx';
import { POINTS, RANGES, type Range, startOf, stepName, stepsOf } from './figures.ts';
import { FiguresTable } from './figures-table.tsx';
import { JobPictures, MemoryPictures } from './pictures.tsx';

export function History() {
  const [range, setRange] = useState<Range>(RANGES[1]);
  return (
    <div className="page">
      <h1 className="unseen">History</h1>
      <Shown key={range.ms} range={range} onRange={setRange} />
    </div>
  );
}

interface ShownProps {
  readonly range: Range;
  readonly onRange: (range: Range) => void;
}

function Shown({ range, onRange }: ShownProps) {
  // Moves on with the steps: between them it is the same question.
  const stepMs = range.ms / POINTS;
  const from = Math.floor((useServerNow() - range.ms) / stepMs) * stepMs;
  const shown = useKept(useAnswer(FiguresDocument, { from: new Date(from).toISOString(), points: POINTS }));
  /** Epoch milliseconds. */
  const [moment, setMoment] = useState<number | null>(null);
  return (
    <Loaded shown={shown} lines={10}>
      {({ history: figures }) => {
        const steps = stepsOf(figures);
        const step = moment === null ? null : Math.floor((moment - startOf(figures, 0)) / figures.step);
        const at = step !== null && step >= 0 && step < steps ? step : null;
        const pick = (next: number) => setMoment(startOf(figures, next) + figures.step / 2);
        return (
          <>
            <Card
              title="Memory"
              aside={
                <Choice
                  legend="How far back"
                  of={RANGES}
                  value={range}
                  name={(each) => each.name}
                  onChange={onRange}
                />
              }
            >
              <MemoryPictures figures={figures} at={at} onPick={pick} />
            </Card>
            <Card title={at === null ? 'At a moment' : `At ${stepName(figures, at)}`}>
              <AtMoment figures={figures} at={at} />
            </Card>
            <Card title="Jobs">
              <JobPictures figures={figures} at={at} onPick={pick} />
              <FiguresTable figures={figures} />
            </Card>
          </>
        );
      }}
    </Loaded>
  );
}

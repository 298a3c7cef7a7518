/** The slot time of the busiest clients over a day, one above the other. */
import { useState } from 'react';
import { Chart } from '../../charts/chart.tsx';
import '../../charts/charts.css';
import { Moment } from '../../charts/moment.tsx';
import { TimeAxis } from '../../gantt/time-axis.tsx';
import { ClientsOverTimeDocument, type ClientsOverTimeQuery } from '../../generated/graphql.ts';
import { useKept } from '../../live/use-kept.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/choice.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { durationText } from '../../text/format.ts';
import { useServerNow } from '../../text/server-time.ts';
import { RANGES, type Range, stepTime } from '../history/figures.ts';
import { seriesOf } from './client-series.ts';

const POINTS = 160;

export function SharesOverTime() {
  const [range, setRange] = useState<Range>(RANGES[1]);
  const stepMs = range.ms / POINTS;
  const from = Math.floor((useServerNow() - range.ms) / stepMs) * stepMs;
  const shown = useKept(
    useAnswer(ClientsOverTimeDocument, { from: new Date(from).toISOString(), points: POINTS }),
  );
  return (
    <Card
      title="Slot time"
      aside={
        <Choice
          legend="How far back"
          of={RANGES}
          value={range}
          name={({ name }) => name}
          onChange={setRange}
        />
      }
    >
      <Loaded shown={shown} lines={5}>
        {({ history }) =>
          history.clients.length === 0 ? (
            <Empty>Nobody used a slot in this time.</Empty>
          ) : (
            <Picture of={history} />
          )
        }
      </Loaded>
    </Card>
  );
}

function Picture({ of: history }: { readonly of: ClientsOverTimeQuery['history'] }) {
  const [at, setAt] = useState<number | null>(null);
  const steps = history.clients[0]?.busy.length ?? 0;
  const name = (step: number) => stepTime(Date.parse(history.from), history.step, steps, step);
  return (
    <div className="charts">
      <Chart
        title={at === null ? 'In each step, by client' : `By client, at ${name(at)}`}
        kind="areas"
        series={seriesOf(history.clients)}
        text={durationText}
        at={at}
        onPick={setAt}
      />
      <Moment steps={steps} at={at} name={name} onPick={setAt} />
      <TimeAxis now={Date.parse(history.from) + steps * history.step} windowMs={steps * history.step} />
    </div>
  );
}

/** Memory of each GPU, and below it waits, jobs and loads over the same time. */
import { Chart } from '../../charts/chart.tsx';
import { Moment } from '../../charts/moment.tsx';
import { TimeAxis } from '../../gantt/time-axis.tsx';
import { bytesText, countText, durationText } from '../../text/format.ts';
import { type Figures, startOf, stepName, stepsOf } from './figures.ts';

interface PicturesProps {
  readonly figures: Figures;
  readonly at: number | null;
  readonly onPick: (step: number) => void;
}

export function MemoryPictures({ figures, at, onPick }: PicturesProps) {
  const { gpus } = figures;
  const common = { at, onPick };
  const steps = stepsOf(figures);
  return (
    <div className="charts">
      {gpus.map(({ foreignBytes, gpu, gpuId, instanceBytes, reservedBytes }) => (
        <Chart
          key={gpuId}
          {...common}
          title={
            gpu
              ? `Memory of ${gpu.name}${gpus.length > 1 ? ` ${gpu.index}` : ''}`
              : 'Memory of a GPU that is gone'
          }
          kind="areas"
          series={[
            { name: 'models', look: 'series-ours', values: instanceBytes },
            { name: 'reserved', look: 'series-reserved', values: reservedBytes },
            { name: 'other programs', look: 'series-foreign', values: foreignBytes },
          ]}
          {...(gpu && { most: gpu.vram.totalBytes })}
          text={bytesText}
        />
      ))}
      <Moment steps={steps} at={at} name={(step) => stepName(figures, step)} onPick={onPick} />
      <Axis figures={figures} />
    </div>
  );
}

export function JobPictures({ figures, at, onPick }: PicturesProps) {
  const { jobs } = figures;
  const common = { at, onPick };
  return (
    <div className="charts">
      <GpuActivity figures={figures} at={at} onPick={onPick} />
      <Chart
        {...common}
        title="Waits of jobs that started"
        kind="lines"
        series={[
          { name: 'half at most', look: 'series-first', values: jobs.queueP50 },
          { name: '95 of 100 at most', look: 'series-second', values: jobs.queueP95 },
        ]}
        text={durationText}
      />
      <Chart
        {...common}
        title="Jobs waiting and running"
        kind="lines"
        series={[
          { name: 'waiting', look: 'series-second', values: jobs.waiting },
          { name: 'running', look: 'series-first', values: jobs.running },
        ]}
        text={countText}
      />
      <Chart
        {...common}
        title="Jobs that ended"
        kind="areas"
        series={[
          { name: 'complete', look: 'series-first', values: jobs.completed },
          { name: 'failed', look: 'series-bad', values: jobs.failed },
        ]}
        text={countText}
      />
      <Chart
        {...common}
        title="Loads"
        kind="lines"
        series={[
          { name: 'loads', look: 'series-first', values: jobs.loads },
          { name: 'made room for another', look: 'series-second', values: jobs.evictions },
        ]}
        text={countText}
      />
      <Axis figures={figures} />
    </div>
  );
}

/** Of the cards that tell it. */
function GpuActivity({ figures: { gpus }, at, onPick }: PicturesProps) {
  const kinds = [
    {
      title: 'GPU busy',
      of: 'utilization',
      most: 1,
      text: (share: number) => `${Math.round(share * 100)} %`,
    },
    { title: 'GPU power', of: 'powerWatts', text: (watts: number) => `${Math.round(watts)} W` },
    {
      title: 'GPU temperature',
      of: 'temperatureCelsius',
      text: (degrees: number) => `${Math.round(degrees)} °C`,
    },
  ] as const;
  return kinds.map(({ of, ...kind }) => {
    const told = gpus.filter((gpu) => gpu[of].some((value) => value != null));
    if (told.length === 0) return null;
    const series = told.map((gpu, place) => ({
      name: `${gpu.gpu?.name ?? 'gone'}${told.length > 1 ? ` ${gpu.gpu?.index ?? place}` : ''}`,
      look: `rank-${place % 12} series-rank`,
      values: gpu[of],
    }));
    return <Chart key={of} {...kind} kind="lines" series={series} at={at} onPick={onPick} />;
  });
}

function Axis({ figures }: { readonly figures: Figures }) {
  const steps = stepsOf(figures);
  return <TimeAxis now={startOf(figures, steps)} windowMs={steps * figures.step} />;
}

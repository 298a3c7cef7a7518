/** One GPU as a bar to scale. What is too narrow for its name is in the list below the bar. */
import { useRankClass } from '../parts/ranks.tsx';
import { bytesText, words } from '../text/format.ts';
import { type GpuMap, type Segment, segmentName } from './segments.ts';
import { Slots } from './slots.tsx';

export function GpuBar({ map }: { readonly map: GpuMap }) {
  const { gpu, segments, scaleBytes } = map;
  const { deficitBytes, freeBytes, totalBytes, usedBytes } = gpu.vram;
  const free =
    deficitBytes > 0 ? `${bytesText(deficitBytes)} too much claimed` : `${bytesText(freeBytes)} free`;
  return (
    <figure className="gpu" data-gpu={gpu.id}>
      <figcaption className="gpu-head">
        <span className="gpu-name">{gpu.name}</span>
        <span className="gpu-figures">
          <span className={deficitBytes > 0 ? 'deficit' : 'gpu-free'}>{free}</span>
          <span className="quiet">
            {bytesText(usedBytes)} of {bytesText(totalBytes)} in use
          </span>
          <ActivityOf gpu={gpu} />
        </span>
      </figcaption>
      <div className="bar" role="img" aria-label={barText(map)}>
        {segments.map((segment) => (
          <BarSegment key={keyOf(segment)} segment={segment} scaleBytes={scaleBytes} />
        ))}
        {deficitBytes > 0 && (
          <div className="bar-end" style={{ insetInlineStart: percent(totalBytes, scaleBytes) }} />
        )}
      </div>
    </figure>
  );
}

/** What is not told is left out. */
function ActivityOf({ gpu: { powerWatts, temperatureCelsius, utilization } }: Pick<GpuMap, 'gpu'>) {
  const figures = [
    utilization == null ? null : `${Math.round(utilization * 100)} % busy`,
    powerWatts == null ? null : `${Math.round(powerWatts)} W`,
    temperatureCelsius == null ? null : `${Math.round(temperatureCelsius)} °C`,
  ].filter((each) => each !== null);
  return figures.length === 0 ? null : <span className="quiet gpu-activity">{figures.join(' · ')}</span>;
}

function BarSegment({ segment, scaleBytes }: { readonly segment: Segment; readonly scaleBytes: number }) {
  const rankClass = useRankClass();
  const instance = segment.kind === 'instance' ? segment.instance : null;
  const classes = instance
    ? `${rankClass(instance.modelName)} is-${instance.status.toLowerCase()}`
    : `is-${segment.kind}`;
  const name = segmentName(segment);
  return (
    <div
      className={`segment ${classes}`}
      data-kind={segment.kind}
      data-bytes={segment.bytes}
      data-model={instance?.modelName}
      style={{ width: percent(segment.bytes, scaleBytes) }}
      title={`${name}, ${bytesText(segment.bytes)}`}
    >
      <span className="segment-label">
        <span className="segment-name">
          {instance?.pinned && <PinMark />}
          {name}
        </span>
        <span className="segment-note">
          {bytesText(segment.bytes)}
          {instance && instance.status !== 'READY' && `, ${words(instance.status)}`}
        </span>
      </span>
      {instance && <Slots busy={instance.activeJobs.length} all={instance.parallel} />}
    </div>
  );
}

export function PinMark() {
  return (
    <svg className="pin" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M10 1 15 6 12.5 6.8 9.8 9.5 9.5 12.6 8.3 13.8 5.3 10.7 1.5 14.5 4.7 10.1 2.2 7.7 3.4 6.5 6.5 6.2 9.2 3.5Z" />
    </svg>
  );
}

const percent = (bytes: number, of: number) => `${of === 0 ? 0 : (bytes * 100) / of}%`;

const keyOf = (segment: Segment) => (segment.kind === 'instance' ? segment.instance.id : segment.kind);

function barText({ gpu, segments }: GpuMap): string {
  const parts = segments.map((segment) => `${segmentName(segment)} ${bytesText(segment.bytes)}`);
  return `Memory of ${gpu.name}: ${parts.join(', ')}`;
}

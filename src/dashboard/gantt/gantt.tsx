/** What held the memory, over time. The picture moves with the clock; its paths stay as they are. */
import { useMemo } from 'react';
import type { StayFragment } from '../generated/graphql.ts';
import { ModelName, useRankClass } from '../parts/ranks.tsx';
import { useServerNow } from '../text/server-time.ts';
import { type Lane, lanesOf, pathOf, STATES } from './lanes.ts';
import { TimeAxis } from './time-axis.tsx';

const HEIGHT = 20;

interface GanttProps {
  readonly stays: readonly StayFragment[];
  /** In ms, what the whole width stands for: it ends now. */
  readonly windowMs: number;
  /** How a GPU is called, where there are several. */
  readonly gpuName: (gpuId: string) => string | null;
}

export function Gantt({ stays, windowMs, gpuName }: GanttProps) {
  const now = useServerNow();
  const origin = useMemo(() => earliest(stays), [stays]);
  const lanes = useMemo(() => lanesOf(stays, origin), [stays, origin]);
  const view: View = { from: (now - windowMs - origin) / 1000, now: (now - origin) / 1000 };
  const shown = lanes.filter((lane) => isSeen(lane, view));
  return (
    <div className="gantt">
      <ul className="lanes" aria-label="Models in memory over time; the table below says the same">
        {shown.map((lane) => (
          <li key={lane.key} className="lane" data-lane={lane.model}>
            <span className="lane-name">
              <ModelName name={lane.model} />
              {lane.gpuId !== null && <span className="quiet cut">{gpuName(lane.gpuId)}</span>}
            </span>
            <LanePicture lane={lane} view={view} />
          </li>
        ))}
      </ul>
      <TimeAxis now={now} windowMs={windowMs} />
    </div>
  );
}

/** In seconds from the origin. */
interface View {
  readonly from: number;
  readonly now: number;
}

function LanePicture({ lane, view }: { readonly lane: Lane; readonly view: View }) {
  const rankClass = useRankClass();
  return (
    <svg
      className={`lane-picture ${rankClass(lane.model)}`}
      viewBox={`${view.from} 0 ${view.now - view.from} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {STATES.filter((state) => lane.spans[state].length > 0).map((state) => (
        <path key={state} className={`span-${state}`} d={pathOf(lane.spans[state], view.now, HEIGHT)} />
      ))}
    </svg>
  );
}

function isSeen({ spans }: Lane, { from }: View): boolean {
  return STATES.some((state) => spans[state].some(({ to }) => to === null || to >= from));
}

function earliest(stays: readonly StayFragment[]): number {
  return stays.reduce(
    (least, { loadingAt }) => Math.min(least, Date.parse(loadingAt)),
    Date.parse('9999-01-01'),
  );
}

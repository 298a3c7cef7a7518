/** Which models held the memory of late, and why each came and went. */
import { useEffect, useRef, useState } from 'react';
import { Gantt } from '../../gantt/gantt.tsx';
import { StaysTable } from '../../gantt/stays-table.tsx';
import { ResidenciesDocument } from '../../generated/graphql.ts';
import { after } from '../../live/clock.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { serverNow } from '../../text/server-time.ts';
import { useMemory } from './memory-maps.tsx';

const MINUTE_MS = 60_000;
const WINDOWS: readonly (readonly [name: string, ms: number])[] = [
  ['5 min', 5 * MINUTE_MS],
  ['1 h', 60 * MINUTE_MS],
  ['6 h', 360 * MINUTE_MS],
  ['1 d', 1_440 * MINUTE_MS],
  ['7 d', 10_080 * MINUTE_MS],
];
/** The longest that the history is behind what is told live. */
const WRITTEN_MS = 2_000;
/** What is shorter than so small a part of the picture would not be seen. */
const SMALLEST_PART = 1 / 600;

export function MemoryOverTime() {
  const [windowMs, setWindow] = useState(WINDOWS[0]?.[1] ?? 0);
  return (
    <Card title="Memory over time" aside={<WindowChoice value={windowMs} onChange={setWindow} />}>
      <Stays key={windowMs} windowMs={windowMs} />
    </Card>
  );
}

function Stays({ windowMs }: { readonly windowMs: number }) {
  // Asked from one moment on, so that the answer is the same question's.
  const [from] = useState(() => new Date(serverNow() - windowMs).toISOString());
  const backends = useMemory().value?.vramChanged.backends ?? [];
  const residencies = useAnswer(ResidenciesDocument, { from, atLeast: Math.round(windowMs * SMALLEST_PART) });
  // Another stay, or another state of one: what is told live is what is asked anew.
  const memory = backends
    .flatMap(({ instances }) => instances.map(({ id, status }) => `${id} ${status}`))
    .join();
  const { again } = residencies;
  const asked = useRef(memory);
  useEffect(() => {
    if (asked.current === memory) return;
    asked.current = memory;
    again();
    // What became of it is written a moment after it is told.
    return after(WRITTEN_MS, again);
  }, [memory, again]);
  const gpus = backends.flatMap((backend) => backend.gpus);
  const gpuName = (gpuId: string) =>
    gpus.length < 2 ? null : (gpus.find(({ id }) => id === gpuId)?.name ?? null);
  return (
    <Loaded shown={residencies} lines={4}>
      {({ residencies: { complete, nodes } }) =>
        nodes.length === 0 ? (
          <Empty>Nothing was in memory in this time.</Empty>
        ) : (
          <>
            <Gantt stays={nodes} windowMs={windowMs} gpuName={gpuName} />
            {!complete && <p className="quiet">There was more than can be shown; the oldest is left out.</p>}
            <StaysTable stays={nodes} />
          </>
        )
      }
    </Loaded>
  );
}

interface WindowChoiceProps {
  readonly value: number;
  readonly onChange: (ms: number) => void;
}

function WindowChoice({ value, onChange }: WindowChoiceProps) {
  return (
    <fieldset className="windows">
      <legend className="unseen">How far back</legend>
      {WINDOWS.map(([name, ms]) => (
        <button
          key={name}
          type="button"
          className="window"
          aria-pressed={ms === value}
          onClick={() => onChange(ms)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

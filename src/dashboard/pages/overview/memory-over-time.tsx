/** Which models held the memory of late, and why each came and went. */
import { useEffect, useRef, useState } from 'react';
import { Gantt } from '../../gantt/gantt.tsx';
import { StaysTable } from '../../gantt/stays-table.tsx';
import { ResidenciesDocument } from '../../generated/graphql.ts';
import { after } from '../../live/clock.ts';
import { useKept } from '../../live/use-kept.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/choice.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { useServerNow } from '../../text/server-time.ts';
import { useMemory } from './memory-maps.tsx';

const MINUTE_MS = 60_000;
const USUAL = { name: '5 min', ms: 5 * MINUTE_MS };
const WINDOWS = [
  USUAL,
  { name: '1 h', ms: 60 * MINUTE_MS },
  { name: '6 h', ms: 360 * MINUTE_MS },
  { name: '1 d', ms: 1_440 * MINUTE_MS },
  { name: '7 d', ms: 10_080 * MINUTE_MS },
] as const;
/** The longest that the history is behind what is told live. */
const WRITTEN_MS = 2_000;
/** What is shorter than so small a part of the picture would not be seen. */
const SMALLEST_PART = 1 / 600;
/** As often is asked from a later moment on while a window passes. */
const STEPS = 10;

export function MemoryOverTime() {
  const [shown, setShown] = useState<(typeof WINDOWS)[number]>(USUAL);
  return (
    <Card
      title="Memory over time"
      aside={
        <Choice
          legend="How far back"
          of={WINDOWS}
          value={shown}
          name={({ name }) => name}
          onChange={setShown}
        />
      }
    >
      <Stays key={shown.ms} windowMs={shown.ms} />
    </Card>
  );
}

function Stays({ windowMs }: { readonly windowMs: number }) {
  const from = useWindowStart(windowMs);
  const backends = useMemory().value?.vramChanged.backends ?? [];
  const residencies = useKept(
    useAnswer(ResidenciesDocument, { from, atLeast: Math.round(windowMs * SMALLEST_PART) }),
  );
  // Another stay, or another state of one: what is told live is what is asked anew.
  const memory = backends
    .flatMap(({ instances }) => instances.map(({ id, status }) => `${id} ${status}`))
    .join();
  const { again } = residencies;
  const asked = useRef(memory);
  useEffect(() => {
    if (asked.current !== memory) again();
    asked.current = memory;
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
            <StaysTable stays={nodes} windowMs={windowMs} />
          </>
        )
      }
    </Loaded>
  );
}

/** Moves with the window, in steps: between them it is the same question. */
function useWindowStart(windowMs: number): string {
  const stepMs = windowMs / STEPS;
  return new Date(Math.floor((useServerNow() - windowMs) / stepMs) * stepMs).toISOString();
}

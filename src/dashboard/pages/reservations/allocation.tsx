/** How many workers of another program fit beside what is there, line by line. */
import { useState } from 'react';
import { AllocationDocument, type MapGpuFragment } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { bytesText, plural } from '../../text/format.ts';
import { GpuChoice } from './gpu-choice.tsx';

const MIB = 1024 ** 2;

export function Allocation({ gpus }: { readonly gpus: readonly MapGpuFragment[] }) {
  const [least, setLeast] = useState('2048');
  const [gpuId, setGpuId] = useState('');
  const minBytesPerWorker = Math.max(1, Math.round(Number(least) * MIB) || 1);
  const answer = useFollowed(
    useAnswer(AllocationDocument, { input: { minBytesPerWorker, gpuId: gpuId || null } }),
    usePulse(),
  );
  return (
    <Card
      title="Workers that would fit"
      aside={
        <button type="button" className="button" onClick={answer.again}>
          Ask again
        </button>
      }
    >
      <div className="fields">
        <label>
          MiB for each at least
          <input type="number" min="1" value={least} onChange={(event) => setLeast(event.target.value)} />
        </label>
        <GpuChoice gpus={gpus} value={gpuId} onChange={setGpuId} any="the one with most free" />
      </div>
      <Loaded shown={answer}>
        {({ workerAllocation: { bytesPerWorker, explanation, workers } }) => (
          <>
            <p className="verdict">
              <strong>{plural(workers, 'worker')}</strong>
              {workers > 0 && ` with ${bytesText(bytesPerWorker)} each`}
            </p>
            <pre className="explanation">{explanation}</pre>
          </>
        )}
      </Loaded>
    </Card>
  );
}

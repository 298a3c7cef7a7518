/** What a model takes with so much context, and whether that fits now, or after others have left. */
import { useDeferredValue, useId, useState } from 'react';
import {
  type MapGpuFragment,
  ModelAtContextDocument,
  type ModelRowFragment,
} from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { bytesText, countText } from '../../text/format.ts';
import { useMemory } from '../overview/memory-maps.tsx';

const SMALLEST = 2_048;
const USUAL_LARGEST = 131_072;

export function ContextFit({ model }: { readonly model: ModelRowFragment }) {
  const id = useId();
  const largest = model.contextLength ?? USUAL_LARGEST;
  const steps = Math.max(1, Math.floor(Math.log2(largest / SMALLEST)));
  const [step, setStep] = useState(Math.min(1, steps));
  const contextLength = Math.min(largest, SMALLEST * 2 ** step);
  return (
    <div className="context-fit">
      <label htmlFor={id}>
        Context <strong>{countText(contextLength)}</strong> tokens
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={steps}
        value={step}
        aria-valuetext={`${countText(contextLength)} tokens`}
        onChange={(event) => setStep(Number(event.target.value))}
      />
      <Estimate name={model.name} contextLength={useDeferredValue(contextLength)} />
    </div>
  );
}

function Estimate({ name, contextLength }: { readonly name: string; readonly contextLength: number }) {
  const { value, problem } = useAnswer(ModelAtContextDocument, { name, contextLength });
  const backends = useMemory().value?.vramChanged.backends ?? [];
  if (problem) return <span className="refusal">{problem.message}</span>;
  if (!value) return <span className="quiet">…</span>;
  const estimate = value.model?.vramEstimate;
  if (!estimate) return <span className="quiet">Too little is known of it.</span>;
  const gpus = backends.flatMap((backend) => backend.gpus);
  return (
    <span>
      <strong>{bytesText(estimate.bytes)}</strong> {estimate.measured ? 'measured' : 'predicted'}:{' '}
      {gpus.length > 0 && verdict(estimate.bytes, gpus)}
    </span>
  );
}

/** By what one card has: a model may be cut over several, which is slower. */
function verdict(bytes: number, gpus: readonly MapGpuFragment[]): string {
  const most = (room: (gpu: MapGpuFragment) => number) =>
    gpus.reduce((best, gpu) => Math.max(best, room(gpu)), 0);
  if (bytes <= most(({ vram }) => vram.freeBytes)) return 'fits now';
  const afterUnloading = ({ vram }: MapGpuFragment) => vram.freeBytes + vram.instanceBytes;
  if (bytes <= most(afterUnloading)) return 'fits after others have left';
  return gpus.length > 1 ? 'fits on no single card' : 'does not fit';
}

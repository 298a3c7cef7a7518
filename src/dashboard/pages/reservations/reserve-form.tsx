/** Keeps memory for a program that vramkeeper does not run. */
import { type FormEvent, useState } from 'react';
import { type MapGpuFragment, ReserveVramDocument } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { GpuChoice } from './gpu-choice.tsx';

const GIB = 1024 ** 3;

export function ReserveForm({ gpus }: { readonly gpus: readonly MapGpuFragment[] }) {
  const { admin } = useViewer();
  const reserve = useChange(ReserveVramDocument);
  const [size, setSize] = useState('4');
  const [minutes, setMinutes] = useState('60');
  const [owner, setOwner] = useState('');
  const [gpuId, setGpuId] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    void reserve.run({
      input: {
        bytes: Math.round(Number(size) * GIB),
        lease: minutes === '' ? null : Number(minutes) * 60_000,
        owner: owner.trim() || null,
        gpuId: gpuId || null,
      },
    });
  };
  return (
    <Card title="Reserve">
      <form className="fields" onSubmit={send}>
        <label>
          GiB
          <input
            type="number"
            min="0.1"
            step="any"
            required
            value={size}
            onChange={(event) => setSize(event.target.value)}
          />
        </label>
        <label>
          Minutes, or none
          <input type="number" min="1" value={minutes} onChange={(event) => setMinutes(event.target.value)} />
        </label>
        {admin && (
          <label>
            For
            <input
              value={owner}
              maxLength={100}
              placeholder="who uses it"
              onChange={(event) => setOwner(event.target.value)}
            />
          </label>
        )}
        <GpuChoice gpus={gpus} value={gpuId} onChange={setGpuId} any="the one with most room" />
        <button type="submit" className="button main" disabled={reserve.running}>
          Reserve
        </button>
        {reserve.problem && (
          <p className="refusal" role="alert">
            {reserve.problem.message}
          </p>
        )}
      </form>
    </Card>
  );
}

/** Memory that is kept for other programs, and how many of their workers would fit. */
import type { ReactNode } from 'react';
import type { MapGpuFragment } from '../../generated/graphql.ts';
import { GpuBar } from '../../map/gpu-bar.tsx';
import { gpuMap } from '../../map/segments.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { useMemory } from '../overview/memory-maps.tsx';
import { Allocation } from './allocation.tsx';
import { ReservationList } from './reservation-list.tsx';
import { ReserveForm } from './reserve-form.tsx';

export function Reservations() {
  const memory = useMemory();
  return (
    <div className="page">
      <h1 className="unseen">Reservations</h1>
      <Loaded shown={memory} lines={5}>
        {({ vramChanged: { backends } }) => {
          const gpus = backends.flatMap((backend) => backend.gpus);
          return (
            <>
              {backends.map(({ id, gpus: its, instances, name }) => (
                <Card key={id} title={`Reserved on ${name}`}>
                  {its.map((gpu) => (
                    <OneGpu key={gpu.id} gpu={gpu}>
                      <GpuBar map={gpuMap(gpu, instances)} />
                    </OneGpu>
                  ))}
                  {its.length === 0 && <Empty>It tells of no GPU.</Empty>}
                </Card>
              ))}
              <div className="columns">
                <ReserveForm gpus={gpus} />
                <Allocation gpus={gpus} />
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function OneGpu({ gpu, children }: { readonly gpu: MapGpuFragment; readonly children: ReactNode }) {
  return (
    <div className="reserved-gpu">
      {children}
      {gpu.reservations.length === 0 ? (
        <Empty>Nothing of it is reserved.</Empty>
      ) : (
        <ReservationList reservations={gpu.reservations} />
      )}
    </div>
  );
}

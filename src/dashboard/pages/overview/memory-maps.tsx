/** The memory of every GPU to scale, and what is in it. */
import {
  type MapInstanceFragment,
  MemoryDocument,
  type MemorySubscription,
} from '../../generated/graphql.ts';
import { useLive } from '../../live/use-live.ts';
import { GpuBar } from '../../map/gpu-bar.tsx';
import { InstanceList } from '../../map/instance-list.tsx';
import { MapKey } from '../../map/map-key.tsx';
import { gpuMap } from '../../map/segments.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Status } from '../../parts/status.tsx';

type Backend = MemorySubscription['vramChanged']['backends'][number];

export const useMemory = () => useLive(MemoryDocument, {});

export function MemoryMaps() {
  const memory = useMemory();
  return (
    <Loaded shown={memory} lines={5}>
      {({ vramChanged: { backends } }) =>
        backends.length === 0 ? (
          <Card title="Memory">
            <Empty>No backend is configured.</Empty>
          </Card>
        ) : (
          backends.map((backend) => <BackendMemory key={backend.id} backend={backend} />)
        )
      }
    </Loaded>
  );
}

function BackendMemory({ backend }: { readonly backend: Backend }) {
  const { gpus, instances, name, health, problem } = backend;
  return (
    <Card title={`Memory of ${name}`} aside={<Status of={health} />}>
      {problem !== null && problem !== undefined && <p className="problem">{problem}</p>}
      {gpus.map((gpu) => (
        <GpuBar key={gpu.id} map={gpuMap(gpu, instances)} />
      ))}
      {gpus.length === 0 && <Empty>It tells of no GPU.</Empty>}
      {gpus.length > 0 && <MapKey gpus={gpus} />}
      <MemoryList instances={instances} />
    </Card>
  );
}

function MemoryList({ instances }: { readonly instances: readonly MapInstanceFragment[] }) {
  if (instances.length === 0) return <Empty>No model is in memory.</Empty>;
  return <InstanceList instances={instances} />;
}

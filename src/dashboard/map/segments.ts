/** What the memory of one GPU is divided into, in the order in which it is drawn. The ledger decides: every byte of it is in one segment. */
import type { MapGpuFragment, MapInstanceFragment } from '../generated/graphql.ts';

export type Segment =
  | { readonly kind: 'instance'; readonly bytes: number; readonly instance: MapInstanceFragment }
  /** Of instances that lie on several GPUs, of which it is not told how much is where. */
  | { readonly kind: 'spread'; readonly bytes: number; readonly names: readonly string[] }
  | { readonly kind: 'reserved' | 'foreign' | 'headroom' | 'free'; readonly bytes: number };

export interface GpuMap {
  readonly gpu: MapGpuFragment;
  /** Without those of no bytes, but for instances. */
  readonly segments: readonly Segment[];
  /** What the whole width stands for: the card, or more where more is claimed than there is. */
  readonly scaleBytes: number;
}

export function gpuMap(gpu: MapGpuFragment, instances: readonly MapInstanceFragment[]): GpuMap {
  const { vram } = gpu;
  const here = instances.filter(({ gpus }) => gpus.some(({ id }) => id === gpu.id));
  const whole = here.filter(({ gpus }) => gpus.length === 1);
  const parts = here.filter(({ gpus }) => gpus.length > 1);
  const told = whole.reduce((sum, { vramBytes }) => sum + vramBytes, 0);
  const spread = Math.max(0, vram.instanceBytes - told);
  const segments: readonly Segment[] = [
    ...whole
      .toSorted(
        (one, other) => one.modelName.localeCompare(other.modelName) || one.id.localeCompare(other.id),
      )
      .map((instance) => ({ kind: 'instance' as const, bytes: instance.vramBytes, instance })),
    { kind: 'spread', bytes: spread, names: parts.map(({ modelName }) => modelName) },
    { kind: 'reserved', bytes: vram.reservedBytes },
    { kind: 'foreign', bytes: vram.foreignBytes },
    { kind: 'headroom', bytes: vram.headroomBytes },
    { kind: 'free', bytes: vram.freeBytes },
  ];
  return {
    gpu,
    segments: segments.filter(({ kind, bytes }) => bytes > 0 || kind === 'instance'),
    scaleBytes: vram.totalBytes + vram.deficitBytes,
  };
}

/** What it is, in words. */
export function segmentName(segment: Segment): string {
  switch (segment.kind) {
    case 'instance':
      return segment.instance.modelName;
    case 'spread':
      return segment.names.length === 0 ? 'models on their way' : `part of ${segment.names.join(', ')}`;
    case 'reserved':
      return 'reserved';
    case 'foreign':
      return 'other programs';
    case 'headroom':
      return 'headroom';
    case 'free':
      return 'free';
    default:
      return segment satisfies never;
  }
}

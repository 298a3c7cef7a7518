/** What an instance had to itself when its load began. */
import type { InstanceRecord } from '../state.ts';

export interface LoadRoom {
  /** Free for it on its cards together, without headroom. */
  readonly roomBytes: number;
  /** It lay on so many; 0 on a host without GPUs. */
  readonly cards: number;
}

/** @param headroomBytes of each of its cards */
export function roomOfLoad(
  { footprint, freeBeforeLoad }: Pick<InstanceRecord, 'footprint' | 'freeBeforeLoad'>,
  headroomBytes: number,
): LoadRoom {
  const rooms = footprint.map(({ gpuId }) => Math.max(0, (freeBeforeLoad.get(gpuId) ?? 0) - headroomBytes));
  return { roomBytes: rooms.reduce((sum, bytes) => sum + bytes, 0), cards: rooms.length };
}

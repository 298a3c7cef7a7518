/**
 * What an Ollama of our days believes to be free (measured on v0.33): while any model is on a card it asks not the card but
 * one running engine's record, frozen when that engine was loaded, and which one is chance. A load that truly fits is preceded by
 * evictions when the record that happens to be asked says otherwise, so all of them must say yes.
 */

import type { GpuId } from '../../../domain/ids.ts';
import { totalBytes } from '../../../domain/instance.ts';
import { least } from '../../../domain/long-lists.ts';
import { ADMITTED_SHARE } from '../constants.ts';
import type { GpuSnapshot, InstanceSnapshot } from '../snapshot.ts';

/** What an engine's frozen record is made of. */
export type MemoryRecord = Pick<InstanceSnapshot, 'footprint' | 'reportedBytes' | 'freeBeforeLoad'>;

/** The least that any record would tell of the card if these instances stay; null when none covers it, so that it is really read. */
export function believedFreeBytes(
  gpu: { readonly id: GpuId; readonly totalBytes: number },
  staying: readonly MemoryRecord[],
): number | null {
  const here = staying.flatMap((instance) => {
    const part = instance.footprint.find((each) => each.gpuId === gpu.id);
    return part
      ? [
          {
            bytes: toldBytes(instance, part.bytes),
            freeBefore: instance.freeBeforeLoad.get(gpu.id) ?? gpu.totalBytes,
          },
        ]
      : [];
  });
  if (here.length === 0) return null;
  const unclaimed = gpu.totalBytes - here.reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.min(
    unclaimed,
    least(here.map(({ bytes, freeBefore }) => Math.min(gpu.totalBytes, freeBefore) - bytes)),
  );
}

/** It reckons with its own figure, not with what the driver shows. */
function toldBytes({ footprint, reportedBytes }: MemoryRecord, bytes: number): number {
  const all = totalBytes(footprint);
  return reportedBytes === null || all === 0 ? bytes : bytes * Math.min(1, reportedBytes / all);
}

/** Whether the server would load it onto this card without evicting anyone. The first model on a card is always taken. */
export function serverAdmits(
  predictedBytes: number,
  gpu: { readonly id: GpuId; readonly totalBytes: number },
  staying: readonly MemoryRecord[],
): boolean {
  const believed = believedFreeBytes(gpu, staying);
  return believed === null || predictedBytes <= ADMITTED_SHARE * believed;
}

/**
 * Whether the server would take this card alone. The first model on its only card is always taken; among several it looks at what is free
 * of each.
 */
export function serverTakesWhole(
  predictedBytes: number,
  gpu: Pick<GpuSnapshot, 'id' | 'totalBytes' | 'freeBytes'>,
  cards: number,
  staying: readonly MemoryRecord[],
): boolean {
  if (cards < 2) return serverAdmits(predictedBytes, gpu, staying);
  const believed = believedFreeBytes(gpu, staying) ?? gpu.freeBytes;
  return predictedBytes <= ADMITTED_SHARE * believed;
}

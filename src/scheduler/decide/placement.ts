/** On which cards an instance lies, and how much of it on each. */
import { bytesOnCards, type CardOverhead } from '../../domain/card-overhead.ts';
import { greatest, least } from '../../domain/long-lists.ts';
import type { Placement } from './plan.ts';
import type { BackendSnapshot, GpuSnapshot, InstanceSnapshot } from './snapshot.ts';

/** What is to be placed. */
export interface Load {
  /** On one card. */
  readonly footprintBytes: number;
  readonly overhead: CardOverhead;
  /** Indexes of the cards that it lies on, in equal parts of each. Absent: wherever there is room. */
  readonly gpus?: readonly number[];
}

export type Card = Pick<
  GpuSnapshot,
  'id' | 'index' | 'freeBytes' | 'headroomBytes' | 'reservedBytes' | 'movingBytes'
>;

/** Who chooses the cards: a server of others takes one, or all that it has. */
type Chooser = Pick<BackendSnapshot, 'oneInstancePerWeights'>;

/** On the card with the most room; null when that is too little. On a host without GPUs everything fits, nowhere in particular. */
export function placeWhole(load: Load, all: readonly Card[]): Placement | null {
  if (all.length === 0) return [];
  const { footprintBytes } = load;
  const [first, ...others] = wholeOn(load, all);
  if (!first) return null;
  const roomiest = others.reduce((best, gpu) => (gpu.freeBytes > best.freeBytes ? gpu : best), first);
  return roomiest.freeBytes >= footprintBytes ? [{ gpuId: roomiest.id, bytes: footprintBytes }] : null;
}

/** The cards of which each could be the one for all of it. */
function wholeOn({ gpus }: Load, all: readonly Card[]): readonly Card[] {
  if (!gpus) return all;
  return gpus.length > 1 ? [] : all.filter(({ index }) => index === gpus[0]);
}

/** Its own program cuts it in equal parts; null when one of them has no room. */
function cutAsNamed(
  { footprintBytes, overhead }: Load,
  named: readonly number[],
  all: readonly Card[],
): Placement | null {
  const cards = all.filter(({ index }) => index !== undefined && named.includes(index));
  const bytes = Math.ceil(bytesOnCards(footprintBytes, overhead, named.length) / named.length);
  const fits = cards.length === named.length && cards.every(({ freeBytes }) => freeBytes >= bytes);
  return fits ? cards.map(({ id }) => ({ gpuId: id, bytes })) : null;
}

/** Over as few cards as hold it, those with the most room; null when not even all of them do. */
export function placeSplit(
  load: Load,
  gpus: readonly Card[],
  { oneInstancePerWeights }: Chooser,
): Placement | null {
  if (load.gpus) return load.gpus.length > 1 ? cutAsNamed(load, load.gpus, gpus) : null;
  const roomiestFirst = gpus.toSorted((a, b) => b.freeBytes - a.freeBytes);
  for (let cards = oneInstancePerWeights ? gpus.length : 2; cards <= gpus.length; cards += 1) {
    const parts = cut(load, roomiestFirst.slice(0, cards));
    if (cards > 1 && parts) return parts;
  }
  return null;
}

/** Whole if one card holds it, else cut. */
export function place(load: Load, gpus: readonly Card[], chooser: Chooser): Placement | null {
  return placeWhole(load, gpus) ?? placeSplit(load, gpus, chooser);
}

/** Whether the cards could hold it if nobody used them; on a host without any, always. */
export function fitsEmpty(load: Load, backend: BackendSnapshot): boolean {
  return place(load, emptyCards(backend.gpus), backend) !== null;
}

/** By the cards of a snapshot: they are asked of for each model in each turn. */
const emptied = new WeakMap<readonly GpuSnapshot[], readonly Card[]>();

function emptyCards(gpus: readonly GpuSnapshot[]): readonly Card[] {
  const known = emptied.get(gpus);
  if (known) return known;
  const empty = gpus.map((gpu) => ({
    ...gpu,
    freeBytes: gpu.emptyBytes,
    reservedBytes: 0,
    movingBytes: 0,
  }));
  emptied.set(gpus, empty);
  return empty;
}

/**
 * The engine cuts in proportion to what is free on each card when it starts, whatever it needs there beside its layers. It sees headroom
 * as free, and what is reserved or moves it may see so or not: each card has room for the most that it can get.
 */
function cut({ footprintBytes, overhead }: Load, gpus: readonly Card[]): Placement | null {
  const { splitBytes } = overhead;
  const all = bytesOnCards(footprintBytes, overhead, gpus.length);
  const room = gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0);
  if (all > room || room === 0) return null;
  const shared = Math.max(0, all - gpus.length * splitBytes);
  const parts = sharesOf(gpus).map(({ id, freeBytes, share }) => {
    return { gpuId: id, bytes: splitBytes + Math.floor(shared * share), freeBytes };
  });
  if (parts.some(({ bytes, freeBytes }) => bytes > freeBytes)) return null;
  return parts.flatMap(({ gpuId, bytes }) => (bytes > 0 ? [{ gpuId, bytes }] : []));
}

/** With the largest part of the layers that each card can get: all that it may have is seen there, and nothing of that elsewhere. */
function sharesOf(gpus: readonly Card[]) {
  const sure = (gpu: Card) => gpu.freeBytes + gpu.headroomBytes;
  const all = gpus.reduce((sum, gpu) => sum + sure(gpu), 0);
  return gpus.map((gpu) => {
    const unsure = gpu.reservedBytes + gpu.movingBytes;
    return { ...gpu, share: (sure(gpu) + unsure) / (all + unsure) };
  });
}

/** The most bytes, as on one card, of which a part of the layers can be placed there. */
export function mostPlaceable(overhead: CardOverhead, gpus: readonly Card[], chooser: Chooser): number {
  const roomiestFirst = gpus.toSorted((a, b) => b.freeBytes - a.freeBytes);
  const counts = gpus.map((_, i) => i + 1);
  const allowed = chooser.oneInstancePerWeights ? counts.filter((n) => n === 1 || n === gpus.length) : counts;
  return greatest(
    allowed.map((count) => {
      const cards = roomiestFirst.slice(0, count);
      if (count === 1) return cards[0]?.freeBytes ?? 0;
      const { splitBytes, aloneBytes } = overhead;
      const shared = least(sharesOf(cards).map(({ freeBytes, share }) => (freeBytes - splitBytes) / share));
      const room = cards.reduce((sum, { freeBytes }) => sum + freeBytes - splitBytes, 0);
      return shared <= 0 ? 0 : Math.floor(Math.min(shared, room)) + aloneBytes;
    }),
  );
}

export function isMoving({ status }: Pick<InstanceSnapshot, 'status'>): boolean {
  return status !== 'READY' && status !== 'DRAINING';
}

/** What instances may have of a backend's GPUs, in bytes. */
import { bytesOnCards } from '../domain/card-overhead.ts';
import type { GpuReading } from '../domain/gpu.ts';
import { greatest } from '../domain/long-lists.ts';
import { type FootprintEstimate, withinRoom } from './estimate.ts';

export interface GpuRoom {
  readonly largestBytes: number;
  /** Of all together. */
  readonly totalBytes: number;
  readonly cards: number;
}

export function roomOf(gpus: readonly Pick<GpuReading, 'totalBytes'>[], headroomBytes: number): GpuRoom {
  const rooms = gpus.map(({ totalBytes }) => Math.max(0, totalBytes - headroomBytes));
  const totalBytes = rooms.reduce((sum, bytes) => sum + bytes, 0);
  return { largestBytes: greatest(rooms), totalBytes, cards: rooms.length };
}

export const UNKNOWN_ROOM: GpuRoom = {
  largestBytes: Number.POSITIVE_INFINITY,
  totalBytes: Number.POSITIVE_INFINITY,
  cards: 1,
};

/** One card, or all of them. */
function placesOf({ largestBytes, totalBytes, cards }: GpuRoom) {
  return [
    { bytes: largestBytes, cards: 1 },
    { bytes: totalBytes, cards },
  ];
}

/** The first of them that one card has room for; else that all cards have together; else the last. */
export function firstFitting(estimates: readonly FootprintEstimate[], room: GpuRoom): number {
  const fitting = placesOf(room).map((place) =>
    estimates.findIndex(({ bytes, overhead }) => bytesOnCards(bytes, overhead, place.cards) <= place.bytes),
  );
  return fitting.find((index) => index >= 0) ?? estimates.length - 1;
}

/** With as much of its margin as one card, or all of them have room for. */
export function within(estimate: FootprintEstimate, room: GpuRoom): FootprintEstimate {
  return placesOf(room).reduce((least, { bytes, cards }) => withinRoom(least, bytes, cards), estimate);
}

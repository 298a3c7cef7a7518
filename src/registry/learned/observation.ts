/** What a load told, and how it is kept. */
import { z } from 'zod';

/** What a load told. */
export interface LoadMeasurement {
  /** As the server tells: without what the driver takes for the process. */
  readonly sizeBytes: number;
  /** Less than `sizeBytes` when part of it went to the CPU, and 0 on a host without a GPU. */
  readonly vramBytes: number;
  readonly loadMs: number;
  /** By how much the GPUs' used memory grew over the load, where it was read before and after it and nothing else changed. */
  readonly probedBytes?: number;
  /** What was free for it on its GPUs: kept when it did not fit. Absent on a host without any. */
  readonly roomBytes?: number;
  /** GPUs that it lies on. Absent: one. */
  readonly cards?: number;
}

/** What a reading of the cards showed of a load. */
export interface Probed {
  readonly probedBytes: number;
  /** GPUs that it lies on. */
  readonly cards: number;
}

const observation = z.object({
  sizeBytes: z.number(),
  /** Of the process on one card by the driver's count, less its part of `sizeBytes`; null where nobody looked. */
  driverBytes: z.number().nullable(),
  /** GPUs that it lay on. */
  cards: z.number().default(1),
  serverVersion: z.string().nullable(),
  /** Epoch milliseconds. */
  at: z.number(),
});
export type Observation = Readonly<z.infer<typeof observation>>;

/** A variant that did not go whole onto the GPUs of a backend. */
const misfit = z.object({
  /** What the server said that it takes in all. */
  sizeBytes: z.number(),
  /** The part of that which was on GPUs. */
  vramBytes: z.number(),
  /** What was free for it on its GPUs. */
  roomBytes: z.number().nullable(),
  /** GPUs that it was cut over. */
  cards: z.number().default(1),
  /** In a row. */
  times: z.number(),
  serverVersion: z.string().nullable(),
  at: z.number(),
});

export const learnedEntry = z.object({
  weights: z.string(),
  /** Of the file. */
  diskBytes: z.number(),
  contextLength: z.number(),
  /** Slots that memory was taken for. */
  slots: z.number(),
  /** The type of the cache and what else makes two setups incomparable. */
  setup: z.string(),
  /** The newest last, of whole loads only. */
  observations: z.array(observation),
  misfit: misfit.nullable(),
  /** Running means; null until there was such a load. */
  warmLoadMs: z.number().nullable(),
  coldLoadMs: z.number().nullable(),
  /** When its file was last read. */
  readAt: z.number(),
});
export type LearnedEntry = Readonly<z.infer<typeof learnedEntry>>;

/** Part of the model is on the CPU although there are GPUs. Without a GPU nothing spills. */
export function isSpilled(measured: LoadMeasurement): boolean {
  if (measured.vramBytes === 0) return measured.roomBytes !== undefined;
  return measured.vramBytes < measured.sizeBytes;
}

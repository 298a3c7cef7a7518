import { z } from 'zod';
import type { Faults } from './faults.ts';

/** Occasions that are to fail. */
export const count = z.int().min(0);

/** Each switch and what it may be set to. */
export const FAULT_SHAPE = {
  oomOnLoad: count,
  hangLoad: count,
  crashOnLoad: count,
  dieMidStream: count,
  oomMidStream: count,
  stallMidStream: count,
  cutMidStream: count,
  queueFull: count,
  garbageLine: count,
  quotePrompt: count,
  quoteOutput: count,
  endWithoutDone: count,
  failMidPull: count,
  fullDiskMidPull: count,
  stallMidPull: count,
  http500: count,
  slotLeakOnAbort: z.boolean(),
  dieOf: z.string(),
  failOf: z.string(),
  notANumberOf: z.string(),
  truncatedWeightsOf: z.string(),
  missingWeightsOf: z.string(),
  slowPsMs: z.number().min(0),
  down: z.boolean(),
  orphanOnKill: z.boolean(),
} satisfies Record<keyof Faults, z.ZodType>;

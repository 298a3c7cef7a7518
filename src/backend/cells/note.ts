/** What a cell's record tells whoever finds it after a crash of ours. */
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { CellPlan } from './cell-plan.ts';

const gpu = z.object({ key: z.string(), index: z.number() });
const planNote = z.object({
  gpus: z.array(gpu),
  config: z.object({
    parallel: z.number(),
    kvCacheType: z.enum(['f16', 'q8_0', 'q4_0']),
    flashAttention: z.boolean().nullable(),
  }),
});

const runnerOptions = z.object({
  num_ctx: z.number().optional(),
  num_batch: z.number().optional(),
  num_gpu: z.number().optional(),
  main_gpu: z.number().optional(),
  use_mmap: z.boolean().optional(),
  num_thread: z.number().optional(),
  draft_num_predict: z.number().optional(),
  shift: z.boolean().optional(),
});

/** What it holds, whatever its kind. */
export const occupantNote = {
  modelName: z.string(),
  weights: z.string(),
  digest: z.string(),
  contextLength: z.number(),
  options: runnerOptions,
  embedding: z.boolean(),
  engine: z.object({ pid: z.number(), startTicks: z.number() }),
  sizeBytes: z.number(),
  vramBytes: z.number(),
  isExpected: z.boolean().optional(),
};

/** Of each cell that holds a whole model, whatever its kind. */
export const loadedNote = {
  version: z.literal(1),
  role: z.literal('instance'),
  key: z.string(),
  plan: planNote,
};

const purpose = z.object({
  role: z.enum(['instance', 'warm', 'library']),
  /** Null where it gets its model later, or none. */
  modelName: z.string().nullable(),
  /** Why it was started: a sentence or more, for people. */
  reason: z.string(),
});

/** What a cell is started for. */
export type CellPurpose = Readonly<z.infer<typeof purpose>>;

const stored = purpose.partial({ modelName: true, reason: true }).extend({ plan: planNote.optional() });

/** Of a cell that holds nothing yet: told to whoever looks, and never adopted. */
export function startNote({ gpus, config }: CellPlan, { role, modelName, reason }: CellPurpose): Json {
  return {
    version: 1,
    role,
    modelName,
    reason,
    plan: { gpus: gpus.map(({ key, index }) => ({ key, index })), config: { ...config } },
  };
}

/** As a note tells it, of a start or of a whole load. */
export type StoredPurpose = z.infer<typeof stored>;

/** Null for what another version wrote. */
export function parsePurpose(note: Json): StoredPurpose | null {
  const { success, data } = stored.safeParse(note);
  return success ? data : null;
}

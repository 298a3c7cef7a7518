/** What a cell's record tells whoever finds it after a crash of ours. */
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';

const gpu = z.object({ key: z.string(), index: z.number() });
const plan = z.object({
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
});

/** Written when the model is in memory, so that only a whole load is ever found. */
const loaded = z.object({
  version: z.literal(1),
  role: z.literal('instance'),
  key: z.string(),
  plan,
  folder: z.string(),
  modelName: z.string(),
  weights: z.string(),
  weightFiles: z.string(),
  /** Of the manifest. */
  digest: z.string(),
  contextLength: z.number(),
  options: runnerOptions,
  embedding: z.boolean(),
  engine: z.object({ pid: z.number(), startTicks: z.number() }),
  sizeBytes: z.number(),
  vramBytes: z.number(),
});

export type LoadedNote = z.infer<typeof loaded>;

/** Null for a cell that held no model, or whose note another version wrote. */
export function parseNote(note: Json): LoadedNote | null {
  const { success, data } = loaded.safeParse(note);
  return success ? data : null;
}

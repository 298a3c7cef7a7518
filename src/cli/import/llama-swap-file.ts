/** What a configuration of llama-swap holds, as far as it is read: https://github.com/mostlygeek/llama-swap/wiki/Configuration */
import { z } from 'zod';

const macros = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

const model = z.looseObject({
  cmd: z.string(),
  proxy: z.string().optional(),
  aliases: z.array(z.string()).optional(),
  env: z.array(z.string()).optional(),
  checkEndpoint: z.string().optional(),
  /** Seconds; 0 for never. */
  ttl: z.number().optional(),
  macros: macros.optional(),
});

export const llamaSwapFile = z.looseObject({
  models: z.record(z.string(), model),
  macros: macros.optional(),
  /** Seconds. */
  healthCheckTimeout: z.number().optional(),
  globalTTL: z.number().optional(),
});

export type LlamaSwapFile = z.output<typeof llamaSwapFile>;
export type LlamaSwapModel = LlamaSwapFile['models'][string];

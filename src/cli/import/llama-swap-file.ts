/** What a configuration of llama-swap holds, as far as it is read: https://github.com/mostlygeek/llama-swap/wiki/Configuration */
import { z } from 'zod';

/** What is written without a value says nothing, as to llama-swap. */
const given = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

const macros = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

/** The second form hides one from lists, or gives it a name to show. */
const alias = z.union([z.string(), z.looseObject({ id: z.string() }).transform(({ id }) => id)]);

export const llamaSwapModel = z.looseObject({
  cmd: z.string(),
  proxy: given(z.string()),
  aliases: given(z.array(alias)),
  env: given(z.array(z.string())),
  checkEndpoint: given(z.string()),
  /** Seconds; 0 for never, -1 for that of all. */
  ttl: given(z.number()),
  macros: given(macros),
});

/** A model of another form is left out by itself. */
export const llamaSwapFile = z.looseObject({
  models: z.record(z.string(), z.unknown()),
  macros: given(macros),
  /** Seconds. */
  healthCheckTimeout: given(z.number()),
  globalTTL: given(z.number()),
});

export type LlamaSwapFile = z.output<typeof llamaSwapFile>;
export type LlamaSwapModel = z.output<typeof llamaSwapModel>;

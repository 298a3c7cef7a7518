/** The settings of a managed backend: what they may hold, and what stands where they say nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MiB } from '../domain/units.ts';
import type { ManagedConfig } from './config.ts';
import { memory, shown, text, wholeNumber } from './values.ts';

/** What vramkeeper sets for each process itself, and where it is set instead. */
const OWN_VARIABLES: Readonly<Record<string, string>> = {
  OLLAMA_HOST: 'each process gets a free port by itself',
  OLLAMA_MODELS: 'use managed.models',
  OLLAMA_NUM_PARALLEL: 'use managed.parallel',
  OLLAMA_CONTEXT_LENGTH: 'use managed.contextLength',
  OLLAMA_MAX_LOADED_MODELS: 'each process holds one model',
  OLLAMA_KEEP_ALIVE: 'use keepAlive',
  OLLAMA_NOPRUNE: 'another server may use the same model folder',
  OLLAMA_KV_CACHE_TYPE: 'use managed.kvCacheType',
  CUDA_VISIBLE_DEVICES: 'each process is bound to its cards; use gpus',
  ROCR_VISIBLE_DEVICES: 'each process is bound to its cards; use gpus',
  HOME: 'each process gets one in dataDir',
  VRAMKEEPER_CELL: 'processes are known again by it',
  VRAMKEEPER_HOME: 'processes are known again by it',
};

const variable = z
  .union([z.string(), z.number(), z.boolean()], {
    error: (issue) => `${shown(issue.input)} is not the value of a variable.`,
  })
  .transform(String);

const parallel = z.union([z.literal('auto'), wholeNumber(1, 1024)], {
  error: (issue) => `${shown(issue.input)} is neither auto nor a whole number from 1 to 1024.`,
});

const trueOrFalse = z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` });

export const kvCacheType = z.enum(['f16', 'q8_0', 'q4_0'], {
  error: (issue) => `${shown(issue.input)} is not a type of KV cache. Use f16, q8_0 or q4_0.`,
});

const managedShape = z.strictObject({
  binary: text('the name or path of a program').optional(),
  models: text('a folder').optional(),
  contextLength: wholeNumber(1, 16_777_216).optional(),
  parallel: parallel.optional(),
  kvCacheType: kvCacheType.optional(),
  flashAttention: trueOrFalse.optional(),
  parallelLoads: wholeNumber(1, 64).optional(),
  warmCells: wholeNumber(0, 64).optional(),
  promptCache: memory.optional(),
  keep: trueOrFalse.optional(),
  env: z
    .record(z.string(), variable, {
      error: (issue) => `${shown(issue.input)} is not a group of variables with their values.`,
    })
    .superRefine((variables, context) => {
      for (const name of Object.keys(variables)) {
        const instead = OWN_VARIABLES[name];
        if (instead !== undefined) {
          const message = `${name} is not yours to set: ${instead}.`;
          context.addIssue({ code: 'custom', path: [name], message });
        }
      }
    })
    .optional(),
});

export const managedSchema = managedShape.superRefine((value, context) => {
  if (value.flashAttention !== undefined && value.env?.OLLAMA_FLASH_ATTENTION !== undefined) {
    const message = 'flashAttention is set as well: leave out one of both.';
    context.addIssue({ code: 'custom', path: ['env', 'OLLAMA_FLASH_ATTENTION'], message });
  }
  if (flashAttentionOf(value) === false && isQuantized(value.kvCacheType)) {
    const message = `${value.kvCacheType} needs flash attention, which is switched off.`;
    context.addIssue({ code: 'custom', path: ['kvCacheType'], message });
  }
});

export type ManagedSettings = z.output<typeof managedSchema>;

/** Host memory of one engine's prompt cache. llama.cpp's own 8 GiB for each would be the end of many a host. */
const PROMPT_CACHE_BYTES = 512 * MiB;

export interface ManagedSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** What the settings leave open is filled in. */
export function managedConfig(
  settings: ManagedSettings,
  around: ManagedSurroundings,
  contextLength: number,
): ManagedConfig {
  return {
    binary: settings.binary ?? 'ollama',
    models: settings.models ?? ownModelFolder(around),
    contextLength: settings.contextLength ?? contextLength,
    parallel: settings.parallel ?? 'auto',
    kvCacheType: settings.kvCacheType ?? 'f16',
    // Ollama ignores a quantized cache without it, and the model would take more than was planned.
    flashAttention: flashAttentionOf(settings) ?? (isQuantized(settings.kvCacheType) ? true : null),
    parallelLoads: settings.parallelLoads ?? 2,
    warmCells: settings.warmCells ?? 1,
    promptCacheBytes: settings.promptCache ?? PROMPT_CACHE_BYTES,
    keep: settings.keep ?? false,
    env: settings.env ?? {},
  };
}

function isQuantized(kvCacheType: ManagedSettings['kvCacheType']): boolean {
  return kvCacheType !== undefined && kvCacheType !== 'f16';
}

/** The variable counts like the setting, because what a model takes depends on it; null when neither is there. */
function flashAttentionOf({ flashAttention, env }: z.output<typeof managedShape>): boolean | null {
  const variable = env?.OLLAMA_FLASH_ATTENTION;
  return flashAttention ?? (variable === undefined ? null : /^(1|t|true)$/i.test(variable));
}

const SERVICE_HOME = '/usr/share/ollama';

/**
 * Where Ollama keeps its models: what its variable names, a user's folder, a systemd service's; the user's where there is none yet. The
 * service's home may be closed to us: that its models may not be read is worth more to know than that none were found.
 */
function ownModelFolder({ env, home }: ManagedSurroundings): string {
  const named = env.OLLAMA_MODELS?.trim();
  if (named) return named;
  const own = join(home, '.ollama', 'models');
  return !existsSync(own) && existsSync(SERVICE_HOME) ? join(SERVICE_HOME, '.ollama', 'models') : own;
}

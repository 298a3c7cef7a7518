/** The settings of a backend whose models are started by commands: what they may hold, and what stands where they say nothing. */
import { z } from 'zod';
import { isPlainName } from '../domain/model-names.ts';
import type { CommandBackendConfig, CommandModelConfig } from './config.ts';
import { duration, memory, oneOf, shown, text, wholeNumber } from './values.ts';
import { splitWords } from './words.ts';

/** What a command, its variables and its folder may leave open until a load. */
export const PLACEHOLDERS = {
  port: 'the port that it is to listen on, at 127.0.0.1',
  context: 'tokens of all slots together',
  slotContext: 'tokens of one slot',
  parallel: 'slots',
  gpus: 'the indexes of its GPUs, separated by commas',
  gpuCount: 'how many GPUs it gets',
} as const;
export type Placeholder = keyof typeof PLACEHOLDERS;

const PLACEHOLDER = /\{([a-z][A-Za-z]*)\}/g;

/** The placeholders of a text, known or not. */
export function placeholdersIn(parts: readonly string[]): ReadonlySet<string> {
  return new Set(parts.flatMap((part) => [...part.matchAll(PLACEHOLDER)].flatMap(([, name]) => name ?? [])));
}

/** What a model can do, in the words of requests. */
export const MODEL_KINDS = ['generate', 'chat', 'embed'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** What vramkeeper sets for each process itself, and where it is set instead. */
const OWN_VARIABLES: Readonly<Record<string, string>> = {
  CUDA_VISIBLE_DEVICES: 'each process is bound to its cards; use gpus',
  HIP_VISIBLE_DEVICES: 'each process is bound to its cards; use gpus',
  ROCR_VISIBLE_DEVICES: 'each process is bound to its cards; use gpus',
  VRAMKEEPER_CELL: 'processes are known again by it',
  VRAMKEEPER_HOME: 'processes are known again by it',
};

export const variables = z
  .record(
    z.string(),
    z
      .union([z.string(), z.number(), z.boolean()], {
        error: (issue) => `${shown(issue.input)} is not the value of a variable.`,
      })
      .transform(String),
    { error: (issue) => `${shown(issue.input)} is not a group of variables with their values.` },
  )
  .superRefine((named, context) => {
    for (const name of Object.keys(named)) {
      const instead = OWN_VARIABLES[name];
      if (instead === undefined) continue;
      context.addIssue({ code: 'custom', path: [name], message: `${name} is not yours to set: ${instead}.` });
    }
  });

const command = z
  .union([z.string(), z.array(z.string()).min(1)], {
    error: (issue) => `${shown(issue.input)} is not a command: write a program with its arguments.`,
  })
  .transform((written, context): readonly string[] => {
    if (typeof written !== 'string') return written;
    try {
      return splitWords(written);
    } catch (error) {
      const message = `${shown(written)} cannot be split into words: ${error instanceof Error ? error.message : error}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });

const stopAfter = z.union([z.literal([-1, '-1']).transform(() => null), duration], {
  error: (issue) =>
    `${shown(issue.input)} is not a time: write a duration such as 30m, or -1 to keep it until its memory is needed.`,
});

/** Of a name that no request could ask for. */
const unnameable = (name: unknown) =>
  `${shown(name)} cannot be the name of a model: write it in printable ASCII characters, at most 256, with single spaces between them at most.`;

const modelName = text('the name of a model').refine(isPlainName, {
  error: (issue) => unnameable(issue.input),
});

const model = z
  .strictObject({
    command,
    env: variables.optional(),
    cwd: text('a folder').optional(),
    kinds: z
      .array(oneOf(MODEL_KINDS))
      .min(1, { error: 'an empty list. Leave it out, or name what the model can do.' })
      .optional(),
    ready: z
      .string()
      .regex(/^\/\S*$/, { error: (issue) => `${shown(issue.input)} is not a path, such as /health.` })
      .optional(),
    readyWithin: duration
      .refine((ms) => ms >= 1_000, { error: 'less than 1s: no model is ready by then. 10m is usual.' })
      .optional(),
    vram: memory.optional(),
    gpus: z
      .array(wholeNumber(0, 255))
      .min(1, { error: 'an empty list. Leave it out to have its GPUs chosen.' })
      .refine((indexes) => new Set(indexes).size === indexes.length, { error: 'a GPU is named twice.' })
      .optional(),
    parallel: wholeNumber(1, 1024).optional(),
    contextLength: wholeNumber(1, 16_777_216).optional(),
    sleep: oneOf(['vllm']).optional(),
    stopAfter: stopAfter.optional(),
    aliases: z.array(modelName).optional(),
  })
  .superRefine((value, context) => {
    const parts = [...value.command, ...Object.values(value.env ?? {})];
    for (const name of placeholdersIn(parts)) {
      if (Object.hasOwn(PLACEHOLDERS, name)) continue;
      const known = Object.keys(PLACEHOLDERS).map((each) => `{${each}}`);
      const message = `{${name}} is no placeholder. There are ${known.join(', ')}.`;
      context.addIssue({ code: 'custom', path: ['command'], message });
    }
    if (!placeholdersIn(parts).has('port')) {
      const message = 'its port is missing: each process gets one of its own, at the place of {port}.';
      context.addIssue({ code: 'custom', path: ['command'], message });
    }
  });

export const commandModels = z
  .record(z.string(), model, {
    error: (issue) => `${shown(issue.input)} is not a group of models, each with its command.`,
  })
  .refine((models) => Object.keys(models).length > 0, {
    error:
      'no model is named. Write one, such as "qwen3-8b": { command: "llama-server -m … --port {port}" }.',
  })
  .superRefine((models, context) => {
    const seen = new Set(Object.keys(models));
    for (const name of seen)
      if (!isPlainName(name)) context.addIssue({ code: 'custom', path: [name], message: unnameable(name) });
    for (const [name, { aliases = [] }] of Object.entries(models))
      for (const [position, alias] of aliases.entries()) {
        if (seen.has(alias))
          context.addIssue({
            code: 'custom',
            path: [name, 'aliases', position],
            message: `${shown(alias)} is the name of another model.`,
          });
        seen.add(alias);
      }
  });

export type CommandModels = z.output<typeof commandModels>;

export interface CommandSettings {
  readonly models?: CommandModels | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly parallelLoads?: number | undefined;
  readonly keep?: boolean | undefined;
}

/** What the settings leave open is filled in. */
export function commandConfig({
  models = {},
  env = {},
  parallelLoads = 2,
  keep = false,
}: CommandSettings): Pick<CommandBackendConfig, 'models' | 'parallelLoads' | 'keep' | 'env'> {
  return {
    models: Object.fromEntries(
      Object.entries(models).map(([name, one]): [string, CommandModelConfig] => [name, modelConfig(one)]),
    ),
    parallelLoads,
    keep,
    env,
  };
}

/** For a server that compiles kernels and reads a large model from a slow disk. */
const READY_WITHIN_MS = 10 * 60_000;

function modelConfig(one: CommandModels[string]): CommandModelConfig {
  return {
    command: one.command,
    env: one.env ?? {},
    cwd: one.cwd ?? null,
    kinds: one.kinds ?? null,
    ready: one.ready ?? null,
    readyWithinMs: one.readyWithin ?? READY_WITHIN_MS,
    vramBytes: one.vram ?? null,
    gpus: one.gpus ?? null,
    parallel: one.parallel ?? null,
    contextLength: one.contextLength ?? null,
    ...(one.sleep && { sleep: one.sleep }),
    ...(one.stopAfter !== undefined && { stopAfterMs: one.stopAfter }),
    aliases: one.aliases ?? [],
  };
}

/** Relative ones start at the settings file. A program's name without a slash stays one: it is looked up on the PATH. */
export function withCommandPaths(models: CommandModels, absolute: (path: string) => string): CommandModels {
  return Object.fromEntries(
    Object.entries(models).map(([name, one]) => {
      const [program = '', ...args] = one.command;
      const command = [/^[.~]{1,2}\//.test(program) ? absolute(program) : program, ...args];
      return [name, { ...one, command, cwd: absolute(one.cwd ?? '.') }];
    }),
  );
}

/**
 * What a settings file may hold. Every key is optional here and nothing has a default: each source is checked by itself, so
 * that a message can name the place that is wrong, and defaults fill what none of them says.
 */
import { z } from 'zod';
import { HOPELESS_DEADLINES } from '../domain/hopeless-deadline.ts';
import { MiB } from '../domain/units.ts';
import { hosts, keys, origins } from './access.ts';
import { clients } from './clients.ts';
import { commandModels, variables } from './command.ts';
import { LOG_FORMATS, LOG_LEVELS, ON_CLIENT_GONE } from './config.ts';
import { kvCacheType, managedSchema } from './managed.ts';
import { headers, secret } from './secrets.ts';
import {
  duration,
  memory,
  metricsAddress,
  notYet,
  oneOf,
  serverUrl,
  shown,
  size,
  text,
  wholeNumber,
} from './values.ts';

const MINUTE_MS = 60_000;
/** V8 holds no text of more than 512 MiB. */
const LARGEST_BODY = 256 * MiB;

const PROBES = ['nvidia', 'amd', 'prometheus', 'virtual', 'fixed', 'none'] as const;

/** What only some probes take, and the sentence for the others. */
const PROBE_SETTINGS = [
  {
    key: 'index',
    of: ['nvidia', 'amd', 'prometheus', 'virtual', 'fixed'],
    refusal: () => 'probe: none has no index.',
  },
  {
    key: 'total',
    of: ['fixed'],
    refusal: (probe) => `the ${probe} probe reads the size itself; only probe: fixed takes a total.`,
  },
  {
    key: 'url',
    of: ['prometheus'],
    refusal: (probe) => `the ${probe} probe has no url; only probe: prometheus takes one.`,
  },
  {
    key: 'interval',
    of: ['prometheus'],
    refusal: (probe) =>
      `the ${probe} probe measures when it is asked; only probe: prometheus takes an interval.`,
  },
] as const satisfies readonly {
  readonly key: string;
  readonly of: readonly (typeof PROBES)[number][];
  readonly refusal: (probe: string) => string;
}[];

const gpu = z
  .strictObject({
    probe: oneOf(PROBES),
    index: wholeNumber(0, 255).optional(),
    total: memory.optional(),
    url: metricsAddress.optional(),
    interval: duration
      .refine((milliseconds) => milliseconds >= 100 && milliseconds <= 10 * MINUTE_MS, {
        error: 'exporters measure each 100ms at most, and each 10m at least. Write how often yours does.',
      })
      .optional(),
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (value.probe === 'fixed' && !value.total)
      refuse('total', 'a fixed GPU needs its size, such as total: 24GiB.');
    if (value.probe === 'prometheus' && value.url === undefined)
      refuse('url', 'the address of the metrics is missing, such as url: http://gpu-box:9400/metrics.');
    for (const { key, of, refusal } of PROBE_SETTINGS) {
      const fits = (of as readonly string[]).includes(value.probe);
      if (value[key] !== undefined && !fits) refuse(key, refusal(value.probe));
    }
  });

/** No card twice: an entry without an index stands for every card that its probe finds. */
function distinctGpus(gpus: readonly z.output<typeof gpu>[], context: z.RefinementCtx): void {
  const named = new Set<number>();
  for (const [position, { probe, index }] of gpus.entries()) {
    const alone = probe === 'none' || (probe !== 'fixed' && index === undefined);
    if (alone && gpus.length > 1) {
      const message = `without an index it stands for every GPU, so it stands alone. Give each entry an index.`;
      context.addIssue({ code: 'custom', path: [position], message: `${shown({ probe })}: ${message}` });
    }
    const card = index ?? position;
    if (named.has(card))
      context.addIssue({ code: 'custom', path: [position], message: `GPU ${card} is named twice.` });
    named.add(card);
  }
}

const gpuList = z
  .array(gpu, {
    error: (issue) => `${shown(issue.input)} is not a list of GPUs, such as [{ probe: nvidia }].`,
  })
  .min(1, { error: 'an empty list of GPUs. Leave it out to have them found, or write [{ probe: none }].' })
  .superRefine(distinctGpus);

/** Virtual cards are seen by asking the virtual Ollama that has them. */
const hasVirtual = (gpus: z.output<typeof gpuList> | undefined) =>
  gpus?.some(({ probe }) => probe === 'virtual') ?? false;
const NO_VIRTUAL = 'virtual GPUs belong to a virtual Ollama at a url; leave gpus out to have cards found.';

const backendShape = z.strictObject({
  name: text('a name').regex(/^[\w.-]{1,64}$/, {
    error: (issue) =>
      `${shown(issue.input)} is not a name: use up to 64 letters, digits, dots, dashes and underscores.`,
  }),
  type: z
    .enum(['ollama', 'openai', 'command'], {
      error: (issue) =>
        `${shown(issue.input)} is not a backend type. Use type: ollama, type: openai or type: command.`,
    })
    .optional(),
  managed: managedSchema.optional(),
  url: serverUrl.optional(),
  parallel: wholeNumber(1, 1024).optional(),
  maxLoadedModels: wholeNumber(1, 1024).optional(),
  kvCacheType: kvCacheType.optional(),
  vram: memory.optional(),
  apiKey: secret.optional(),
  headers: headers.optional(),
  gpus: gpuList.optional(),
  models: commandModels.optional(),
  parallelLoads: wholeNumber(1, 64).optional(),
  keep: z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` }).optional(),
  env: variables.optional(),
});

/** What only an attached backend has, and the sentence for a managed one. */
const ATTACHED_SETTINGS = [
  { key: 'url', refusal: 'a managed backend has no url: leave out one of both.' },
  { key: 'parallel', refusal: 'write it under managed.' },
  { key: 'kvCacheType', refusal: 'write it under managed.' },
  { key: 'maxLoadedModels', refusal: 'a managed backend holds what fits its GPUs; leave it out.' },
  { key: 'apiKey', refusal: 'the processes of a managed backend need no key; leave it out.' },
  { key: 'headers', refusal: 'the processes of a managed backend need no headers; leave them out.' },
] as const;

/** What only an Ollama has, and the sentence for a server of OpenAI's API. */
const OLLAMA_SETTINGS = [
  { key: 'managed', refusal: 'only an Ollama can be managed: leave it out, or use type: ollama.' },
  { key: 'kvCacheType', refusal: 'the server has its cache as it was started: leave it out.' },
  { key: 'maxLoadedModels', refusal: 'the server holds the models that it was started with: leave it out.' },
] as const;

/** What only a backend of commands has, and the sentence for the others. */
const COMMAND_SETTINGS = [
  { key: 'models', refusal: 'only type: command has models with commands: leave it out.' },
  { key: 'parallelLoads', refusal: 'of a managed Ollama it is written under managed; leave it out.' },
  { key: 'keep', refusal: 'of a managed Ollama it is written under managed; leave it out.' },
  { key: 'env', refusal: 'of a managed Ollama it is written under managed; leave it out.' },
] as const;

/** What a backend of commands does not have, and why. */
const NOT_OF_COMMANDS = [
  { key: 'managed', refusal: 'its processes are started by their commands: leave it out.' },
  { key: 'url', refusal: 'each of its processes gets a port of its own: leave it out.' },
  { key: 'parallel', refusal: 'write it into each model.' },
  { key: 'vram', refusal: 'write it into each model.' },
  { key: 'kvCacheType', refusal: "write it into each model's command." },
  { key: 'maxLoadedModels', refusal: 'it holds what fits its GPUs; leave it out.' },
  { key: 'apiKey', refusal: 'its processes need no key; leave it out.' },
  { key: 'headers', refusal: 'its processes need no headers; leave them out.' },
] as const;

const backend = backendShape.superRefine((value, context) => {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  if (value.type === 'command') {
    for (const { key, refusal } of NOT_OF_COMMANDS) if (value[key] !== undefined) refuse(key, refusal);
    if (value.models === undefined)
      refuse('models', 'is missing: name each model with the command that starts its server.');
    if (hasVirtual(value.gpus)) refuse('gpus', NO_VIRTUAL);
    return;
  }
  for (const { key, refusal } of COMMAND_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
  if (value.type === 'openai') {
    for (const { key, refusal } of OLLAMA_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
    if (hasVirtual(value.gpus)) refuse('gpus', NO_VIRTUAL);
  } else if (value.vram !== undefined) {
    refuse('vram', 'an Ollama tells by itself what its models take: leave it out, or use type: openai.');
  }
  if (!value.managed) {
    if (value.url === undefined) refuse('url', 'is missing.');
    const hasOwn = Object.keys(value.headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
    if (value.apiKey && hasOwn) refuse('apiKey', 'headers have an authorization too: leave out one of both.');
    return;
  }
  for (const { key, refusal } of ATTACHED_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
  if (hasVirtual(value.gpus)) refuse('gpus', NO_VIRTUAL);
});

const LEAST_PATIENCE_MS = 10_000;
const MOST_PATIENCE_MS = 7 * 86_400_000;

/** @param otherwise what a shorter one would do. */
function patience(otherwise: string) {
  return duration
    .refine((ms) => ms >= LEAST_PATIENCE_MS, { error: `less than 10s: ${otherwise}` })
    .refine((ms) => ms <= MOST_PATIENCE_MS, { error: 'more than 7d would never be noticed.' });
}

/** A duration, or -1 for as long as nobody needs the memory. */
const keepAlive = z.union([z.literal([-1, '-1']).transform(() => null), duration], {
  error: (issue) =>
    `${shown(issue.input)} is not a keep-alive: write a duration such as 30m, or -1 to keep it until its memory is needed.`,
});

const modelNames = z.array(text('the name of a model'), {
  error: (issue) => `${shown(issue.input)} is not a list of model names.`,
});

const reservation = z.strictObject({
  owner: text('whose memory it is'),
  bytes: memory.refine((bytes) => bytes > 0, {
    error: 'a reservation of nothing holds nothing. Leave it out.',
  }),
  backend: text('the name of a backend').optional(),
  gpu: wholeNumber(0, 1023).optional(),
  whileProcess: text('the name of a program').optional(),
});

const flag = z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` });

const model = z.strictObject({
  contextLength: wholeNumber(1, 16_777_216).optional(),
  parallel: wholeNumber(1, 1024).optional(),
  keepAlive: keepAlive.optional(),
  partialOffload: flag.optional(),
});

const log = z.strictObject(
  {
    level: oneOf(LOG_LEVELS).optional(),
    format: oneOf(LOG_FORMATS).optional(),
    file: text('a file name').optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? `${shown(issue.input)} is not a group of log settings.` : undefined,
  },
);

/** Reports the second of two entries whose `of` is the same. */
function unique<T>(of: (entry: T) => string, field: string) {
  return (entries: readonly T[], context: z.RefinementCtx) => {
    const seen = new Set<string>();
    for (const [position, entry] of entries.entries()) {
      const value = of(entry);
      if (seen.has(value))
        context.addIssue({
          code: 'custom',
          path: [position, field],
          message: `${shown(value)} is used twice.`,
        });
      seen.add(value);
    }
  };
}

/** What a batch takes in files of its own is counted too. */
const fileBytes = size.refine((bytes) => bytes >= MiB, {
  error: 'less than 1MiB would refuse every batch of some size. 2GiB is usual.',
});

const imageBytes = size.refine((bytes) => bytes >= MiB, {
  error: 'less than 1MiB would refuse most images. 1GiB is usual.',
});

const settingsShape = z.strictObject({
  host: text('a host or address').optional(),
  port: wholeNumber(0, 65535).optional(),
  ollamaPort: wholeNumber(0, 65535).optional(),
  dataDir: text('a folder').optional(),
  headroom: memory.optional(),
  backends: z
    .array(backend, {
      error: (issue) => `${shown(issue.input)} is not a list of backends, each with a name and a url.`,
    })
    .min(1, { error: 'an empty list of backends. Leave it out to use the Ollama at OLLAMA_HOST.' })
    .superRefine(unique((entry) => entry.name, 'name'))
    .superRefine(unique((entry) => entry.url ?? `managed:${entry.name}`, 'url'))
    .optional(),
  managed: managedSchema.optional(),
  backendKey: secret.optional(),
  gpus: gpuList.optional(),
  keepAlive: keepAlive.optional(),
  warmup: modelNames.optional(),
  keepWarm: modelNames.optional(),
  reservations: z
    .array(reservation, {
      error: (issue) => `${shown(issue.input)} is not a list of reservations, each with an owner and bytes.`,
    })
    .superRefine(unique((entry) => entry.owner, 'owner'))
    .optional(),
  retention: duration
    .refine((milliseconds) => milliseconds >= MINUTE_MS, {
      error: (issue) =>
        `${shown(issue.input)} is too short: results would be gone before anybody could read them. Write at least 1m; 7d is usual.`,
    })
    .optional(),
  models: z
    .record(z.string(), model, {
      error: (issue) => `${shown(issue.input)} is not a group of settings by model name.`,
    })
    .optional(),
  contextLength: wholeNumber(1, 16_777_216).optional(),
  queueLimit: wholeNumber(1, 100_000_000).optional(),
  clients: clients.optional(),
  hopelessDeadlines: oneOf(HOPELESS_DEADLINES).optional(),
  maxBodyBytes: size
    .refine((bytes) => bytes >= 1024, { error: 'less than 1 KiB would refuse every request.' })
    .refine((bytes) => bytes <= LARGEST_BODY, {
      error: 'more than 256MiB cannot be read as one text. Send images in several jobs.',
    })
    .optional(),
  onClientGone: oneOf(ON_CLIENT_GONE).optional(),
  fileBytes: fileBytes.optional(),
  fileBytesPerClient: fileBytes.optional(),
  imageBytes: imageBytes.optional(),
  imageBytesPerClient: imageBytes.optional(),
  keys: keys.optional(),
  hosts: hosts.optional(),
  origins: origins.optional(),
  trustClientHeaders: flag.optional(),
  log: log.optional(),
  loadStallTimeout: patience('an ordinary load would be given up.').optional(),
  firstPieceTimeout: patience(
    'a request that waits for its turn, or whose prompt is long, would be broken off.',
  ).optional(),
  silenceTimeout: patience('an answer in which a tool call is being written would be broken off.').optional(),
  pollInterval: duration
    .refine((milliseconds) => milliseconds >= 100, {
      error: 'less than 100ms would only keep the backend busy.',
    })
    .refine((milliseconds) => milliseconds <= MINUTE_MS, {
      error: 'with more than 1m between two readings, nothing would be noticed in time.',
    })
    .optional(),
  tasks: notYet('tasks are not in this version. Name the model in each job.'),
  postgres: notYet('PostgreSQL is not in this version. Jobs are kept in dataDir.'),
  metrics: notYet('metrics are not in this version.'),
  tracing: notYet('tracing is not in this version.'),
});

export const settingsSchema = settingsShape.superRefine(({ managed, gpus, backends }, context) => {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const misplaced = 'stands for the one backend where none is listed. Write it into an entry of backends.';
  if (managed && backends) refuse('managed', misplaced);
  if (gpus && backends) refuse('gpus', misplaced);
  else if (hasVirtual(gpus)) refuse('gpus', NO_VIRTUAL);
});

/** One source's settings after the check: sizes in bytes, durations in milliseconds. */
export type Settings = z.output<typeof settingsSchema>;

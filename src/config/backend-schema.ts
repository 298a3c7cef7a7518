/** What the settings of one backend may hold, and of its GPUs. */
import { z } from 'zod';
import { type CommandModels, commandModels, variables } from './command.ts';
import { PROVIDER_APIS } from './config.ts';
import { kvCacheType, managedSchema } from './managed.ts';
import { type ProviderModels, providerModels } from './provider.ts';
import { headers, secret } from './secrets.ts';
import { duration, memory, metricsAddress, oneOf, serverUrl, shown, text, wholeNumber } from './values.ts';

const MINUTE_MS = 60_000;

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

export const gpuList = z
  .array(gpu, {
    error: (issue) => `${shown(issue.input)} is not a list of GPUs, such as [{ probe: nvidia }].`,
  })
  .min(1, { error: 'an empty list of GPUs. Leave it out to have them found, or write [{ probe: none }].' })
  .superRefine(distinctGpus);

/** Virtual cards are seen by asking the virtual Ollama that has them. */
export const hasVirtual = (gpus: z.output<typeof gpuList> | undefined) =>
  gpus?.some(({ probe }) => probe === 'virtual') ?? false;
export const NO_VIRTUAL =
  'virtual GPUs belong to a virtual Ollama at a url; leave gpus out to have cards found.';

/** Commands and providers write them differently, so that they are read when the type is known. */
export const anyModels = z.unknown();

const backendShape = z.strictObject({
  name: text('a name').regex(/^[\w.-]{1,64}$/, {
    error: (issue) =>
      `${shown(issue.input)} is not a name: use up to 64 letters, digits, dots, dashes and underscores.`,
  }),
  type: z
    .enum(['ollama', 'openai', 'command', 'provider'], {
      error: (issue) =>
        `${shown(issue.input)} is not a backend type. Use type: ollama, type: openai, type: command or type: provider.`,
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
  models: anyModels.optional(),
  api: oneOf(PROVIDER_APIS).optional(),
  concurrency: wholeNumber(1, 1024).optional(),
  requestsPerMinute: wholeNumber(1, 1_000_000).optional(),
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

/** What only a provider has, and the sentence for the others. */
const PROVIDER_SETTINGS = [
  { key: 'api', refusal: 'only type: provider has it: leave it out.' },
  { key: 'concurrency', refusal: 'only type: provider has it: write parallel.' },
  { key: 'requestsPerMinute', refusal: 'only type: provider has it: leave it out.' },
] as const;

/** What a provider does not have, and why. */
const NOT_OF_PROVIDERS = [
  { key: 'managed', refusal: 'nothing of a provider runs here: leave it out.' },
  { key: 'parallel', refusal: 'write concurrency: it is for all models together.' },
  { key: 'vram', refusal: 'a provider takes no memory here: leave it out.' },
  { key: 'gpus', refusal: 'a provider has no GPUs here: leave it out.' },
  { key: 'kvCacheType', refusal: 'a provider does not let it be chosen: leave it out.' },
  { key: 'maxLoadedModels', refusal: 'a provider has all of its models at once: leave it out.' },
] as const;

/** What only a backend of commands has, and the sentence for the others. */
const COMMAND_SETTINGS = [
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

type BackendShape = z.output<typeof backendShape>;
type Refuse = (key: string, message: string) => void;

function checkCommand(value: BackendShape, refuse: Refuse): void {
  for (const { key, refusal } of NOT_OF_COMMANDS) if (value[key] !== undefined) refuse(key, refusal);
  if (value.models === undefined)
    refuse('models', 'is missing: name each model with the command that starts its server.');
  if (hasVirtual(value.gpus)) refuse('gpus', NO_VIRTUAL);
}

function checkProvider(value: BackendShape, refuse: Refuse): void {
  for (const { key, refusal } of NOT_OF_PROVIDERS) if (value[key] !== undefined) refuse(key, refusal);
  const keyHeader = value.api === 'anthropic' ? 'x-api-key' : 'authorization';
  if (value.apiKey && hasHeader(value, keyHeader))
    refuse('apiKey', `headers have an ${keyHeader} too: leave out one of both.`);
}

function checkServer(value: BackendShape, refuse: Refuse): void {
  if (value.models !== undefined)
    refuse('models', 'only type: command and type: provider have models of their own: leave it out.');
  if (value.type === 'openai') {
    for (const { key, refusal } of OLLAMA_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
    if (hasVirtual(value.gpus)) refuse('gpus', NO_VIRTUAL);
  } else if (value.vram !== undefined) {
    refuse('vram', 'an Ollama tells by itself what its models take: leave it out, or use type: openai.');
  }
  if (!value.managed) {
    if (value.url === undefined) refuse('url', 'is missing.');
    if (value.apiKey && hasHeader(value, 'authorization'))
      refuse('apiKey', 'headers have an authorization too: leave out one of both.');
    return;
  }
  for (const { key, refusal } of ATTACHED_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
  if (hasVirtual(value.gpus)) refuse('gpus', NO_VIRTUAL);
}

function hasHeader({ headers: named = {} }: BackendShape, wanted: string): boolean {
  return Object.keys(named).some((name) => name.toLowerCase() === wanted);
}

type CheckedBackend = Omit<BackendShape, 'models'> & {
  readonly models?: CommandModels | undefined;
  /** The models of a provider. */
  readonly offers?: ProviderModels | undefined;
};

export const backend = backendShape
  .superRefine((value, context) => {
    const refuse: Refuse = (key, message) => context.addIssue({ code: 'custom', path: [key], message });
    if (value.type !== 'command')
      for (const { key, refusal } of COMMAND_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
    if (value.type !== 'provider')
      for (const { key, refusal } of PROVIDER_SETTINGS) if (value[key] !== undefined) refuse(key, refusal);
    if (value.type === 'command') checkCommand(value, refuse);
    else if (value.type === 'provider') checkProvider(value, refuse);
    else checkServer(value, refuse);
  })
  .transform(({ models, ...value }, context): CheckedBackend => {
    const read = <T>(schema: z.ZodType<T>): T | undefined => {
      if (models === undefined) return undefined;
      const { success, data, error } = schema.safeParse(models, { reportInput: true });
      if (success) return data;
      for (const issue of error.issues)
        context.addIssue({ ...issue, path: ['models', ...issue.path] } as z.core.$ZodRawIssue);
      return undefined;
    };
    if (value.type === 'command') return { ...value, models: read(commandModels) };
    return value.type === 'provider' ? { ...value, offers: read(providerModels) } : value;
  });

/**
 * What a settings file may hold. Every key is optional here and nothing has a default: each source is checked by itself, so
 * that a message can name the place that is wrong, and defaults fill what none of them says.
 */
import { z } from 'zod';
import { HOPELESS_DEADLINES } from '../domain/hopeless-deadline.ts';
import { MiB } from '../domain/units.ts';
import { hosts, origins } from './access.ts';
import { backend, gpuList, hasVirtual, NO_VIRTUAL } from './backend-schema.ts';
import { cache } from './cache.ts';
import { clients } from './clients.ts';
import { LOG_FORMATS, LOG_LEVELS, METRICS_ACCESS, ON_CLIENT_GONE } from './config.ts';
import { anonymous, keys } from './keys.ts';
import { managedSchema } from './managed.ts';
import { secret } from './secrets.ts';
import { storePlace } from './store-place.ts';
import { tasks } from './tasks.ts';
import { duration, memory, notYet, oneOf, shown, size, text, wholeNumber } from './values.ts';

const MINUTE_MS = 60_000;
/** V8 holds no text of more than 512 MiB. */
const LARGEST_BODY = 256 * MiB;

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
  store: storePlace.optional(),
  headroom: memory.optional(),
  backends: z
    .array(backend, {
      error: (issue) => `${shown(issue.input)} is not a list of backends, each with a name and a url.`,
    })
    .min(1, { error: 'an empty list of backends. Leave it out to use the Ollama at OLLAMA_HOST.' })
    .superRefine(unique((entry) => entry.name, 'name'))
    // Two keys of one provider are two backends.
    .superRefine(
      unique(({ type, url, name }) => (type === 'provider' ? name : (url ?? `managed:${name}`)), 'url'),
    )
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
  metrics: oneOf(METRICS_ACCESS).optional(),
  tasks: tasks.optional(),
  cache: cache.optional(),
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
  anonymous: anonymous.optional(),
  hosts: hosts.optional(),
  origins: origins.optional(),
  trustClientHeaders: flag.optional(),
  log: log.optional(),
  audit: text('a file name').optional(),
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

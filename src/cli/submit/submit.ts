/** `vramkeeper submit`: from what was typed to jobs in the queue. */
import type { ApiClient } from '../../client/api-client.ts';
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import { type Clock, seededRandom, sleep, systemClock, systemRandom } from '../../clock.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode, UsageError } from '../exit.ts';
import { allModels, findModel, submitJob } from '../jobs/api-calls.ts';
import { runOne } from '../jobs/run-one.ts';
import { backendTrouble } from '../models/backend-trouble.ts';
import { holdProcess } from '../terminal/hold.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type JobFlags, jobDefaults, textFlags, withDefaults } from './job-defaults.ts';
import { imageText, readStandardInput } from './job-input.ts';
import { embedsOnly, randomJobs } from './random-jobs.ts';
import { runMany } from './submit-many.ts';

const MODELS_WAIT_MS = 5_000;
const MODELS_PAUSE_MS = 250;

export interface SubmitOptions extends ConnectionOptions, JobFlags {
  readonly image?: readonly string[];
  readonly batch?: string;
  readonly random?: number;
  /** Seconds between two submissions. */
  readonly delay?: number;
  readonly wait: boolean;
  readonly json?: boolean;
}

export async function submit(
  model: string | undefined,
  prompt: string | undefined,
  options: SubmitOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  checkUsage(model, prompt, options);
  // What cannot be read is said before a server is looked for.
  const defaults = await jobDefaults(flagsOf(options), clock);
  if (model !== undefined) {
    const single = await readSingle(model, prompt, options);
    return connected(options, terminal, async (api) =>
      submitOne(api, withDefaults(await single(api), defaults), options, terminal),
    );
  }
  const many = {
    pause: options.delay === undefined ? null : () => sleep(clock, (options.delay ?? 0) * 1000),
    wait: options.wait,
    json: options.json ?? false,
  };
  if (options.batch !== undefined) {
    const { submitBatchFile } = await import('./submit-file.ts');
    return submitBatchFile(options.batch, { ...many, defaults, connection: options }, terminal);
  }
  return connected(options, terminal, async (api) => {
    const chosen = await chosenByChance(api, options, terminal, clock);
    const jobs = chosen.map((job) => withDefaults(job, defaults));
    return runMany(api, { ...many, jobs, lines: null, name: null, results: 'table' }, terminal);
  });
}

/** With random jobs the seed is that of their choice. */
function flagsOf({ seed, ...flags }: SubmitOptions): JobFlags {
  return flags.random === undefined && seed !== undefined ? { ...flags, seed } : flags;
}

function checkUsage(model: string | undefined, prompt: string | undefined, options: SubmitOptions): void {
  const kinds = [model !== undefined, options.batch !== undefined, options.random !== undefined];
  if (kinds.filter(Boolean).length !== 1)
    throw new UsageError('Give one of: a MODEL and a PROMPT, --batch FILE, or --random N.');
  if (model !== undefined && options.delay !== undefined)
    throw new UsageError('--delay is the time between jobs; it needs --batch or --random.');
  if (model === undefined && options.image?.length)
    throw new UsageError('--image belongs to a single job; in a batch the lines have their own "images".');
  if (model !== undefined && prompt === undefined && process.stdin.isTTY)
    throw new UsageError(`Give a prompt for ${model}, or - to read it from standard input.`);
}

/** Reads prompt and images now; the kind of the job needs the server's word on the model. */
async function readSingle(
  model: string,
  prompt: string | undefined,
  options: SubmitOptions,
): Promise<(api: ApiClient) => Promise<SubmitJobInput>> {
  const text = prompt === undefined || prompt === '-' ? (await readStandardInput()).trimEnd() : prompt;
  const images = await Promise.all((options.image ?? []).map(imageText));
  return async (api) => {
    const known = await findModel(api, model);
    if (known === null || !embedsOnly(known))
      return { model, request: { generate: { prompt: text, ...(images.length > 0 ? { images } : {}) } } };
    if (images.length > 0)
      throw new CommandError(
        `${model} turns text into embeddings and takes no images. Leave --image out, or choose a model that sees.`,
      );
    const [useless] = textFlags(options);
    if (useless)
      throw new CommandError(
        `${model} turns text into embeddings, for which ${useless} means nothing. Leave it out, or choose a model that writes.`,
      );
    return { model, request: { embed: { input: [text] } } };
  };
}

async function submitOne(
  api: ApiClient,
  input: SubmitJobInput,
  options: SubmitOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const job = await submitJob(api, input);
  if (options.wait) return runOne(api, job, { json: options.json ?? false }, terminal);
  terminal.outLine(options.json ? JSON.stringify({ id: job.id }) : job.id);
  return EXIT.done;
}

async function chosenByChance(
  api: ApiClient,
  options: SubmitOptions,
  terminal: Terminal,
  clock: Clock,
): Promise<readonly SubmitJobInput[]> {
  const models = await knownModels(api, clock);
  const usable = models.filter((model) =>
    model.capabilities.some((name) => name === 'COMPLETION' || name === 'EMBEDDING'),
  );
  if (usable.length === 0) {
    const { isTotal, lines } = await backendTrouble(api);
    const none =
      'The server knows no models. Get one with "vramkeeper pull MODEL", or look at "vramkeeper doctor".';
    throw new CommandError([...(isTotal ? [] : [none]), ...lines].join('\n'));
  }
  const seed = options.seed ?? Math.floor(systemRandom.next() * 1_000_000);
  terminal.note(`${options.random} random jobs over ${usable.length} models (--seed ${seed} repeats them).`);
  return randomJobs(options.random ?? 0, usable, seededRandom(seed));
}

/** A server that has just started asks its backends for their models first. */
async function knownModels(api: ApiClient, clock: Clock): ReturnType<typeof allModels> {
  const limit = clock.monotonic() + MODELS_WAIT_MS;
  const letGo = holdProcess();
  try {
    for (;;) {
      const models = await allModels(api);
      if (models.length > 0 || clock.monotonic() >= limit) return models;
      await sleep(clock, MODELS_PAUSE_MS);
    }
  } finally {
    letGo();
  }
}

/** What single clients may take: by their names, and `default` for all others. */
import { z } from 'zod';
import { type ClientLimits, type ClientTable, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import { clientKeys, oneKindOfRights, oneSource, rightsShape } from './keys.ts';
import { shown, wholeNumber } from './values.ts';

const OTHERS = 'default';
const LEAST_WEIGHT = 0.001;
const MOST_WEIGHT = 1_000;
const MOST_JOBS = 100_000_000;

const weight = z
  .number({ error: (issue) => wrongWeight(issue.input) })
  .min(LEAST_WEIGHT, { error: (issue) => wrongWeight(issue.input) })
  .max(MOST_WEIGHT, { error: (issue) => wrongWeight(issue.input) });

function wrongWeight(input: unknown): string {
  return `${shown(input)} is not a weight. Write a number from ${LEAST_WEIGHT} to ${MOST_WEIGHT}; 1 is usual, and 2 gets twice as much of the slots.`;
}

const MOST_TOKENS = 1_000_000_000;
/** One in sixteen minutes, to more than a server answers. */
const LEAST_RATE = 0.001;
const MOST_RATE = 1_000_000;

const rate = z
  .number({ error: (issue) => wrongRate(issue.input) })
  .min(LEAST_RATE, { error: (issue) => wrongRate(issue.input) })
  .max(MOST_RATE, { error: (issue) => wrongRate(issue.input) });

function wrongRate(input: unknown): string {
  return `${shown(input)} is no number of requests a second. Write a number from ${LEAST_RATE} to ${MOST_RATE}.`;
}

const limits = z.strictObject(
  {
    weight: weight.optional(),
    maxRunning: wholeNumber(1, MOST_JOBS).optional(),
    maxQueued: wholeNumber(1, MOST_JOBS).optional(),
    requestsPerSecond: rate.optional(),
    tokensPerMinute: wholeNumber(1, MOST_TOKENS).optional(),
    gpuSecondsPerDay: wholeNumber(1, MOST_TOKENS).optional(),
    maxContextLength: wholeNumber(1, 16_777_216).optional(),
    maxOutputTokens: wholeNumber(1, MOST_TOKENS).optional(),
    ...rightsShape,
    ...clientKeys,
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? `${shown(issue.input)} is not a group of limits, such as { weight: 2, maxRunning: 4, maxQueued: 1000 }.`
        : undefined,
  },
);

/** The shape of one entry, with what belongs together. */
const entry = limits.superRefine(oneKindOfRights).superRefine((given, context) => {
  if (SOURCES_OF_KEYS.filter((name) => given[name] !== undefined).length > 1) oneSource(given, context);
});

const SOURCES_OF_KEYS = ['key', 'keyEnv', 'keyFile'] as const;

export const clients = z
  .record(z.string(), entry, {
    error: (issue) =>
      `${shown(issue.input)} is not a group of limits by client, such as { default: { maxRunning: 4 }, alice: { weight: 2 } }.`,
  })
  .superRefine((entries, context) => {
    for (const [name, given] of Object.entries(entries)) {
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [name, field], message });
      const hasKeys =
        (given.keys?.length ?? 0) > 0 || SOURCES_OF_KEYS.some((each) => given[each] !== undefined);
      const rights = RIGHTS.find((each) => given[each] !== undefined);
      if (name === OTHERS && hasKeys)
        refuse('key', 'is that of nobody in particular: `default` stands for all that are not named.');
      else if (hasKeys && !/^[\x20-\x7e]{1,64}$/.test(name))
        refuse('key', 'belongs to a name that no client can have: use 1 to 64 characters of ASCII.');
      else if (!hasKeys && rights)
        refuse(rights, 'belongs to a key. Give the client a key here, or write it to its entry of `keys`.');
      else if (!hasKeys && given.expires !== undefined)
        refuse('expires', 'says when a key ends, and there is none.');
    }
  });

/** Limits that are absent where there is none. */
const FURTHER = [
  'requestsPerSecond',
  'tokensPerMinute',
  'gpuSecondsPerDay',
  'maxContextLength',
  'maxOutputTokens',
] as const;

const RIGHTS = ['admin', 'scopes', 'maxPriority'] as const;

/** What a client's own entry leaves out holds for it as for all others. */
export function clientTable(settings: z.output<typeof clients> = {}): ClientTable {
  const filled = (entry: z.output<typeof limits>, base: ClientLimits): ClientLimits => ({
    weight: entry.weight ?? base.weight,
    maxRunning: entry.maxRunning ?? base.maxRunning,
    maxQueued: entry.maxQueued ?? base.maxQueued,
    ...Object.fromEntries(
      FURTHER.flatMap((name) => {
        const limit = entry[name] ?? base[name];
        return limit === undefined ? [] : [[name, limit]];
      }),
    ),
  });
  const { [OTHERS]: all = {}, ...named } = settings;
  const others = filled(all, NO_CLIENT_LIMITS.others);
  return {
    others,
    named: new Map(Object.entries(named).map(([name, entry]) => [name, filled(entry, others)])),
  };
}

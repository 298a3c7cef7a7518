/** What single clients may take: by their names, and `default` for all others. */
import { z } from 'zod';
import { type ClientLimits, type ClientTable, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
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

const limits = z.strictObject(
  {
    weight: weight.optional(),
    maxRunning: wholeNumber(1, MOST_JOBS).optional(),
    maxQueued: wholeNumber(1, MOST_JOBS).optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? `${shown(issue.input)} is not a group of limits, such as { weight: 2, maxRunning: 4, maxQueued: 1000 }.`
        : undefined,
  },
);

export const clients = z.record(z.string(), limits, {
  error: (issue) =>
    `${shown(issue.input)} is not a group of limits by client, such as { default: { maxRunning: 4 }, alice: { weight: 2 } }.`,
});

/** What a client's own entry leaves out holds for it as for all others. */
export function clientTable(settings: z.output<typeof clients> = {}): ClientTable {
  const filled = (entry: z.output<typeof limits>, base: ClientLimits): ClientLimits => ({
    weight: entry.weight ?? base.weight,
    maxRunning: entry.maxRunning ?? base.maxRunning,
    maxQueued: entry.maxQueued ?? base.maxQueued,
  });
  const { [OTHERS]: all = {}, ...named } = settings;
  const others = filled(all, NO_CLIENT_LIMITS.others);
  return {
    others,
    named: new Map(Object.entries(named).map(([name, entry]) => [name, filled(entry, others)])),
  };
}

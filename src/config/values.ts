/** How single settings are written: sizes, durations, addresses. Each says what would be right when it is not. */
import { z } from 'zod';
import { messageOf } from '../domain/errors.ts';
import { MiB, parseBytes } from '../domain/units.ts';
import { parseDuration } from './duration.ts';
import { metricsUrl } from './metrics-url.ts';
import { ollamaUrl } from './ollama-host.ts';

/** A value as it was written, shortened for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A schema of text or number that `read` turns into the value; what `read` throws becomes the issue. */
function parsed<T>(read: (text: string | number) => T) {
  return z
    .union([z.string(), z.number()], { error: (issue) => explainWith(read, issue.input) })
    .transform((input, context): T => {
      try {
        return read(input);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error), input });
        return z.NEVER;
      }
    });
}

/** The same words for a value of a wrong type as for a wrong text. */
function explainWith(read: (text: string) => unknown, input: unknown): string {
  try {
    read(shown(input));
    return `${shown(input)} is not usable here.`;
  } catch (error) {
    return messageOf(error);
  }
}

export const size = parsed(parseBytes);
export const duration = parsed(parseDuration);
/** Of a model, a card or a part of it: a few bytes are a number whose unit was forgotten. */
export const memory = size.refine((bytes) => bytes === 0 || bytes >= MiB, {
  error: (issue) => `${shown(issue.input)} bytes are too few. Write a unit, such as 512MiB or 24GiB.`,
});
export const serverUrl = parsed((text) => ollamaUrl(String(text)));
export const metricsAddress = parsed((text) => metricsUrl(String(text)));

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const wanted =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number, at least ${least}`
      : `a whole number from ${least} to ${most}`;
  const error = (issue: { readonly input?: unknown }) => `${shown(issue.input)} is not ${wanted}.`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

export function oneOf<const T extends readonly string[]>(options: T) {
  return z.enum(options, {
    error: (issue) => `${shown(issue.input)} is none of ${options.join(', ')}.`,
  });
}

export function text(what: string) {
  const error = (issue: { readonly input?: unknown }) => `${shown(issue.input)} is not ${what}.`;
  return z.string({ error }).trim().min(1, { error });
}

/** Stands where a later version will read something: refused by name rather than ignored. */
export function notYet(sentence: string) {
  return z.never({ error: sentence }).optional();
}

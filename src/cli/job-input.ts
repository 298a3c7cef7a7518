/** What to submit: from the command line, or from a file of JSON lines. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SubmitJobInput } from '../client/generated/graphql.ts';
import { messageOf } from '../domain/errors.ts';
import { CommandError, UsageError } from './exit.ts';
import { contentKind, imageKind } from './image-kind.ts';

export const PRIORITIES = ['HIGH', 'NORMAL', 'LOW'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** @throws UsageError */
export function parsePriority(text: string): Priority {
  const found = PRIORITIES.find((priority) => priority === text.toUpperCase());
  if (!found) throw new UsageError(`"${text}" is not a priority. Use high, normal or low.`);
  return found;
}

export interface SingleJob {
  readonly model: string;
  readonly prompt: string;
  readonly embedding: boolean;
  readonly priority?: Priority | undefined;
  readonly images?: readonly string[] | undefined;
  readonly contextLength?: number | undefined;
}

export function singleJob(job: SingleJob): SubmitJobInput {
  const options = job.contextLength === undefined ? {} : { options: { contextLength: job.contextLength } };
  const images = job.images?.length ? { images: [...job.images] } : {};
  return {
    model: job.model,
    ...(job.priority === undefined ? {} : { priority: job.priority }),
    request: job.embedding
      ? { embed: { input: [job.prompt], ...options } }
      : { generate: { prompt: job.prompt, ...images, ...options } },
  };
}

/** The bytes of an image file in base64. @throws CommandError */
export async function imageText(file: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    throw new CommandError(`The image ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  if (imageKind(content) === null)
    throw new CommandError(`${file} is no image: ${contentKind(content)}. ${KINDS}`);
  return content.toString('base64');
}

const KINDS = 'Give a PNG, a JPEG or a WebP.';

export interface BatchFile {
  readonly jobs: readonly SubmitJobInput[];
  /** Of each job: its file and line. */
  readonly places: readonly string[];
}

/**
 * Jobs of a JSONL file. A line is an object of the API's `SubmitJobInput`, or the short form
 * `{model, prompt, priority?, images?, metadata?}`, whose images are base64 as well.
 * @throws CommandError with the file and line of the first one that is neither.
 */
export async function readBatch(file: string): Promise<BatchFile> {
  let content: string;
  try {
    content = file === '-' ? await readStandardInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`The batch ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  const name = file === '-' ? 'standard input' : basename(file);
  const lines = content
    .split(/\r?\n/)
    .map((line, index) => ({
      line: index === 0 ? line.replace(/^\uFEFF/, '') : line,
      place: `${name}:${index + 1}`,
    }))
    .filter(({ line }) => line.trim() !== '');
  if (lines.length === 0) throw new CommandError(`The batch ${file} has no jobs in it.`);
  return {
    jobs: lines.map(({ line, place }) => parseLine(line, place)),
    places: lines.map(({ place }) => place),
  };
}

function parseLine(line: string, place: string): SubmitJobInput {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new CommandError(`${place}: not JSON: ${messageOf(error)}.`, { cause: error });
  }
  if (!isObject(value))
    throw new CommandError(`${place}: expected an object such as {"model": "...", "prompt": "..."}.`);
  if (typeof value.model !== 'string' || value.model.trim() === '')
    throw new CommandError(`${place}: "model" is missing; it names the model as text.`);
  const priority = value.priority === undefined ? {} : { priority: linePriority(value.priority, place) };
  // The server judges everything else, and names the field.
  if ('request' in value) return { ...value, ...priority } as unknown as SubmitJobInput;
  return { ...shortForm(value, value.model, place), ...priority };
}

const SHORT_FORM = ['model', 'prompt', 'priority', 'images', 'metadata'];

function shortForm(value: Readonly<Record<string, unknown>>, model: string, place: string): SubmitJobInput {
  const strange = Object.keys(value).find((name) => !SHORT_FORM.includes(name));
  if (strange)
    throw new CommandError(
      `${place}: "${strange}" is not part of the short form ${SHORT_FORM.join(', ')}. Use "request" for more.`,
    );
  if (typeof value.prompt !== 'string')
    throw new CommandError(`${place}: "prompt" is missing; it holds the text.`);
  const images = value.images === undefined ? {} : { images: lineImages(value.images, place) };
  return {
    model,
    request: { generate: { prompt: value.prompt, ...images } },
    ...(value.metadata === undefined ? {} : { metadata: value.metadata }),
  };
}

function linePriority(value: unknown, place: string): Priority {
  try {
    return parsePriority(String(value));
  } catch (error) {
    throw new CommandError(`${place}: ${messageOf(error)}`, { cause: error });
  }
}

function lineImages(value: unknown, place: string): string[] {
  if (!Array.isArray(value) || value.some((image) => typeof image !== 'string'))
    throw new CommandError(`${place}: "images" is not a list of base64 texts.`);
  for (const [index, image] of value.entries()) {
    const content = Buffer.from(String(image).replace(/^data:[^,]*,/, ''), 'base64');
    if (imageKind(content) === null)
      throw new CommandError(
        `${place}: "images"[${index}] is no image in base64: ${contentKind(content)}. ${KINDS}`,
      );
  }
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Everything that comes in until its end. */
export async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidSettingError } from '../domain/errors.ts';
import { parseBytes } from '../domain/units.ts';
import { isValidName, parseModelName } from '../ollama-api/model-name.ts';
import { CAPABILITIES } from './core/capability.ts';
import type { ModelDescription } from './core/catalog.ts';

const positive = z.int().min(1);

/** What is left out is that of a small llama. */
const FACTS = z.strictObject({
  architecture: z.string().min(1).default('llama'),
  blockCount: positive.default(24),
  contextLength: positive.default(8_192),
  embeddingLength: positive.default(2_048),
  feedForwardLength: positive.default(8_192),
  headCount: positive.default(16),
  headCountKv: positive.default(8),
  vocabSize: positive.default(32_000),
  poolingType: z.int().min(0).optional(),
  ropeFrequencyBase: z.number().positive().optional(),
  tiedOutput: z.boolean().optional(),
});

const SIZE = z.union(
  [
    positive,
    z.string().transform((text, context) => {
      try {
        return parseBytes(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
        return z.NEVER;
      }
    }),
  ],
  { error: 'must be bytes, or a size such as 2.6GB' },
);

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

const MODEL = z.strictObject({
  name: z.string().refine((name) => isValidName(parseModelName(name)), 'is not a model name'),
  weightsBytes: SIZE,
  facts: FACTS.prefault({}),
  capabilities: z.array(z.enum(CAPABILITIES)).optional(),
  quantization: z.string().optional(),
  parameterSize: z.string().optional(),
  weightsDigest: digest.optional(),
  parentModel: z.string().optional(),
  template: z.string().optional(),
  chatTemplate: z.string().optional(),
  system: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  license: z.array(z.string()).optional(),
  messages: z.array(z.strictObject({ role: z.string(), content: z.string() })).optional(),
  adapters: z.array(digest).optional(),
  projectors: z.array(digest).optional(),
});

/** A model that embeds has a pooling type. */
function complete(model: z.output<typeof MODEL>): ModelDescription {
  const { facts, capabilities } = model;
  if (!capabilities?.includes('embedding')) return model;
  return { ...model, facts: { ...facts, poolingType: facts.poolingType ?? 1 } };
}

const CATALOG = z.array(MODEL.transform(complete));

/**
 * A list of models in YAML or JSON; sizes as bytes or like `2.6GB`.
 * @throws InvalidSettingError that names what is wrong and where.
 */
export function parseCatalog(text: string): readonly ModelDescription[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new InvalidSettingError('The catalogue is neither YAML nor JSON.', { cause: error });
  }
  const result = CATALOG.safeParse(value);
  if (!result.success)
    throw new InvalidSettingError(`The catalogue cannot be used: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** @throws InvalidSettingError when the file cannot be read or used. */
export async function readCatalogFile(path: string): Promise<readonly ModelDescription[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidSettingError(`The catalogue ${path} cannot be read.`, { cause: error });
  }
  return parseCatalog(text);
}

/** The same at once. @throws InvalidSettingError when the file cannot be read or used. */
export function readCatalogFileNow(path: string): readonly ModelDescription[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidSettingError(`The catalogue ${path} cannot be read.`, { cause: error });
  }
  return parseCatalog(text);
}

/** The GGUF files that a command names: what they tell of its model, and whether they are there. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../domain/errors.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { ArchitectureFacts, Capability } from '../../domain/model.ts';
import { showFacts } from '../ollama/show-facts.ts';
import { type GgufHead, NotGgufError, readGgufHead } from './gguf-file.ts';

export interface ModelFiles {
  readonly diskBytes: number;
  /** Differs when another file took the place of one of them. */
  readonly stamp: string;
  readonly modifiedAt: number;
  /** Of the weights; null where they do not tell. */
  readonly facts: ArchitectureFacts | null;
  readonly contextLength: number | null;
  readonly capabilities: readonly Capability[] | null;
  readonly parameterSize: string | null;
}

/** Why nothing can be loaded of them, for people. */
export class ModelFileError extends Error {}

const GGUF = /\.gguf$/i;
/** Of a model in several files the first is named: `…-00001-of-00003.gguf`. */
const SPLIT = /^(?<stem>.+)-\d{5}-of-(?<count>\d{5})\.gguf$/i;
const WEIGHTS_FLAG = /^(-m|--model)$/;

/** The paths of a command's files, the weights first; none where it names none. */
export function ggufPaths(words: readonly string[], cwd: string): readonly string[] {
  const named = words.flatMap((word, at) => {
    const [, flag = '', value = ''] = /^(--?[\w-]+)=(.*)$/.exec(word) ?? ['', words[at - 1] ?? '', word];
    return GGUF.test(value) && !value.includes('{')
      ? [{ path: resolve(cwd, value), isWeights: WEIGHTS_FLAG.test(flag) }]
      : [];
  });
  const [weights, ...others] = named.toSorted((a, b) => Number(b.isWeights) - Number(a.isWeights));
  return weights ? [weights.path, ...others.map(({ path }) => path)] : [];
}

/**
 * @param paths at least one, the weights first
 * @param known what was found before: it holds as long as no file has changed, as the head of each is some MiB long
 * @throws ModelFileError
 */
export async function lookAtFiles(paths: readonly string[], known?: ModelFiles): Promise<ModelFiles> {
  const all = (await Promise.all(paths.map(partsOf))).flat();
  const stats = await Promise.all(all.map(statOf));
  const stamp = stats.map(({ path, file }) => `${path}:${file.size}:${Math.round(file.mtimeMs)}`).join('\n');
  if (known?.stamp === stamp) return known;
  const [weights = ''] = all;
  const heads = await Promise.all((await partsOf(paths[0] ?? weights)).map(headOf));
  const facts = factsOf(heads);
  return {
    diskBytes: stats.reduce((sum, { file }) => sum + file.size, 0),
    stamp,
    modifiedAt: greatest(stats.map(({ file }) => Math.round(file.mtimeMs))),
    ...facts,
  };
}

function factsOf(
  heads: readonly GgufHead[],
): Pick<ModelFiles, 'facts' | 'contextLength' | 'capabilities' | 'parameterSize'> {
  const [first] = heads;
  const label = first?.metadata['general.size_label'];
  const { facts, contextLength, capabilities } = showFacts({
    modelfile: '',
    parameters: '',
    model_info: { ...first?.metadata },
    tensors: heads.flatMap(({ tensors }) => tensors.map((each) => ({ ...each, shape: [...each.shape] }))),
  });
  return { facts, contextLength, capabilities, parameterSize: typeof label === 'string' ? label : null };
}

async function headOf(path: string): Promise<GgufHead> {
  try {
    return await readGgufHead(path);
  } catch (error) {
    const why =
      error instanceof NotGgufError
        ? `is no GGUF file: ${error.message}`
        : `cannot be read: ${messageOf(error)}`;
    throw new ModelFileError(`${path} ${why}. Correct the command, or the file.`, { cause: error });
  }
}

async function statOf(path: string) {
  try {
    return { path, file: await stat(path) };
  } catch (error) {
    throw new ModelFileError(
      `There is no file ${path}, which the command names. Correct the path, or fetch the file.`,
      {
        cause: error,
      },
    );
  }
}

async function partsOf(path: string): Promise<readonly string[]> {
  const { stem, count } = SPLIT.exec(basename(path))?.groups ?? {};
  if (stem === undefined || count === undefined) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  const parts = names
    .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(`-of-${count}.gguf`))
    .sort();
  if (parts.length !== Number(count))
    throw new ModelFileError(
      `${path} is one of ${Number(count)} parts, and ${parts.length} of them are there. Fetch the others.`,
    );
  return parts.map((name) => join(dirname(path), name));
}

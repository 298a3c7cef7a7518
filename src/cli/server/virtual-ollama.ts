/** `vramkeeper virtual-ollama`: the stand-in for Ollama as a program of its own. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import { formatBytes, parseBytes } from '../../domain/units.ts';
import {
  type RunningVirtualOllama,
  runVirtualOllama,
  type VirtualOllamaOptions,
} from '../../virtual-ollama/index.ts';
import { CommandError, EXIT, type ExitCode, UsageError } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface VirtualOllamaFlags {
  readonly host: string;
  readonly port: number;
  readonly gpu?: readonly string[];
  readonly speed: number;
  readonly parallel: number;
  readonly catalog?: string;
}

export async function virtualOllama(flags: VirtualOllamaFlags, terminal: Terminal): Promise<ExitCode> {
  const gpus = (flags.gpu ?? ['24GiB']).flatMap(gpuSize);
  const catalog = flags.catalog === undefined ? undefined : await readCatalog(flags.catalog);
  const server = await start({
    host: flags.host,
    port: flags.port,
    gpus,
    speed: flags.speed,
    numParallel: flags.parallel,
    ...(catalog ? { catalog, library: catalog } : {}),
  });
  const cards = gpus.length === 0 ? 'no GPU' : gpus.map((gpu) => formatBytes(gpu.totalBytes)).join(' + ');
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopListening = onInterrupt(() => resolve());
  terminal.outLine(`virtual Ollama is ready: ${server.url}  (${cards}, speed ${flags.speed})`);
  await promise;
  stopListening();
  await server.stop();
  return EXIT.done;
}

/** `none` is a host without a GPU. */
function gpuSize(text: string): readonly { readonly totalBytes: number }[] {
  if (text === 'none') return [];
  try {
    return [{ totalBytes: parseBytes(text) }];
  } catch (error) {
    throw new UsageError(`--gpu: ${messageOf(error)}`, { cause: error });
  }
}

async function start(options: VirtualOllamaOptions): Promise<RunningVirtualOllama> {
  try {
    return await runVirtualOllama(options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new CommandError(
        `${options.host}:${options.port} is taken. Use another --port; 0 takes a free one.`,
        { cause: error },
      );
    throw error;
  }
}

const bytes = z.union([z.string(), z.number()]).transform((value) => parseBytes(value));
const count = z.number().int().positive();

/** An entry says its size and shape; the shape may be left out, and is then that of a small llama. */
const catalogEntry = z.strictObject({
  name: z.string().min(1),
  size: bytes,
  parameterSize: z.string().optional(),
  quantization: z.string().optional(),
  capabilities: z
    .array(z.enum(['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking', 'image', 'audio']))
    .optional(),
  architecture: z.string().default('llama'),
  contextLength: count.default(8192),
  blockCount: count.default(24),
  embeddingLength: count.default(2048),
  feedForwardLength: count.default(8192),
  headCount: count.default(16),
  headCountKv: count.default(8),
  vocabSize: count.default(32_000),
});

/** Models from a YAML or JSON file with a list of entries. @throws CommandError */
async function readCatalog(file: string): Promise<NonNullable<VirtualOllamaOptions['catalog']>> {
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new CommandError(`The catalogue ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const checked = z.array(catalogEntry).min(1).safeParse(content);
  if (!checked.success) {
    const lines = checked.error.issues.map(
      (issue) => `  ${issue.path.join('.') || 'file'}: ${issue.message}`,
    );
    throw new CommandError(
      `The catalogue ${file} is no list of models such as [{ name: "small:1b", size: 1GB }]:\n${lines.join('\n')}`,
    );
  }
  return checked.data.map(({ name, size, parameterSize, quantization, capabilities, ...shape }) => ({
    name,
    weightsBytes: size,
    ...(parameterSize ? { parameterSize } : {}),
    ...(quantization ? { quantization } : {}),
    ...(capabilities ? { capabilities } : {}),
    facts: { ...shape, ...(capabilities?.includes('embedding') ? { poolingType: 1 } : {}) },
  }));
}

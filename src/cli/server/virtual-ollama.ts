/** `vramkeeper virtual-ollama`: the stand-in for Ollama as a program of its own. */
import { messageOf } from '../../domain/errors.ts';
import { formatBytes, parseBytes } from '../../domain/units.ts';
import {
  type RunningVirtualOllama,
  readCatalogFile,
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
  const catalog = flags.catalog === undefined ? undefined : await readCatalogFile(flags.catalog);
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

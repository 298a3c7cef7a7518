/** `vramkeeper virtual-openai`: the stand-in for a server of OpenAI's API as a program of its own. */
import { messageOf } from '../../domain/errors.ts';
import { parseBytes } from '../../domain/units.ts';
import { takeMemory } from '../../virtual-ollama/index.ts';
import {
  type Flavour,
  type RunningVirtualOpenAi,
  runVirtualOpenAi,
  type VirtualModel,
} from '../../virtual-openai/index.ts';
import { CommandError, EXIT, type ExitCode, UsageError } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface VirtualOpenAiFlags {
  readonly host: string;
  readonly port: number;
  readonly flavour: Flavour;
  readonly model?: readonly string[];
  readonly embedding?: readonly string[];
  /** Tokens of all slots together. */
  readonly context: number;
  readonly parallel: number;
  readonly speed: number;
  readonly vram?: string;
  readonly fail?: 'exit' | 'never-ready' | 'other-port' | 'out-of-memory';
}

export async function virtualOpenAi(flags: VirtualOpenAiFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.fail === 'exit') {
    terminal.note('error: the model cannot be read: unexpected end of file');
    return EXIT.failed;
  }
  if (flags.fail === 'out-of-memory' || !tookMemory(flags)) {
    terminal.note('ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory');
    return EXIT.failed;
  }
  const server = await start(flags);
  if (flags.fail === 'never-ready')
    server.faults.add({ kind: 'status', status: 503, times: Number.MAX_SAFE_INTEGER });
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopListening = onInterrupt(() => resolve());
  terminal.outLine(`virtual OpenAI server is ready: ${server.url}  (${flags.flavour})`);
  await promise;
  stopListening();
  await server.stop();
  return EXIT.done;
}

/** What stays on its card of a model that sleeps. */
const ASLEEP = 1 / 16;

/** False where its card has no room for it. */
function tookMemory({ vram }: VirtualOpenAiFlags, share = 1): boolean {
  if (vram === undefined) return true;
  const folder = process.env.VIRTUAL_GPU_DIR;
  if (!folder) throw new UsageError('--vram: VIRTUAL_GPU_DIR names no folder of virtual cards.');
  try {
    return takeMemory(folder, process.env.CUDA_VISIBLE_DEVICES, parseBytes(vram) * share);
  } catch (error) {
    throw new UsageError(`--vram: ${messageOf(error)}`, { cause: error });
  }
}

async function start(flags: VirtualOpenAiFlags): Promise<RunningVirtualOpenAi> {
  const { host, port, flavour, parallel, speed, context } = flags;
  const contextLength = Math.floor(context / parallel);
  const named = (ids: readonly string[] = [], kind: VirtualModel['kind']) =>
    ids.map((id) => ({ id, kind, contextLength }));
  const models = [...named(flags.model, 'chat'), ...named(flags.embedding, 'embed')];
  try {
    return await runVirtualOpenAi({
      host,
      port: flags.fail === 'other-port' ? 0 : port,
      flavour,
      slots: parallel,
      tokensPerSecond: speed,
      onSleep: (asleep) => tookMemory(flags, asleep ? ASLEEP : 1),
      ...(models.length > 0 && { models }),
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new CommandError(
        `${host}:${port} is taken (EADDRINUSE). Use another --port; 0 takes a free one.`,
        {
          cause: error,
        },
      );
    throw error;
  }
}

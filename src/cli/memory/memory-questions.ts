/** `vramkeeper workers` and `budget`: what would fit. */
import { MemoryBudget, WorkerAllocation } from '../../client/memory-documents.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { gpuIdOf } from './gpu-option.ts';

export interface WorkersOptions extends ConnectionOptions {
  readonly gpu?: string;
  readonly max?: number;
  readonly perGib: number;
  readonly json?: boolean;
}

export async function workers(
  minBytesPerWorker: number,
  options: WorkersOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const input = {
      gpuId: await gpuIdOf(api, options.gpu),
      maxWorkers: options.max ?? null,
      maxWorkersPerGib: options.perGib,
      minBytesPerWorker,
    };
    const { workerAllocation } = await api.request(WorkerAllocation, { input });
    terminal.outLine(answerText(workerAllocation, options, terminal));
    return EXIT.done;
  });
}

/** Fails when they do not fit, so that a script can ask. */
export async function budget(
  models: readonly string[],
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const asked = models.length > 0 ? { models: [...models] } : {};
    const { memoryBudget } = await api.request(MemoryBudget, asked);
    terminal.outLine(answerText(memoryBudget, options, terminal));
    return memoryBudget.fits ? EXIT.done : EXIT.failed;
  });
}

function answerText(
  answer: { readonly explanation: string },
  { json }: { readonly json?: boolean },
  { columns }: Terminal,
): string {
  return json ? JSON.stringify(answer) : wrapped(answer.explanation, columns, 2);
}

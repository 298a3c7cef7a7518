import { blobPath, displayNames } from '../core/catalog.ts';
import type { EngineLaunch, EngineProcess } from '../core/engine-process.ts';
import type { FolderEventBody } from '../gpu-folder/folder-events.ts';
import type { GpuMemory } from '../gpu-memory.ts';
import { EngineChild } from './engine-child.ts';
import type { ProgramLog } from './program-log.ts';

/** As the real one is called, so that whoever looks for engines in a process list finds these. */
function argumentsOf(launch: EngineLaunch): readonly string[] {
  const { model, options, parallel } = launch;
  return [
    ...['--model', blobPath(model), '--host', '127.0.0.1'],
    ...['-c', String(options.numCtx * parallel), '-np', String(parallel), '-b', String(options.numBatch)],
    ...(options.numGpu >= 0 ? ['-ngl', String(options.numGpu)] : []),
    ...(options.mainGpu === undefined ? [] : ['--split-mode', 'none', '--main-gpu', String(options.mainGpu)]),
  ];
}

/** The engine processes of one server. */
export class Engines {
  readonly #log: ProgramLog;
  readonly #memory: GpuMemory;
  readonly #record: (event: FolderEventBody) => void;
  readonly #running = new Set<EngineChild>();
  #allEnded: (() => void) | undefined;

  constructor(log: ProgramLog, memory: GpuMemory, record: (event: FolderEventBody) => void) {
    this.#log = log;
    this.#memory = memory;
    this.#record = record;
  }

  start(launch: EngineLaunch): EngineProcess {
    const args = argumentsOf(launch);
    this.#log.info('llama_server.go:433', 'starting llama-server', `cmd=${JSON.stringify(args.join(' '))}`);
    const engine: EngineChild = new EngineChild(args, (code, signal) => {
      this.#record({ kind: 'exit', pid: engine.pid, code, signal });
      this.#running.delete(engine);
      if (this.#running.size === 0) this.#allEnded?.();
    });
    this.#running.add(engine);
    const { numCtx, numBatch, numGpu } = launch.options;
    const gpus = this.#memory.read();
    this.#record({
      kind: 'start',
      pid: engine.pid,
      model: displayNames.short(launch.model.name),
      ...{ numCtx, numBatch, numGpu, parallel: launch.parallel },
      gpus: launch.gpus.flatMap((index) => gpus[index]?.uuid ?? []),
    });
    return engine;
  }

  /** Resolves when none is left. They have to be ended by somebody else. */
  async ended(): Promise<void> {
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#allEnded = resolve;
    await promise;
  }
}

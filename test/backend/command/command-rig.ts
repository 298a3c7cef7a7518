/** Models that commands start, on the virtual machine of managed backends: real processes of the virtual server of OpenAI's API. */
import { resolve } from 'node:path';
import { type CommandBackend, createCommandBackend } from '../../../src/backend/command/command-backend.ts';
import type { CommandBackendOptions } from '../../../src/backend/command/settings.ts';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import { type CommandModels, commandConfig } from '../../../src/config/command.ts';
import type { CommandModelConfig } from '../../../src/config/config.ts';
import type { LoadSpec } from '../../../src/domain/backend.ts';
import { silentLogger } from '../../../src/telemetry/logger.ts';
import { readGpuFolder } from '../../../src/virtual-ollama/gpu-folder/gpu-folder.ts';
import { type Rig, stopAtEnd } from '../managed/support/rig.ts';

const BIN = resolve(import.meta.dirname, '../../../bin/vramkeeper.js');

/** A server whose flags are those of the virtual one. */
export function virtualServer(flags: string): readonly string[] {
  return [process.execPath, BIN, 'virtual-openai', '--port', '{port}', ...flags.split(' ').filter(Boolean)];
}

export function model(flags: string, more: Partial<CommandModels[string]> = {}): CommandModelConfig {
  const { models } = commandConfig({ models: { one: { command: virtualServer(flags), ...more } } });
  if (!models.one) throw new Error('It was just named.');
  return models.one;
}

export async function startCommands(
  rig: Rig,
  models: Readonly<Record<string, CommandModelConfig>>,
  more: Partial<CommandBackendOptions> = {},
): Promise<CommandBackend> {
  const backend = createCommandBackend({
    name: 'rig',
    models,
    parallelLoads: 2,
    keep: false,
    env: rig.env,
    surroundings: process.env,
    memoryOf: async (pids) => usedBy(rig, pids),
    dataDir: rig.dataDir,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...more,
  });
  stopAtEnd(() => backend.stop());
  await backend.start();
  return backend;
}

function usedBy(rig: Rig, pids: ReadonlySet<number>): number | null {
  const own = readGpuFolder(rig.gpus).flatMap(({ processes }) =>
    processes.filter(({ pid }) => pids.has(pid)),
  );
  return own.length === 0 ? null : own.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
}

export async function specOf(
  backend: CommandBackend,
  rig: Rig,
  modelName: string,
  { gpus = [0], contextLength = 2048, parallel = 2 } = {},
): Promise<LoadSpec> {
  const info = (await backend.library.list()).find(({ name }) => name === modelName);
  if (!info) throw new Error(`There is no ${modelName}.`);
  const cards = readGpuFolder(rig.gpus);
  return {
    variant: {
      modelName,
      weights: info.weights,
      contextLength,
      options: { num_ctx: contextLength, num_gpu: 999 },
      embedding: !info.capabilities.includes('completion'),
    },
    config: { parallel, kvCacheType: 'f16', flashAttention: null },
    gpus: gpus.map((index) => ({ key: cards[index]?.uuid ?? '', index })),
  };
}

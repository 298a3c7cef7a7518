import { join } from 'node:path';
import { InvalidSettingError } from '../../domain/errors.ts';
import { parseBytes } from '../../domain/units.ts';
import { settingsFromOllamaEnvironment } from '../environment.ts';
import { GIB, type GpuDescription, MIB, type VirtualOllamaSettings } from '../settings.ts';
import { type Environment, isSwitchedOn } from './devices.ts';

/** The engine's own limit for what it leaves free when it chooses its layers (`LLAMA_ARG_FIT_TARGET`). */
const FIT_TARGET_BYTES = 1_024 * MIB;

export interface ProgramSettings {
  readonly host: string;
  readonly port: number;
  readonly modelFolder: string;
  readonly gpuFolder: string;
  /** Cards for a folder that has none yet. */
  readonly newGpus: readonly GpuDescription[];
  /** A catalogue of what can be pulled; undefined: the ten small models. */
  readonly libraryFile: string | undefined;
  readonly prunes: boolean;
  /** `OLLAMA_ORIGINS` */
  readonly origins: string | undefined;
  readonly settings: Partial<VirtualOllamaSettings>;
}

/** @throws InvalidSettingError naming the variable. */
function number(environment: Environment, name: string): number | undefined {
  const text = environment[name]?.trim();
  if (!text) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new InvalidSettingError(`${name}=${text} must be a number of at least 0.`);
  return value;
}

function scaled(environment: Environment, name: string, unit: number): number | undefined {
  const value = number(environment, name);
  return value === undefined ? undefined : value * unit;
}

function gpusOf(text: string | undefined): readonly GpuDescription[] {
  if (!text) return [{ totalBytes: 8 * GIB }];
  return text === 'none' ? [] : text.split(',').map((size) => ({ totalBytes: parseBytes(size.trim()) }));
}

/** What the environment of a virtual `ollama serve` says. @throws InvalidSettingError */
export function readProgramSettings(environment: Environment, home: string): ProgramSettings {
  const { VIRTUAL_GPU_DIR: gpuFolder } = environment;
  if (!gpuFolder) {
    throw new InvalidSettingError(
      'VIRTUAL_GPU_DIR is not set. Name a folder for the virtual GPUs, which all virtual Ollamas started with it share.',
    );
  }
  // The cards are chosen once they are known; CUDA_VISIBLE_DEVICES is not for here.
  const { host, port, settings } = settingsFromOllamaEnvironment({
    ...environment,
    CUDA_VISIBLE_DEVICES: undefined,
  });
  const speed = number(environment, 'VIRTUAL_SPEED');
  if (speed === 0) throw new InvalidSettingError('VIRTUAL_SPEED=0 must be above 0.');
  const found: { [Name in keyof VirtualOllamaSettings]?: VirtualOllamaSettings[Name] | undefined } = {
    speed,
    version: environment.VIRTUAL_VERSION,
    tokensPerSecond: number(environment, 'VIRTUAL_TPS'),
    promptTokensPerSecond: number(environment, 'VIRTUAL_PPS'),
    batchExponent: number(environment, 'VIRTUAL_ALPHA'),
    loadBytesPerSecond: scaled(environment, 'VIRTUAL_GBPS', GIB),
    loadBaseMs: scaled(environment, 'VIRTUAL_LOAD_BASE', 1_000),
    discoveryMs: scaled(environment, 'VIRTUAL_DISCOVERY', 1_000),
    computeBytes: scaled(environment, 'VIRTUAL_COMPUTE', MIB),
    contextBytes: scaled(environment, 'VIRTUAL_CONTEXT', MIB),
    pullBytesPerSecond: scaled(environment, 'VIRTUAL_PULL_MBPS', MIB),
    answerTokens: number(environment, 'VIRTUAL_ANSWER_TOKENS'),
    kvCacheType: environment.OLLAMA_KV_CACHE_TYPE?.trim().toLowerCase() || undefined,
    flashAttention: isSwitchedOn(environment.OLLAMA_FLASH_ATTENTION, true),
  };
  return {
    host,
    port,
    gpuFolder,
    newGpus: gpusOf(environment.VIRTUAL_GPUS),
    libraryFile: environment.VIRTUAL_LIBRARY || undefined,
    origins: environment.OLLAMA_ORIGINS?.trim() || undefined,
    modelFolder: environment.OLLAMA_MODELS?.trim() || join(home, '.ollama', 'models'),
    prunes: !isSwitchedOn(environment.OLLAMA_NOPRUNE, false),
    settings: {
      fitTargetBytes: FIT_TARGET_BYTES,
      ...settings,
      ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)),
    },
  };
}

import { parseGoDuration, parseKeepAliveSetting } from '../ollama-api/duration.ts';
import { MIB, type VirtualOllamaSettings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentSettings {
  readonly host: string;
  readonly port: number;
  readonly settings: Partial<VirtualOllamaSettings>;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 11_434;

function readPort(text: string, otherwise: number): number {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535 ? port : otherwise;
}

/** `OLLAMA_HOST` as Ollama reads it: scheme and port may be absent; port 0 takes a free one; a bad port is the default. */
export function parseOllamaHost(text: string): { readonly host: string; readonly port: number } {
  const trimmed = text.trim();
  const scheme = /^(\w+):\/\//.exec(trimmed)?.[1];
  const defaultPort = scheme === 'http' ? 80 : scheme === 'https' ? 443 : DEFAULT_PORT;
  const [hostPort = ''] = trimmed.replace(/^\w+:\/\//, '').split('/');
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(hostPort);
  if (bracketed) return { host: bracketed[1] ?? '', port: readPort(bracketed[2] ?? '', defaultPort) };
  const colons = hostPort.split(':').length - 1;
  if (colons !== 1) return { host: hostPort || DEFAULT_HOST, port: defaultPort };
  const [host = '', port = ''] = hostPort.split(':');
  return { host: host || '0.0.0.0', port: readPort(port, defaultPort) };
}

/** A natural number; undefined when unset, or written wrongly, which Ollama ignores too. */
function whole(text: string | undefined): number | undefined {
  const trimmed = text?.trim().replace(/^["']|["']$/g, '') ?? '';
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

function loadTimeout(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const ms = /^-?\d+$/.test(text) ? Number(text) * 1_000 : parseDurationOrUndefined(text);
  if (ms === undefined) return undefined;
  return ms <= 0 ? Number.POSITIVE_INFINITY : ms;
}

function parseDurationOrUndefined(text: string): number | undefined {
  try {
    return parseGoDuration(text);
  } catch {
    return undefined;
  }
}

/** `CUDA_VISIBLE_DEVICES` leaves the named cards, in the order of the list; a name that is no index ends it. */
function visibleGpus(
  gpus: VirtualOllamaSettings['gpus'],
  visible: string | undefined,
): VirtualOllamaSettings['gpus'] | undefined {
  if (visible === undefined) return undefined;
  const chosen: VirtualOllamaSettings['gpus'][number][] = [];
  for (const entry of visible.split(',')) {
    const gpu = /^\d+$/.test(entry.trim())
      ? gpus[Number(entry)]
      : gpus.find(({ uuid }) => uuid === entry.trim());
    if (!gpu) break;
    chosen.push(gpu);
  }
  return chosen;
}

/**
 * The settings that Ollama's own environment variables stand for, so that a virtual Ollama can be started in a
 * real one's place.
 * @param gpus the cards of the machine, of which `CUDA_VISIBLE_DEVICES` leaves some.
 */
export function settingsFromOllamaEnvironment(
  environment: Environment,
  gpus: VirtualOllamaSettings['gpus'] = [],
): EnvironmentSettings {
  const keepAlive = environment.OLLAMA_KEEP_ALIVE;
  const fitTargetMib = whole(environment.LLAMA_ARG_FIT_TARGET);
  const contextLength = whole(environment.OLLAMA_CONTEXT_LENGTH);
  const found: { [Name in keyof VirtualOllamaSettings]?: VirtualOllamaSettings[Name] | undefined } = {
    gpus: visibleGpus(gpus, environment.CUDA_VISIBLE_DEVICES),
    numParallel: whole(environment.OLLAMA_NUM_PARALLEL),
    maxLoadedModels: whole(environment.OLLAMA_MAX_LOADED_MODELS),
    maxQueue: whole(environment.OLLAMA_MAX_QUEUE),
    keepAliveMs: keepAlive ? parseKeepAliveSetting(keepAlive) : undefined,
    // 0 is Ollama's way of saying automatic.
    contextLength: contextLength || undefined,
    loadTimeoutMs: loadTimeout(environment.OLLAMA_LOAD_TIMEOUT),
    fitTargetBytes: fitTargetMib === undefined ? undefined : fitTargetMib * MIB,
  };
  const settings = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { ...parseOllamaHost(environment.OLLAMA_HOST ?? ''), settings };
}

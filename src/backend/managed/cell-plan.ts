/** The environment that fixes what a cell of Ollama's is. */
import { createHash } from 'node:crypto';
import { MiB } from '../../domain/units.ts';
import type { CellPlan } from '../cells/cell-plan.ts';
import { allowListedEnv, BASE_VARIABLES } from '../supervisor/index.ts';
import { deviceVariables } from './devices.ts';
import type { Program } from './program.ts';
import type { ManagedOllamaOptions } from './settings.ts';

/** For downloads, which only the library cell does. */
const NETWORK_VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

type EnvironmentOptions = Pick<ManagedOllamaOptions, 'defaults' | 'env' | 'surroundings'>;

/**
 * What a cell of this plan is started with, but OLLAMA_MODELS and HOME, which differ between cells that are alike.
 * @throws BackendError for a card that no variable can name
 */
export function plannedEnvironment(
  plan: CellPlan,
  options: EnvironmentOptions,
): Readonly<Record<string, string>> {
  return { ...allowListedEnv(BASE_VARIABLES, options.surroundings), ...plannedVariables(plan, options) };
}

/** The part of it that plan and configuration decide. The user's own variables come last. */
function plannedVariables(
  plan: CellPlan,
  { defaults, env }: EnvironmentOptions,
): Readonly<Record<string, string>> {
  const { parallel, flashAttention, kvCacheType } = plan.config;
  return {
    ...fixedVariables(defaults),
    OLLAMA_NUM_PARALLEL: String(parallel),
    ...(flashAttention === null ? {} : { OLLAMA_FLASH_ATTENTION: flashAttention ? '1' : '0' }),
    ...(kvCacheType === 'f16' ? {} : { OLLAMA_KV_CACHE_TYPE: kvCacheType }),
    ...deviceVariables(plan.gpus),
    ...env,
  };
}

/** Of the cell that serves the model library: without a card, and with the way to the network. */
export function libraryEnvironment({
  defaults,
  env,
  surroundings,
}: EnvironmentOptions): Readonly<Record<string, string>> {
  return {
    ...allowListedEnv([...BASE_VARIABLES, ...NETWORK_VARIABLES], surroundings),
    ...fixedVariables(defaults),
    OLLAMA_NUM_PARALLEL: '1',
    ...env,
    ...deviceVariables([]),
  };
}

function fixedVariables(defaults: EnvironmentOptions['defaults']): Readonly<Record<string, string>> {
  return {
    // The system chooses the port, and the log tells it.
    OLLAMA_HOST: '127.0.0.1:0',
    OLLAMA_MAX_LOADED_MODELS: '1',
    OLLAMA_KEEP_ALIVE: '-1',
    // One start without it would empty a folder whose models another server uses.
    OLLAMA_NOPRUNE: '1',
    // Without it each server calls home.
    OLLAMA_NO_CLOUD: '1',
    OLLAMA_CONTEXT_LENGTH: String(defaults.contextLength),
    LLAMA_ARG_FIT_TARGET: String(Math.round(defaults.fitTargetBytes / MiB)),
    LLAMA_ARG_CACHE_RAM: String(Math.round(defaults.promptCacheBytes / MiB)),
  };
}

/**
 * Cells with the same key can take each other's place. What a server's surroundings lend, such as the PATH of the shell that it was
 * started from, makes no difference: the next start may come from another one.
 * @throws BackendError for a card that no variable can name
 */
export function cellKey(plan: CellPlan, options: EnvironmentOptions, program: Program): string {
  const environment = plannedVariables(plan, options);
  const hash = createHash('sha256').update(`${program.path}\0${program.stamp}\0`);
  for (const name of Object.keys(environment).sort()) hash.update(`${name}=${environment[name]}\0`);
  return hash.digest('hex');
}

/** Of the engine: from debug level on it writes what it is asked. */
const ENGINE_VERBOSITY = ['LLAMA_LOG_VERBOSITY', 'LLAMA_ARG_LOG_VERBOSITY'];

/** Whether these variables may make Ollama, or its engine, write the prompts of jobs to the log. */
export function logsPrompts(env: Readonly<Record<string, string>>): boolean {
  const debug = env.OLLAMA_DEBUG?.trim().toLowerCase() ?? '';
  return !['', '0', 'f', 'false'].includes(debug) || ENGINE_VERBOSITY.some((name) => env[name] !== undefined);
}

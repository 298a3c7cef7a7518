/** What is started for a load: the command of a model with its placeholders filled in. */
import { createHash } from 'node:crypto';
import { placeholdersIn } from '../../config/command.ts';
import type { CommandModelConfig } from '../../config/config.ts';
import type { CellPlan } from '../cells/cell-plan.ts';
import { allowListedEnv, BASE_VARIABLES } from '../supervisor/index.ts';
import { visibleDevices } from './devices.ts';
import type { CommandBackendOptions } from './settings.ts';

/** What a program of any kind may need: its folders of caches and settings, and the way to the network. */
const FURTHER_VARIABLES = [
  'HOME',
  'USER',
  'LOGNAME',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** All that a cell is by. `{port}` is left for who chooses it. */
export interface LaunchPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Cells with the same key can take each other's place. */
  readonly key: string;
}

/** Whether its context can be chosen for each load. */
export function takesContext(model: CommandModelConfig): boolean {
  const named = placeholdersIn([...model.command, ...Object.values(model.env)]);
  return named.has('context') || named.has('slotContext');
}

export function takesParallel(model: CommandModelConfig): boolean {
  return placeholdersIn([...model.command, ...Object.values(model.env)]).has('parallel');
}

/**
 * @param weights of its files and its command
 * @throws BackendError for a card that no variable can name
 */
export function launchPlan(
  model: CommandModelConfig,
  { gpus, config }: CellPlan,
  contextLength: number,
  weights: string,
  options: Pick<CommandBackendOptions, 'env' | 'surroundings'>,
): LaunchPlan {
  const values: Readonly<Record<string, string>> = {
    context: String(contextLength * config.parallel),
    slotContext: String(contextLength),
    parallel: String(config.parallel),
    gpus: gpus.map(({ index }) => index).join(','),
    gpuCount: String(gpus.length),
  };
  const fill = (text: string) => text.replace(/\{([a-z][A-Za-z]*)\}/g, (all, name) => values[name] ?? all);
  const [program = '', ...args] = model.command.map(fill);
  const own = {
    ...visibleDevices(gpus),
    // It has the paths of sleep in this mode alone.
    ...(model.sleep && { VLLM_SERVER_DEV_MODE: '1' }),
    ...filled(options.env, fill),
    ...filled(model.env, fill),
  };
  const inherited = allowListedEnv([...BASE_VARIABLES, ...FURTHER_VARIABLES], options.surroundings);
  const cwd = model.cwd ?? '/';
  const key = createHash('sha256').update(JSON.stringify([weights, program, args, sorted(own), cwd]));
  return { program, args, env: { ...inherited, ...own }, cwd, key: key.digest('hex') };
}

function filled(
  env: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
}

function sorted(env: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
}

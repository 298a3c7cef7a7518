/** `VRAMKEEPER_*`: which variable stands for which setting. */
import { type SettingPath, type Source, unknownKey } from './source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type Reading = 'text' | 'number' | 'list' | 'backends';

interface Variable {
  readonly name: string;
  readonly path: SettingPath;
  readonly as: Reading;
}

const VARIABLES: readonly Variable[] = [
  { name: 'VRAMKEEPER_HOST', path: ['host'], as: 'text' },
  { name: 'VRAMKEEPER_PORT', path: ['port'], as: 'number' },
  { name: 'VRAMKEEPER_OLLAMA_PORT', path: ['ollamaPort'], as: 'number' },
  { name: 'VRAMKEEPER_DATA_DIR', path: ['dataDir'], as: 'text' },
  { name: 'VRAMKEEPER_STORE', path: ['store'], as: 'text' },
  { name: 'VRAMKEEPER_HEADROOM', path: ['headroom'], as: 'text' },
  { name: 'VRAMKEEPER_BACKENDS', path: ['backends'], as: 'backends' },
  { name: 'VRAMKEEPER_BACKEND_KEY', path: ['backendKey'], as: 'text' },
  { name: 'VRAMKEEPER_RETENTION', path: ['retention'], as: 'text' },
  { name: 'VRAMKEEPER_CONTEXT_LENGTH', path: ['contextLength'], as: 'number' },
  { name: 'VRAMKEEPER_QUEUE_LIMIT', path: ['queueLimit'], as: 'number' },
  { name: 'VRAMKEEPER_MAX_BODY_BYTES', path: ['maxBodyBytes'], as: 'text' },
  { name: 'VRAMKEEPER_FILE_BYTES', path: ['fileBytes'], as: 'text' },
  { name: 'VRAMKEEPER_FILE_BYTES_PER_CLIENT', path: ['fileBytesPerClient'], as: 'text' },
  { name: 'VRAMKEEPER_IMAGE_BYTES', path: ['imageBytes'], as: 'text' },
  { name: 'VRAMKEEPER_IMAGE_BYTES_PER_CLIENT', path: ['imageBytesPerClient'], as: 'text' },
  { name: 'VRAMKEEPER_ON_CLIENT_GONE', path: ['onClientGone'], as: 'text' },
  { name: 'VRAMKEEPER_HOSTS', path: ['hosts'], as: 'list' },
  { name: 'VRAMKEEPER_ORIGINS', path: ['origins'], as: 'list' },
  { name: 'VRAMKEEPER_METRICS', path: ['metrics'], as: 'text' },
  { name: 'VRAMKEEPER_POLL_INTERVAL', path: ['pollInterval'], as: 'text' },
  { name: 'VRAMKEEPER_LOAD_STALL_TIMEOUT', path: ['loadStallTimeout'], as: 'text' },
  { name: 'VRAMKEEPER_FIRST_PIECE_TIMEOUT', path: ['firstPieceTimeout'], as: 'text' },
  { name: 'VRAMKEEPER_SILENCE_TIMEOUT', path: ['silenceTimeout'], as: 'text' },
  { name: 'VRAMKEEPER_AUDIT', path: ['audit'], as: 'text' },
  { name: 'VRAMKEEPER_LOG_LEVEL', path: ['log', 'level'], as: 'text' },
  { name: 'VRAMKEEPER_LOG_FORMAT', path: ['log', 'format'], as: 'text' },
  { name: 'VRAMKEEPER_LOG_FILE', path: ['log', 'file'], as: 'text' },
];

/** Read elsewhere: the name of the settings file, and what the client commands use. */
const OTHER_VARIABLES = ['VRAMKEEPER_CONFIG', 'VRAMKEEPER_URL', 'VRAMKEEPER_CLIENT', 'VRAMKEEPER_KEY'];

const PREFIX = 'VRAMKEEPER_';

/**
 * Names of `VRAMKEEPER_*` variables that mean nothing, each with a sentence.
 * @param file the settings as written, which may name variables that hold a secret
 */
export function unknownVariables(env: Environment, file?: unknown): readonly string[] {
  const known = [
    ...VARIABLES.map((variable) => variable.name),
    ...OTHER_VARIABLES,
    ...variablesNamedIn(file),
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && env[name] !== undefined && !known.includes(name))
    .sort()
    .map((name) => `${name}: ${unknownKey(name, known)}`);
}

/** `keyEnv: NAME` and `{ env: NAME }`, wherever they stand. */
function variablesNamedIn(settings: unknown): readonly string[] {
  if (typeof settings !== 'object' || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'string' ? (key === 'keyEnv' || key === 'env' ? [value] : []) : variablesNamedIn(value),
  );
}

/** The variables as a source of settings. An empty one counts as not set. */
export function environmentSource(env: Environment): Source {
  const set = VARIABLES.filter((variable) => env[variable.name]?.trim());
  const raw: Record<string, unknown> = {};
  for (const { name, path, as } of set) assign(raw, path, read(as, env[name] ?? ''));
  return { raw, place: (path) => placeOf(path) };
}

/** The variable whose setting `path` is or lies in. */
function placeOf(path: SettingPath): string {
  const variable = VARIABLES.find((candidate) => candidate.path.every((part, index) => part === path[index]));
  return variable?.name ?? PREFIX;
}

function read(as: Reading, value: string): unknown {
  switch (as) {
    case 'text':
      return value.trim();
    case 'number':
      return numberFrom(value);
    case 'list':
      return listFrom(value);
    case 'backends':
      return backendsFrom(listFrom(value));
    default:
      return as satisfies never;
  }
}

/** What is between commas. */
export function listFrom(value: string): readonly string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}

/** A number where the text is one; else the text, so that the message shows what was written. */
export function numberFrom(value: string): number | string {
  return /^\s*\d+\s*$/.test(value) ? Number(value) : value.trim();
}

/** Attached backends by their URLs alone, named ollama, ollama-2, … */
export function backendsFrom(
  urls: readonly string[],
): readonly { readonly name: string; readonly url: string }[] {
  return urls.map((url, index) => ({ name: index === 0 ? 'ollama' : `ollama-${index + 1}`, url }));
}

function assign(target: Record<string, unknown>, path: SettingPath, value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const inner = { ...(target[head] as Record<string, unknown> | undefined) };
  assign(inner, rest, value);
  target[head] = inner;
}

/** Settings from all their sources: defaults < settings file < `VRAMKEEPER_*` environment < flags. */
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { InvalidSettingError } from '../domain/errors.ts';
import { append } from '../domain/long-lists.ts';
import { isLoopback } from '../domain/loopback.ts';
import { GiB, MiB } from '../domain/units.ts';
import { checkAny } from './access.ts';
import { backendHeaders, backendsOf, CONTEXT_LENGTH } from './backends.ts';
import { cacheConfig } from './cache.ts';
import { clientTable } from './clients.ts';
import { withCommandPaths } from './command.ts';
import type { KeyConfig, LoadedConfig, ModelConfig, PatienceConfig, ReservationConfig } from './config.ts';
import {
  backendsFrom,
  type Environment,
  environmentSource,
  listFrom,
  numberFrom,
  unknownVariables,
} from './environment.ts';
import { DEFAULT_FILE, readSettingsFile } from './file.ts';
import { anonymousConfig, type KeySource, keyConfigs } from './keys.ts';
import type { ManagedSettings } from './managed.ts';
import type { Settings } from './schema.ts';
import { withAbsoluteFile } from './secrets.ts';
import { check, type Source } from './source.ts';
import { tasksOf } from './tasks.ts';

const DAY_MS = 86_400_000;

/** Flags of `serve` as the command line gave them. */
export interface Flags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly ollamaPort?: string;
  readonly dataDir?: string;
  readonly backend?: readonly string[];
  /** Ollama's processes are ours; not together with `backend`. */
  readonly managed?: boolean;
  readonly logLevel?: string;
  /** Separated by commas, as are `origins`. */
  readonly hosts?: string;
  readonly origins?: string;
}

export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
}

/**
 * The settings to run with.
 * @throws InvalidSettingError that lists every problem of every source, one a line.
 */
export async function loadConfig(flags: Flags, surroundings?: Partial<Surroundings>): Promise<LoadedConfig> {
  const around: Surroundings = {
    env: surroundings?.env ?? process.env,
    cwd: surroundings?.cwd ?? process.cwd(),
    home: surroundings?.home ?? homedir(),
  };
  const named = flags.config ?? (around.env.VRAMKEEPER_CONFIG?.trim() || undefined);
  const file = await readSettingsFile(named ?? DEFAULT_FILE, {
    cwd: around.cwd,
    required: named !== undefined,
  });
  const sources: readonly { readonly source: Source; readonly base: string }[] = [
    ...(file ? [{ source: file, base: dirname(file.path) }] : []),
    { source: environmentSource(around.env), base: around.cwd },
    { source: flagSource(flags), base: around.cwd },
  ];
  const problems = [...unknownVariables(around.env, file?.raw)];
  const layers: Settings[] = [];
  let backendsPlace: string | null = null;
  for (const { source, base } of sources) {
    const checked = check(source);
    if (!checked.ok) append(problems, checked.problems);
    else {
      layers.push(withAbsolutePaths(checked.settings, base, around.home));
      if (checked.settings.backends) backendsPlace = source.place(['backends']);
    }
  }
  if (problems.length > 0) throw new InvalidSettingError(problems.join('\n'));
  const settings = mergeSettings(layers);
  const { backends, ollama } = backendsOf(
    settings,
    around,
    { wanted: flags.managed ?? false, place: backendsPlace },
    await backendHeaders(settings, around),
  );
  const tasks = tasksOf(
    settings.tasks,
    backends.map(({ name }) => name),
  );
  const keys = await keyConfigs(settings, around.env);
  const withTasks = {
    ...(tasks.length > 0 && { tasks }),
    ...(settings.cache && { cache: cacheConfig(settings.cache) }),
  };
  return {
    ...complete(settings, keys, around),
    ...withTasks,
    backends,
    ollama,
    configFile: file?.path ?? null,
  };
}

function flagSource(flags: Flags): Source {
  const raw = {
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: numberFrom(flags.port) }),
    ...(flags.ollamaPort === undefined ? {} : { ollamaPort: numberFrom(flags.ollamaPort) }),
    ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
    ...(flags.backend?.length ? { backends: backendsFrom(flags.backend) } : {}),
    ...(flags.hosts === undefined ? {} : { hosts: listFrom(flags.hosts) }),
    ...(flags.origins === undefined ? {} : { origins: listFrom(flags.origins) }),
    ...(flags.logLevel === undefined ? {} : { log: { level: flags.logLevel } }),
  };
  const names: Readonly<Record<string, string>> = {
    dataDir: '--data-dir',
    ollamaPort: '--ollama-port',
    backends: '--backend',
    log: '--log-level',
  };
  return { raw, place: ([first]) => names[String(first)] ?? `--${String(first)}` };
}

/** Later layers win, setting by setting; lists are replaced as a whole, models and log settings one by one. */
function mergeSettings(layers: readonly Settings[]): Settings {
  return layers.reduce(mergeTwo, {});
}

function mergeTwo(below: Settings, above: Settings): Settings {
  return {
    ...below,
    ...above,
    ...(below.log || above.log ? { log: { ...below.log, ...above.log } } : {}),
    ...(below.models || above.models ? { models: { ...below.models, ...above.models } } : {}),
  };
}

function withAbsolutePaths(settings: Settings, base: string, home: string): Settings {
  const absolute = (path: string) => resolve(base, path.replace(/^~(?=$|\/)/, home));
  return {
    ...settings,
    ...(settings.backends && { backends: settings.backends.map((each) => withPaths(each, absolute)) }),
    ...(settings.managed && { managed: withManagedPaths(settings.managed, absolute) }),
    ...(settings.keys && { keys: settings.keys.map((key) => withKeyFile(key, absolute)) }),
    ...(settings.clients && { clients: withClientPaths(settings.clients, absolute) }),
    ...(settings.backendKey && { backendKey: withAbsoluteFile(settings.backendKey, absolute) }),
    ...(settings.dataDir === undefined ? {} : { dataDir: absolute(settings.dataDir) }),
    ...(settings.audit !== undefined && { audit: absolute(settings.audit) }),
    ...(settings.log?.file === undefined
      ? {}
      : { log: { ...settings.log, file: absolute(settings.log.file) } }),
  };
}

type ClientSettings = NonNullable<Settings['clients']>;

function withClientPaths(clients: ClientSettings, absolute: (path: string) => string): ClientSettings {
  const entries = Object.entries(clients).map(([name, client]) => {
    const { keys } = client;
    const own = withKeyFile(client, absolute);
    return [name, keys ? { ...own, keys: keys.map((key) => withKeyFile(key, absolute)) } : own];
  });
  return Object.fromEntries(entries);
}

function withKeyFile<K extends KeySource>(key: K, absolute: (path: string) => string): K {
  return key.keyFile === undefined ? key : { ...key, keyFile: absolute(key.keyFile) };
}

type BackendSettings = NonNullable<Settings['backends']>[number];

function withPaths(backend: BackendSettings, absolute: (path: string) => string): BackendSettings {
  const { managed, apiKey, headers, models } = backend;
  return {
    ...backend,
    ...(managed && { managed: withManagedPaths(managed, absolute) }),
    ...(models && { models: withCommandPaths(models, absolute) }),
    ...(apiKey && { apiKey: withAbsoluteFile(apiKey, absolute) }),
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, source]) => [name, withAbsoluteFile(source, absolute)]),
      ),
    }),
  };
}

/** A program's name without a slash stays one: it is looked up on the PATH. */
function withManagedPaths(managed: ManagedSettings, absolute: (path: string) => string): ManagedSettings {
  const { binary, models } = managed;
  return {
    ...managed,
    ...(binary?.includes('/') && { binary: absolute(binary) }),
    ...(models !== undefined && { models: absolute(models) }),
  };
}

/** As Ollama's own. */
const DEFAULT_KEEP_ALIVE_MS = 300_000;

type Rest = Omit<LoadedConfig, 'backends' | 'ollama' | 'configFile' | 'tasks' | 'cache'>;

function complete(settings: Settings, keys: readonly KeyConfig[], around: Surroundings): Rest {
  const keepAliveMs = settings.keepAlive === undefined ? DEFAULT_KEEP_ALIVE_MS : settings.keepAlive;
  const config: Rest = {
    host: settings.host ?? '127.0.0.1',
    port: settings.port ?? 5001,
    ollamaPort: settings.ollamaPort ?? null,
    dataDir: settings.dataDir ?? defaultDataDir(around),
    ...(settings.store && { store: settings.store }),
    headroomBytes: settings.headroom ?? 512 * MiB,
    retentionMs: settings.retention ?? 7 * DAY_MS,
    models: Object.fromEntries(
      Object.entries(settings.models ?? {}).map(([name, model]) => [name, modelConfig(model, keepAliveMs)]),
    ),
    keepAliveMs,
    warmup: settings.warmup ?? [],
    keepWarm: settings.keepWarm ?? [],
    reservations: (settings.reservations ?? []).map(reservationConfig),
    contextLength: settings.contextLength ?? CONTEXT_LENGTH,
    queueLimit: settings.queueLimit ?? 100_000,
    ...(settings.metrics && { metrics: settings.metrics }),
    ...(settings.hopelessDeadlines && { hopelessDeadlines: settings.hopelessDeadlines }),
    ...(settings.clients && { clients: clientTable(settings.clients) }),
    onClientGone: settings.onClientGone ?? 'cancel',
    maxBodyBytes: settings.maxBodyBytes ?? 20 * MiB,
    fileQuota: {
      ofClient: settings.fileBytesPerClient ?? 2 * GiB,
      ofAll: settings.fileBytes ?? 10 * GiB,
    },
    imageQuota: {
      ofClient: settings.imageBytesPerClient ?? 1 * GiB,
      ofAll: settings.imageBytes ?? 5 * GiB,
    },
    keys,
    ...(settings.anonymous && { anonymous: anonymousConfig(settings.anonymous) }),
    hosts: settings.hosts ?? [],
    origins: settings.origins ?? [],
    ollamaOrigins: listFrom(around.env.OLLAMA_ORIGINS ?? ''),
    trustClientHeaders: settings.trustClientHeaders ?? false,
    ...(settings.audit !== undefined && { audit: settings.audit }),
    log: {
      level: settings.log?.level ?? 'info',
      format: settings.log?.format ?? 'text',
      file: settings.log?.file ?? null,
    },
    pollIntervalMs: settings.pollInterval ?? 1000,
    patience: patienceOf(settings),
  };
  if (!isLoopback(config.host) && config.keys.length === 0)
    throw new InvalidSettingError(
      `host: ${config.host} can be reached from other machines, so keys are needed. Add keys: [{ name: someone, key: a-long-secret }] to ${DEFAULT_FILE}, or use 127.0.0.1.`,
    );
  if (config.ollamaPort === config.port && config.port !== 0)
    throw new InvalidSettingError(
      `ollamaPort: ${config.port} is the port of the server itself, which has the same APIs. Leave ollamaPort out, or choose another port.`,
    );
  checkAny(config, DEFAULT_FILE);
  return config;
}

function patienceOf({ loadStallTimeout, firstPieceTimeout, silenceTimeout }: Settings): PatienceConfig {
  return {
    ...(loadStallTimeout !== undefined && { loadStallMs: loadStallTimeout }),
    ...(firstPieceTimeout !== undefined && { firstPieceMs: firstPieceTimeout }),
    ...(silenceTimeout !== undefined && { silenceMs: silenceTimeout }),
  };
}

function defaultDataDir(around: Surroundings): string {
  const dataHome = around.env.XDG_DATA_HOME?.trim();
  // The XDG specification has relative paths ignored.
  return join(
    dataHome && isAbsolute(dataHome) ? dataHome : join(around.home, '.local', 'share'),
    'vramkeeper',
  );
}

function modelConfig(
  model: NonNullable<Settings['models']>[string],
  keepAliveMs: number | null,
): ModelConfig {
  return {
    contextLength: model.contextLength ?? null,
    parallel: model.parallel ?? null,
    keepAliveMs: model.keepAlive === undefined ? keepAliveMs : model.keepAlive,
    ...(model.partialOffload !== undefined && { partialOffload: model.partialOffload }),
  };
}

function reservationConfig(reservation: NonNullable<Settings['reservations']>[number]): ReservationConfig {
  const { owner, bytes, backend, gpu, whileProcess } = reservation;
  return { owner, bytes, backend: backend ?? null, gpu: gpu ?? null, whileProcess: whileProcess ?? null };
}

/** From a configuration of llama-swap to the settings of a backend of commands: what says the same is written, and what does not is told. */
import { commandModels } from '../../config/command.ts';
import { messageOf } from '../../domain/errors.ts';
import { append } from '../../domain/long-lists.ts';
import { type LlamaSwapFile, type LlamaSwapModel, llamaSwapModel } from './llama-swap-file.ts';

export interface Imported {
  /** As `models` of the backend holds them. */
  readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whole models that could not be taken over, and settings that have no place here: a sentence each. */
  readonly leftOut: readonly string[];
}

const READ = ['models', 'macros', 'healthCheckTimeout', 'globalTTL'];
const READ_OF_MODELS = ['cmd', 'proxy', 'aliases', 'env', 'checkEndpoint', 'ttl', 'macros'];

/** What is told of settings that are known and not needed. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  groups: 'what may run together is decided by the memory that each model takes.',
  matrix: 'what may run together is decided by the memory that each model takes.',
  startPort: 'each process gets a free port.',
  logLevel: 'use log.level.',
  hooks: 'use warmup or keepWarm for what is to be loaded at the start.',
  apiKeys: 'use keys.',
  peers: 'name each of them as a backend of type: openai.',
  name: '',
  description: '',
  metadata: '',
  unlisted: '',
  useModelName: 'the server is called by the name that it lists itself.',
  concurrencyLimit: 'use parallel for what it runs at once, and clients for what one client may take.',
  cmdStop: 'a process is ended by SIGTERM, and by SIGKILL after that.',
};

export function fromLlamaSwap(file: LlamaSwapFile): Imported {
  const models: Record<string, Readonly<Record<string, unknown>>> = {};
  const leftOut = unread(file, READ, '');
  const names = new Set(Object.keys(file.models));
  for (const [name, written] of Object.entries(file.models)) {
    try {
      const model = readModel(written);
      const { settings, notes } = imported(name, model, file, names);
      models[name] = settings;
      append(
        leftOut,
        notes.map((note) => `${name}: ${note}`),
      );
      append(leftOut, unread(model, READ_OF_MODELS, `${name}: `));
    } catch (error) {
      leftOut.push(`${name} is not taken over: ${messageOf(error)}`);
    }
  }
  return { models, leftOut };
}

/** @throws Error that says where it has another form */
function readModel(written: unknown): LlamaSwapModel {
  const { data, error } = llamaSwapModel.safeParse(written);
  if (data) return data;
  const [issue] = error.issues;
  throw new Error(`${issue?.path.join('.') || 'it'} is not of llama-swap's form (${issue?.message}).`);
}

function unread(settings: object, read: readonly string[], prefix: string): string[] {
  return Object.keys(settings)
    .filter((key) => !read.includes(key))
    .map((key) => `${prefix}${key} is left out${NOT_NEEDED[key] ? `: ${NOT_NEEDED[key]}` : '.'}`);
}

/** @param names that are taken, to which those of the model are added @throws Error that says why the model cannot be taken over */
function imported(name: string, model: LlamaSwapModel, file: LlamaSwapFile, names: Set<string>) {
  const notes: string[] = [];
  const expand = (text: string) => expanded(text, { ...file.macros, ...model.macros }, name);
  const written = withoutComments(expand(withoutComments(model.cmd)));
  const lines = (model.env ?? []).map(expand);
  const isTold = [written, ...lines].some((text) => text.includes('{port}'));
  const command = withPort(written, model.proxy && expand(model.proxy), isTold);
  if (CONTAINER.test(command))
    throw new Error(
      'it runs in a container, and what listens on its port would be no process of ours. Run its program itself, or run the container by other means and name it as a backend of type: openai.',
    );
  const { env, gpus } = environmentOf(lines, notes);
  const ttl = (model.ttl === -1 ? undefined : model.ttl) ?? file.globalTTL ?? 0;
  const aliases = freeNames(model.aliases ?? [], names, notes);
  const { checkEndpoint } = model;
  if (checkEndpoint === 'none')
    notes.push(
      'checkEndpoint: none is left out: nothing is sent to a server before it says that it is ready.',
    );
  const ready = checkEndpoint && !['none', '/health'].includes(checkEndpoint) ? checkEndpoint : undefined;
  const settings = {
    command: command.trim().replace(/\s*\n\s*/g, ' '),
    ...(aliases.length > 0 && { aliases }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(gpus && { gpus }),
    ...(ready !== undefined && { ready }),
    ...(file.healthCheckTimeout !== undefined && {
      readyWithin: `${Math.max(15, file.healthCheckTimeout)}s`,
    }),
    // There a model without a ttl stays until another one needs its place.
    stopAfter: ttl > 0 ? `${ttl}s` : -1,
  };
  const checked = commandModels.safeParse({ [name]: settings });
  if (!checked.success) throw new Error(checked.error.issues.map(({ message }) => message).join(' '));
  return { settings, notes };
}

/** What is started is a client of somebody else's process, whatever stands before it. */
const CONTAINER =
  /^\s*((\S*\/)?(sudo|env|exec|nice|nohup)\s+|\w+=\S*\s+|-\S+\s+)*(\S*\/)?(docker|podman|nerdctl)\s/;

/** Each name is one model's. */
function freeNames(aliases: readonly string[], names: Set<string>, notes: string[]): readonly string[] {
  return [...new Set(aliases)].filter((alias) => {
    const isFree = !names.has(alias);
    names.add(alias);
    if (!isFree) notes.push(`the alias ${alias} is left out: it is the name of another model.`);
    return isFree;
  });
}

const MACRO = /\$\{([^}]+)\}/;
const MACROS = new RegExp(MACRO, 'g');
const DEEPEST = 20;
/** Of a text with its macros written out: one that refers to another many times grows without end. */
const LONGEST = 65_536;

/** @throws Error for a macro that is not there */
function expanded(text: string, macros: Readonly<Record<string, string>>, name: string): string {
  let all = text;
  for (let depth = 0; depth < DEEPEST && MACRO.test(all); depth += 1) {
    all = all.replace(MACROS, (_whole, macro: string) => {
      if (macro === 'PORT') return '{port}';
      if (macro === 'MODEL_ID') return name;
      if (macro.startsWith('env.'))
        throw new Error(
          `it takes ${macro.slice(4)} from the environment. Write the value itself, or set it under env.`,
        );
      const value = macros[macro];
      if (value === undefined) throw new Error(`there is no macro \${${macro}}.`);
      return value;
    });
    if (all.length > LONGEST) throw new Error('its macros make it longer than a command can be.');
  }
  if (MACRO.test(all)) throw new Error('its macros refer to each other.');
  return all;
}

function withoutComments(command: string): string {
  return command
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .join('\n')
    .replace(/\s*\\\n\s*/g, ' ');
}

/** @param isTold whether it learns the port that is chosen @throws Error for a server that is not reached at one */
function withPort(command: string, proxy: string | undefined, isTold: boolean): string {
  const url = proxy === undefined || proxy.includes('{port}') ? null : parsedUrl(proxy);
  if (proxy?.includes('{port}') && !/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\]):\{port\}\/?$/.test(proxy))
    throw new Error(
      `its proxy ${proxy} is not this machine, or has a path. Name it as a backend of type: openai.`,
    );
  if (url && (!/^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) || url.pathname !== '/'))
    throw new Error(
      `its proxy ${proxy} is not this machine, or has a path. Name it as a backend of type: openai.`,
    );
  if (isTold) return command;
  const port = url && (url.port || (url.protocol === 'https:' ? '443' : '80'));
  if (!port) throw new Error(`its command names no \${PORT}, and no proxy tells its port.`);
  const places = [...command.matchAll(new RegExp(`(--?p(?:ort)?[ =])${port}(?=\\s|$)`, 'g'))];
  if (places.length !== 1)
    throw new Error(
      `where its command says port ${port} cannot be told. Write \${PORT} there, and import it again.`,
    );
  return command.replace(places[0]?.[0] ?? '', `${places[0]?.[1]}{port}`);
}

function parsedUrl(proxy: string): URL {
  if (!URL.canParse(proxy)) throw new Error(`its proxy ${proxy} is no address.`);
  return new URL(proxy);
}

function environmentOf(lines: readonly string[], notes: string[]) {
  const env: Record<string, string> = {};
  let gpus: readonly number[] | undefined;
  for (const line of lines) {
    const [name = '', ...rest] = line.split('=');
    const value = rest.join('=');
    if (/^(CUDA|HIP|ROCR)_VISIBLE_DEVICES$/.test(name)) {
      const indexes = value.split(',').map((each) => each.trim());
      if (indexes.every((index) => /^\d+$/.test(index))) gpus = [...new Set(indexes.map(Number))];
      else notes.push(`${name} is left out: name its cards by their indexes under gpus.`);
    } else env[name] = value;
  }
  return { env, gpus };
}

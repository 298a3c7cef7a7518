/** Whether Ollama is run by vramkeeper or by somebody else, where the settings leave it open. */

import { lookAtProgram, type ProgramLook } from '../backend/managed/look.ts';
import { askOllama, isHere, type OllamaAnswer } from '../backend/ollama/answer.ts';
import type { Clock } from '../clock.ts';
import { type Config, type LoadedConfig, type OllamaAlternatives, ownProcesses } from '../config/config.ts';
import { DEFAULT_OLLAMA_URL } from '../config/ollama-host.ts';
import { InvalidSettingError } from '../domain/errors.ts';
import { refuseOwnAddress } from './own-address.ts';

/** Who runs it: somebody else, or this server. */
export type Way = 'attached' | 'managed';

/** All that the choice depends on. */
export interface Circumstances {
  readonly platform: NodeJS.Platform;
  /** At OLLAMA_HOST, or Ollama's default address. */
  readonly url: string;
  /** Whether that is this machine. */
  readonly urlIsHere: boolean;
  readonly answer: OllamaAnswer;
  readonly program: ProgramLook;
}

export interface Choice {
  readonly way: Way;
  /** Part of a sentence. */
  readonly why: string;
}

/**
 * An Ollama that answers is used as it is, and whatever else listens there holds its place: it may be an Ollama that wants a key, whose
 * models lie on the same cards. Else a program that is here is run; else the address is waited for. Processes can be supervised
 * on Linux alone. An OLLAMA_HOST that names another machine says where jobs are to run, and that machine may only be late.
 */
export function chooseWay({ platform, url, urlIsHere, answer, program }: Circumstances): Choice {
  if (answer.kind === 'answers') return { way: 'attached', why: `an Ollama answers at ${url}` };
  if (answer.kind === 'closed')
    return { way: 'attached', why: `something listens at ${url}, but ${answer.why}` };
  if (answer.kind === 'strange')
    return {
      way: 'attached',
      why: `what answers at ${url} is no Ollama (${answer.said}). Name another address with OLLAMA_HOST or --backend, or have one run with --managed`,
    };
  const silence = `no Ollama answers at ${url}`;
  if (!urlIsHere) return { way: 'attached', why: `OLLAMA_HOST names another machine, and ${silence} yet` };
  if (platform !== 'linux') {
    return { way: 'attached', why: `${silence} yet, and server processes can be managed on Linux alone` };
  }
  if (program.kind === 'unusable')
    return { way: 'attached', why: `${silence} yet, and none can be managed: ${sentence(program.problem)}` };
  return { way: 'managed', why: `${silence}, and ${program.path} is here` };
}

/** Without its full stop, to stand at the end of another one. */
const sentence = (text: string) => text.replace(/\.$/, '');

/** What `chooseWay` is to be asked with. */
export async function lookAround(
  { attached, managed }: OllamaAlternatives,
  clock: Clock,
): Promise<Circumstances> {
  const { url } = attached;
  const [answer, program] = await Promise.all([
    askOllama(attached, clock),
    lookAtProgram(managed.managed, process.env, clock),
  ]);
  return { platform: process.platform, url, urlIsHere: isHere(url), answer, program };
}

export interface Settled {
  readonly config: Config;
  /** For the log: which way, and why. */
  readonly line: string;
}

/**
 * @param look asked only where the settings leave it open.
 * @throws InvalidSettingError for `--managed` where processes cannot be managed, and for a backend that would be this server
 */
export async function settleBackends(
  config: LoadedConfig,
  look: () => Promise<Circumstances>,
  platform: NodeJS.Platform = process.platform,
): Promise<Settled> {
  const { ollama, ...rest } = config;
  const strayOllamaUrl = isHere(ollama.attached.url) ? ollama.attached.url : DEFAULT_OLLAMA_URL;
  if (ollama.namedBy !== null) {
    requirePlatform(ollama.namedBy, platform);
    refuseOwnAddress(config);
    return { config: { ...rest, strayOllamaUrl }, line: namedLine(config) };
  }
  const { way, why } = chooseWay(await look());
  const backends = [ollama[way]];
  refuseOwnAddress({ ...rest, backends });
  return {
    config: { ...rest, backends, strayOllamaUrl },
    line: `${LINES[way]}: ${why}.`,
  };
}

const LINES: Readonly<Record<Way, string>> = {
  attached: 'Ollama is attached, not managed',
  managed: 'Ollama is managed',
};

function requirePlatform(namedBy: string, platform: NodeJS.Platform): void {
  if (namedBy !== '--managed' || platform === 'linux') return;
  throw new InvalidSettingError(
    `--managed: server processes can be managed on Linux alone, not on ${platform}. Start Ollama yourself and leave the flag out, or name it with --backend URL.`,
  );
}

/** `Backends, as vramkeeper.yaml:3: backends says: box (attached), rig (managed).` */
function namedLine({ ollama, backends }: LoadedConfig): string {
  const each = backends.map(
    (backend) => `${backend.name} (${ownProcesses(backend) ? 'managed' : 'attached'})`,
  );
  return `Backends, as ${ollama.namedBy} says: ${each.join(', ')}.`;
}

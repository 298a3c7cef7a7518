/** Notices an Ollama that nobody attached, beside managed ones on the same machine: what it loads takes memory that is not ours to give. */
import type { Clock, Timer } from '../../clock.ts';
import { type Config, ownProcesses } from '../../config/config.ts';
import type { StrayServer } from '../../domain/system.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { askOllama, type OllamaAnswer } from './answer.ts';

const LOOK_EVERY_MS = 15_000;

export interface StrayOllamaOptions {
  /** Null: nobody looks. */
  readonly url: string | null;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly changed: () => void;
}

/** Where to look: null where no backend is managed, where that server is a backend itself, and where it would be this server. */
export function strayUrl({ backends, strayOllamaUrl, port, ollamaPort }: Config): string | null {
  if (!strayOllamaUrl || !backends.some((backend) => ownProcesses(backend))) return null;
  const isKnown = backends.some(({ url }) => url === strayOllamaUrl);
  const isOurs = [port, ollamaPort].some((own) => new URL(strayOllamaUrl).port === String(own));
  return isKnown || isOurs ? null : strayOllamaUrl;
}

/** An Ollama at `url` of which we know nothing but its version; null where none is. */
export function strayAt(url: string, answer: OllamaAnswer): StrayServer | null {
  switch (answer.kind) {
    case 'answers':
      return strayServer(url, answer.version);
    case 'closed': {
      const problem =
        `Something listens at ${url}, where an Ollama usually is, beside the managed one, but ${answer.why}. ` +
        `If it is an Ollama, the models that it loads take memory that is not vramkeeper's to give: end it, or use it with --backend ${url}.`;
      return { url, version: null, problem };
    }
    case 'strange':
    case 'silent':
      return null;
    default:
      return answer satisfies never;
  }
}

function strayServer(url: string, version: string): StrayServer {
  const problem =
    `Another Ollama (${version}) answers at ${url}, beside the managed one: the models that it loads take memory that is not vramkeeper's to give. ` +
    `End it (a service: systemctl disable --now ollama), or use it instead of the managed one with --backend ${url}.`;
  return { url, version, problem };
}

export class StrayOllama {
  readonly #options: StrayOllamaOptions;
  readonly #stopped = new AbortController();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #found: StrayServer | null = null;

  constructor(options: StrayOllamaOptions) {
    this.#options = options;
  }

  /** As of the last look. */
  get found(): StrayServer | null {
    return this.#found;
  }

  start(): void {
    if (this.#options.url !== null && !this.#looking && !this.#timer) this.#run(this.#options.url);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#timer?.cancel();
    await this.#looking;
  }

  #run(url: string): void {
    this.#looking = this.#look(url).finally(() => {
      this.#looking = undefined;
      if (this.#stopped.signal.aborted) return;
      this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => this.#run(url));
    });
  }

  /** Says what is new, once. */
  async #look(url: string): Promise<void> {
    const { clock, logger, changed } = this.#options;
    const answer = await askOllama({ url }, clock, this.#stopped.signal);
    if (this.#stopped.signal.aborted) return;
    const before = this.#found;
    this.#found = strayAt(url, answer);
    if (before?.problem === this.#found?.problem) return;
    if (this.#found) logger.warn(this.#found.problem);
    else logger.info(`The other Ollama at ${url} is gone.`);
    changed();
  }
}

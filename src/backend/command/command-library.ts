/** The models that the configuration names, with what their files tell of them. */
import { createHash } from 'node:crypto';
import type { CommandModelConfig } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Capability, ModelInfo } from '../../domain/model.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { ListedLibrary } from '../openai/listed-library.ts';
import { openAiNames } from '../openai/model-names.ts';
import { takesContext, takesParallel } from './launch-plan.ts';
import { ggufPaths, lookAtFiles, ModelFileError, type ModelFiles } from './model-files.ts';
import { USUAL_SLOTS } from './settings.ts';

/** A model and how it is started. */
export interface CommandModel {
  readonly config: CommandModelConfig;
  /** By its first name. */
  readonly info: ModelInfo;
}

export interface CommandLibraryOptions {
  /** The backend's name, for people. */
  readonly name: string;
  readonly models: Readonly<Record<string, CommandModelConfig>>;
  readonly logger: Logger;
  /** After each list of all models. */
  readonly listed: (models: readonly ModelInfo[]) => void;
}

export class CommandLibrary extends ListedLibrary {
  protected readonly owner: string;
  protected readonly chosen = 'in the settings';
  readonly #options: CommandLibraryOptions;
  /** Context of one slot, as a server told it whose command names none; by weights. */
  readonly #told = new Map<string, number>();
  /** What their files told, by model: read again when one of them has changed. */
  readonly #files = new Map<string, ModelFiles>();
  /** What is wrong with files, by model: said once each. */
  readonly #said = new Map<string, string>();

  constructor(options: CommandLibraryOptions) {
    super();
    this.#options = options;
    this.owner = options.name;
  }

  async list(): Promise<readonly ModelInfo[]> {
    const all = await Promise.all(
      Object.entries(this.#options.models).map(async ([name, config]) => {
        const model = await this.#ifThere(name, config);
        return model ? namesOf(name, config).map((each) => ({ ...model.info, name: each })) : [];
      }),
    );
    const models = all.flat();
    this.#options.listed(models);
    return models;
  }

  /** By any of its names; undefined where the settings name none. */
  configOf(modelName: string): CommandModelConfig | undefined {
    const canonical = openAiNames.canonical(modelName);
    return Object.entries(this.#options.models).find(([name, config]) =>
      namesOf(name, config).includes(canonical),
    )?.[1];
  }

  /** By any of its names, as it is now. Null where the settings name none. @throws ModelFileError */
  async model(modelName: string): Promise<CommandModel | null> {
    for (const [name, config] of Object.entries(this.#options.models))
      if (namesOf(name, config).includes(openAiNames.canonical(modelName))) return this.#model(name, config);
    return null;
  }

  /** What a server said of a context that its command does not name. */
  tell(weights: string, contextLength: number): boolean {
    if (this.#told.get(weights) === contextLength) return false;
    this.#told.set(weights, contextLength);
    return true;
  }

  /** A model whose file is missing cannot be loaded, and is not there. */
  async #ifThere(name: string, config: CommandModelConfig): Promise<CommandModel | null> {
    try {
      const model = await this.#model(name, config);
      this.#said.delete(name);
      return model;
    } catch (error) {
      if (!(error instanceof ModelFileError)) throw error;
      const why = messageOf(error);
      if (this.#said.get(name) !== why) this.#options.logger.warn(`${name} cannot be loaded: ${why}`);
      this.#said.set(name, why);
      return null;
    }
  }

  async #model(name: string, config: CommandModelConfig): Promise<CommandModel> {
    const paths = ggufPaths(config.command, config.cwd ?? '/');
    const files = paths.length > 0 ? await lookAtFiles(paths, this.#files.get(name)) : null;
    if (files) this.#files.set(name, files);
    const { command, env, cwd } = config;
    const weights = digestOf([name, command, env, cwd, files?.stamp ?? null]);
    const { contextLength, ...launch } = launchOf(config, this.#told.get(weights) ?? null);
    return {
      config,
      info: {
        name: openAiNames.canonical(name),
        digest: digestOf([weights, contextLength]),
        weights,
        diskBytes: files?.diskBytes ?? 0,
        ...(files && { modifiedAt: files.modifiedAt }),
        family: files?.facts?.architecture ?? null,
        parameterSize: files?.parameterSize ?? null,
        quantization: null,
        contextLength: launch.contextIsFixed ? contextLength : (files?.contextLength ?? null),
        defaultContextLength: contextLength,
        capabilities: capabilitiesOf(config, files),
        facts: files?.facts ?? null,
        launch,
        ...(config.vramBytes !== null && { vramBytes: config.vramBytes }),
      },
    };
  }
}

function namesOf(name: string, { aliases }: CommandModelConfig): readonly string[] {
  return [name, ...aliases].map((each) => openAiNames.canonical(each));
}

/** @param told what its server said of its context */
function launchOf(config: CommandModelConfig, told: number | null) {
  const { parallel, stopAfterMs, gpus } = config;
  const contextIsFixed = !takesContext(config);
  return {
    contextIsFixed,
    contextLength: (contextIsFixed ? told : null) ?? config.contextLength,
    slots: { most: parallel ?? USUAL_SLOTS, mayReduce: parallel === null && takesParallel(config) },
    ...(stopAfterMs !== undefined && { keepAliveMs: stopAfterMs }),
    ...(gpus && { gpus }),
  };
}

const OF_KINDS = {
  generate: ['completion'],
  chat: ['completion', 'tools', 'thinking'],
  embed: ['embedding'],
} as const satisfies Record<string, readonly Capability[]>;

/** Flags of llama.cpp, vLLM and SGLang for a server of vectors. */
const EMBEDS = /^--?(embeddings?|is-embedding|pooling)$|^embed(ding)?$/;
const SEES = /^--mmproj(-url)?(=|$)/;

function capabilitiesOf(
  { kinds, command }: CommandModelConfig,
  files: ModelFiles | null,
): readonly Capability[] {
  const sees = command.some((word) => SEES.test(word)) ? (['vision'] as const) : [];
  if (kinds) return [...new Set([...kinds.flatMap((kind) => OF_KINDS[kind]), ...sees])];
  const embeds = command.some((word) => EMBEDS.test(word)) || files?.capabilities?.includes('embedding');
  return embeds ? OF_KINDS.embed : [...OF_KINDS.chat, ...sees];
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

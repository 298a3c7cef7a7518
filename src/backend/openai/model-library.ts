/** The models of a server of OpenAI's API: listed, and nothing else. What a library of Ollama's can do besides is refused in words. */
import type { ModelLibrary } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type ModelInfo, onlyEmbeds } from '../../domain/model.ts';
import { namedModel } from '../../domain/model-names.ts';
import type { OpenAiConnection } from './connection.ts';
import { modelInfo } from './listed-models.ts';
import { openAiNames } from './model-names.ts';
import { type ServerFacts, serverFacts } from './server-facts.ts';
import { type ListedModel, modelsAnswer } from './wire.ts';

export interface Seen {
  readonly server: ServerFacts;
  readonly models: readonly ModelInfo[];
  /** Those of them that are in memory, by name. */
  readonly loaded: ReadonlySet<string>;
}

export class OpenAiModelLibrary implements ModelLibrary {
  readonly #connection: OpenAiConnection;
  #server: ServerFacts | null = null;
  /** Of the list that the server was asked about itself for: with another one it may be another server. */
  #listed = '';

  constructor(connection: OpenAiConnection) {
    this.#connection = connection;
  }

  /** The server is asked of itself anew: it may have been started again with the same models. */
  async list(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    this.#server = null;
    return (await this.look(signal)).models;
  }

  /** What is there now. @throws BackendError, or the signal's reason */
  async look(signal: AbortSignal): Promise<Seen> {
    const data = await this.#entries(signal);
    const listed = data.map(({ id }) => id).join('\n');
    if (this.#server === null || listed !== this.#listed) {
      this.#server = await serverFacts(this.#connection, signal);
      this.#listed = listed;
    }
    const server = this.#server;
    const distinct = [...new Map(data.map((one): [string, ListedModel] => [one.id, one])).values()];
    const models = distinct.map((one) => modelInfo(one, server, distinct.length === 1));
    const loaded = new Set(distinct.filter(isLoaded).map(({ id }) => openAiNames.canonical(id)));
    return { server, models, loaded };
  }

  /** A server that did not answer may be another one when it does. */
  async #entries(signal: AbortSignal): Promise<readonly ListedModel[]> {
    try {
      return (await this.#connection.get('/v1/models', modelsAnswer, signal)).data;
    } catch (error) {
      this.#server = null;
      throw error;
    }
  }

  /** In Ollama's form, as every library tells them. */
  async tags(signal: AbortSignal): Promise<readonly JsonObject[]> {
    return (await this.list(signal)).map(tag);
  }

  async show(request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const name = typeof request.model === 'string' ? request.model : '';
    const model = namedModel(await this.list(signal), name, openAiNames);
    if (!model) {
      const body = JSON.stringify({ error: `model '${name}' not found` });
      throw new BackendError('MODEL_NOT_FOUND', 'none', `${this.#connection.url} has no model "${name}".`, {
        answer: { status: 404, body },
      });
    }
    const { details, modified_at } = tag(model);
    return {
      modelfile: '',
      parameters: '',
      template: '',
      details,
      modified_at,
      model_info: model.contextLength === null ? {} : { 'general.context_length': model.contextLength },
      capabilities: [...model.capabilities],
    };
  }

  pull(): Promise<void> {
    return this.#cannot('fetch models');
  }

  push(): Promise<void> {
    return this.#cannot('push models');
  }

  create(): Promise<void> {
    return this.#cannot('make models');
  }

  hasBlob(): Promise<boolean> {
    return this.#cannot('keep files');
  }

  putBlob(): Promise<boolean> {
    return this.#cannot('keep files');
  }

  copy(): Promise<void> {
    return this.#cannot('give models second names');
  }

  delete(): Promise<void> {
    return this.#cannot('delete models');
  }

  async #cannot(what: string): Promise<never> {
    const message = `${this.#connection.url} cannot ${what}: its models are chosen where it is started.`;
    throw new BackendError('REQUEST_REJECTED', 'none', message);
  }
}

/** Most servers list what they have in memory; some list what they could load, and say which is there. */
function isLoaded({ status }: ListedModel): boolean {
  return (status?.value ?? 'loaded') === 'loaded';
}

function tag(model: ModelInfo): JsonObject {
  return {
    name: model.name,
    model: model.name,
    modified_at: new Date(model.modifiedAt ?? 0).toISOString(),
    size: model.diskBytes,
    digest: model.digest,
    details: {
      parent_model: '',
      format: '',
      family: onlyEmbeds(model) ? 'embedding' : '',
      families: null,
      parameter_size: model.parameterSize ?? '',
      quantization_level: model.quantization ?? '',
    },
  };
}

/** Models that are chosen where their server is started: listed, and nothing else. What a library of Ollama's can do besides is refused in words. */
import type { ModelLibrary } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type ModelInfo, onlyEmbeds } from '../../domain/model.ts';
import { namedModel } from '../../domain/model-names.ts';
import { openAiNames } from './model-names.ts';

export abstract class ListedLibrary implements ModelLibrary {
  /** Whose they are, for people. */
  protected abstract readonly owner: string;
  /** Where they are chosen, as the end of a sentence. */
  protected abstract readonly chosen: string;

  abstract list(signal: AbortSignal): Promise<readonly ModelInfo[]>;

  /** In Ollama's form, as every library tells them. */
  async tags(signal: AbortSignal): Promise<readonly JsonObject[]> {
    return (await this.list(signal)).map(tag);
  }

  async show(request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const name = typeof request.model === 'string' ? request.model : '';
    const model = namedModel(await this.list(signal), name, openAiNames);
    if (!model) {
      const body = JSON.stringify({ error: `model '${name}' not found` });
      throw new BackendError('MODEL_NOT_FOUND', 'none', `${this.owner} has no model "${name}".`, {
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
    const message = `${this.owner} cannot ${what}: its models are chosen ${this.chosen}.`;
    throw new BackendError('REQUEST_REJECTED', 'none', message);
  }
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

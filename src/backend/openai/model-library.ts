/** The models of a server of OpenAI's API. */
import type { ModelInfo } from '../../domain/model.ts';
import type { OpenAiConnection } from './connection.ts';
import { ListedLibrary } from './listed-library.ts';
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

export class OpenAiModelLibrary extends ListedLibrary {
  protected readonly owner: string;
  protected readonly chosen = 'where it is started';
  readonly #connection: OpenAiConnection;
  #server: ServerFacts | null = null;
  /** Of the list that the server was asked about itself for: with another one it may be another server. */
  #listed = '';

  constructor(connection: OpenAiConnection) {
    super();
    this.owner = connection.url;
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
}

/** Most servers list what they have in memory; some list what they could load, and say which is there. */
function isLoaded({ status }: ListedModel): boolean {
  return (status?.value ?? 'loaded') === 'loaded';
}

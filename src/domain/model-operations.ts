/** Fetching, copying and deleting models: work on a backend's library, with progress. */
import type { BackendId, Id } from './ids.ts';
import type { JsonObject } from './json.ts';

export type ModelPullId = Id<'pul'>;
export type ModelPullStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** A download in progress or done. Kept in memory; a finished one is forgotten after a while. */
export interface ModelPull {
  readonly id: ModelPullId;
  readonly backendId: BackendId;
  /** As asked for. */
  readonly modelName: string;
  readonly status: ModelPullStatus;
  /** The backend's own word for the present step. */
  readonly step: string;
  readonly completedBytes: number;
  /** Null until it is known. */
  readonly totalBytes: number | null;
  /** Why it failed, and what to do. */
  readonly error: string | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
}

/** One report of a download from the backend. */
export interface PullProgress {
  readonly step: string;
  /** Of the layer that the step is about; null when the step is about none. */
  readonly layer: {
    readonly digest: string;
    readonly completedBytes: number;
    readonly totalBytes: number;
  } | null;
}

/** Takes what a server says while it works on a model, one object at a time, as it came. */
export type RecordSink = (record: JsonObject) => void;

/** The status of the last such object, and the only word that means that all is done: a stream may end without it. */
export const SUCCESS = 'success';

/** On every backend that has the model. */
export const EVERYWHERE = Symbol('everywhere');
/** One backend by its id, all that have the model, or for null what the operation says. */
export type LibraryPlace = BackendId | null | typeof EVERYWHERE;

/**
 * Work on the libraries of all backends as one. What a backend refuses is thrown as an error with advice, whose cause holds the backend's own
 * words (`backendAnswerOf`). Whoever hears that something is done finds it done: everyone who has to knows what the backends have by then.
 */
export interface ModelOperations {
  /**
   * Starts a download, or answers the one under way for the same model and backend. Resolves at once; follow it by its id.
   * @param backendId null: the only backend, else the first that answers
   * @throws InvalidInputError, BackendUnavailableError
   */
  pull(modelName: string, backendId: BackendId | null): Promise<ModelPull>;
  findPull(id: ModelPullId): ModelPull | null;
  /** Ends a download, and answers it as it is when it is over; what arrived is kept for the next one. Null when there is none. One that has ended stays as it is. */
  cancelPull(id: ModelPullId): Promise<ModelPull | null>;
  /** Running ones and those that ended lately, newest first. */
  pulls(): readonly ModelPull[];
  /**
   * The same, told record by record, on every backend that has the model, else on the first that answers; resolves when it is there. A download that nobody
   * follows any more ends, unless `pull` asked for it: what arrived is kept.
   * @throws InvalidInputError, BackendUnavailableError, and what the download fails with
   */
  followPull(modelName: string, insecure: boolean, onRecord: RecordSink, signal: AbortSignal): Promise<void>;
  /**
   * @param place null: the first backend that has the source
   * @param overwrite another model of the destination's name gives way; without, it is an error
   * @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError
   */
  copy(source: string, destination: string, place: LibraryPlace, overwrite?: boolean): Promise<void>;
  /**
   * Unloads its instances first, unless another name shares the weights, and ends its download if there is one.
   * @param place null: the only backend that has it
   * @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError when several backends have it and `place` is null
   */
  delete(modelName: string, place: LibraryPlace): Promise<void>;
  /** Every model once, newest first, as the first backend that has it lists it; of a backend that does not answer what it told last. @throws BackendUnavailableError when none has ever told */
  tags(): Promise<readonly JsonObject[]>;
  /**
   * As the first backend tells that has it.
   * @param request `{ model, verbose?, system?, options? }`
   * @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError
   */
  show(request: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /**
   * On the backend that has its files, or the model that it is made from, else on the first that answers. Other weights of that name give way first.
   * @param request as `/api/create` takes it
   * @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError
   */
  create(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void>;
  /** From the first backend that has it. @param request `{ model, insecure?, stream? }` @throws as `create` */
  push(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void>;
  /** On the first backend that answers, where `create` looks for files. @throws BackendUnavailableError, InvalidInputError */
  hasBlob(digest: string, signal: AbortSignal): Promise<boolean>;
  /** Resolves with whether it was new there. @throws BackendUnavailableError, InvalidInputError */
  putBlob(digest: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean>;
}

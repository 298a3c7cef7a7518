/** Fetching, copying and deleting models: work on a backend's library, with progress. */
import type { BackendId, Id } from './ids.ts';

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

export interface ModelOperations {
  /**
   * Starts a download, or answers the one under way for the same model and backend. Resolves at once; follow it by its id.
   * @param backendId null: the only backend, else the first that answers
   * @throws InvalidInputError, BackendUnavailableError
   */
  pull(modelName: string, backendId: BackendId | null): Promise<ModelPull>;
  findPull(id: ModelPullId): ModelPull | null;
  /** Running ones and those that ended lately, newest first. */
  pulls(): readonly ModelPull[];
  /**
   * @param backendId null: the first backend that has the source
   * @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError also when the destination is another model
   */
  copy(source: string, destination: string, backendId: BackendId | null): Promise<void>;
  /**
   * Unloads its instances first, unless another name shares the weights, and ends its download if there is one.
   * @param backendId null: the only backend that has it
   * @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError when several backends have it and none is named
   */
  delete(modelName: string, backendId: BackendId | null): Promise<void>;
}

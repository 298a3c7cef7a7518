/** A row of the table of Ollama's failures. */
import type { FailureCode, Remedy } from '../../domain/errors.ts';

export type Endpoint =
  | '/api/blobs'
  | '/api/chat'
  | '/api/copy'
  | '/api/create'
  | '/api/delete'
  | '/api/embed'
  | '/api/embeddings'
  | '/api/generate'
  | '/api/ps'
  | '/api/pull'
  | '/api/push'
  | '/api/show'
  | '/api/tags'
  | '/api/version';

/** A failure as it came over the wire. */
export interface Answer {
  readonly endpoint: Endpoint;
  /** Null for an error line inside a stream whose status was 200 already. */
  readonly status: number | null;
  /** Its `error` text, or the whole body where there is none. */
  readonly text: string;
  /** The engine itself said that the request is wrong, whatever status Ollama made of that. */
  readonly refusedByEngine?: boolean;
}

export interface ErrorRow {
  /** What the row is about, for tests and for people who read the table. */
  readonly name: string;
  /** Absent: any. An error line in a stream has no status and matches rows without one, and those that list null. */
  readonly status?: readonly (number | null)[];
  readonly endpoint?: Endpoint | readonly Endpoint[];
  readonly text?: RegExp;
  /** Absent: either way. */
  readonly refusedByEngine?: true;
  /** The engine is dead after it. */
  readonly engineDied?: true;
  /** The prompt is longer than the context. */
  readonly promptTooLong?: true;
  /** It lies in the request or in what the model said, and says nothing against the instance. */
  readonly aboutRequest?: true;
  readonly code: FailureCode;
  readonly remedy: Remedy;
  /** What a person should do. */
  readonly advice: string;
}

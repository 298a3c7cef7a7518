/** What differs between the APIs that providers speak. */
import type { OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Manner, OpenAiConnection } from '../openai/connection.ts';

export interface RunParts {
  readonly connection: OpenAiConnection;
  /** Tokens of a prompt with its answer. */
  readonly contextLength: number;
  /** Of an answer whose request names no limit; null for the usual. */
  readonly maxTokens: number | null;
  readonly sink: OutputSink;
  readonly signal: AbortSignal;
}

export interface ProviderApi {
  /** For people. */
  readonly version: string;
  readonly manner: Manner;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it has embeddings at all. */
  readonly embeds: boolean;
  /** Tokens of a prompt with its answer, where nobody says. */
  readonly usualContext: number;
  /** Where its models are listed, `/v1` standing for the path of its URL. */
  readonly listPath: string;
  /** @param run its model is named as the provider names it @throws BackendError, or the signal's reason */
  run(run: RunRequest, parts: RunParts): Promise<JobResult>;
}

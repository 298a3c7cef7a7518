/** What has to be said of a type of backend, so that a server can be built of its settings, and people told of it. */
import type { ServerCheck } from '../../backend/ollama/answer.ts';
import type { Deadlines } from '../../backend/ollama/deadlines.ts';
import type { KnownFacts } from '../../backend/ollama/known-facts.ts';
import type { Clock } from '../../clock.ts';
import type { BackendConfig, Config } from '../../config/config.ts';
import type { Backend } from '../../domain/backend.ts';
import type { ModelNameRule } from '../../domain/model-names.ts';
import type { BackendRules } from '../../registry/registry.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** The servers of a type of backend that others run, for people who have to see to one. */
export interface BackendServer<Own extends BackendConfig = BackendConfig> {
  readonly product: string;
  /** What to do where none answers. */
  readonly start: string;
  /** The oldest version that is known to work; older ones differ in ways that matter (see docs/operations.md). Null where all do. */
  readonly oldest: string | null;
  /** The command that fetches a model; null where models are chosen when it is started. */
  readonly pull: string | null;
  /** What answers at its address. Never throws. */
  check(own: Own, clock: Clock): Promise<ServerCheck>;
}

/** What the doctor says of settings of a backend. */
export interface SettingNote {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly text: string;
}

export interface BuildParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly known: KnownFacts;
  /** Sent to every server that is asked as one of ours: it may be this program again. */
  readonly greeting: Readonly<Record<string, string>>;
  /** What processes take of the backend's GPUs together, by the driver's count; null where nobody sees it. Never rejects. */
  readonly memoryOf: (pids: ReadonlySet<number>) => Promise<number | null>;
}

/** @typeParam Own the settings of a backend of this type */
export interface BackendType<Own extends BackendConfig = BackendConfig> {
  readonly names: ModelNameRule;
  /** Null where no server of this type is run by others. */
  readonly server: BackendServer<Own> | null;
  build(own: Own, parts: BuildParts): Backend;
  rules(own: Own, config: Config): BackendRules;
  /** Models that it holds at most, however little memory they take; null: by its default, or as many as fit. */
  maxLoadedModels(own: Own): number | null;
  /** @param env of this process */
  notes(
    own: Own,
    env: Readonly<Record<string, string | undefined>>,
  ): readonly SettingNote[] | Promise<readonly SettingNote[]>;
}

export function deadlinesOf({ patience = {} }: Config): Partial<Deadlines> {
  const { loadStallMs, firstPieceMs, silenceMs } = patience;
  return {
    ...(loadStallMs !== undefined && { loadStallMs }),
    ...(firstPieceMs !== undefined && { firstByteMs: firstPieceMs }),
    ...(silenceMs !== undefined && { betweenChunksMs: silenceMs }),
  };
}

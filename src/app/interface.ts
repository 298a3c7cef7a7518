/** The server as whoever runs it sees it. */
import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { VramkeeperError } from '../domain/errors.ts';
import type { Reloaded } from '../domain/reload.ts';
import type { RootLogger } from '../telemetry/logger.ts';

export interface AppOverrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: RootLogger;
  /** Take the next free port when the configured one is in use. */
  readonly portFallback?: boolean;
  /** Reads the settings again, for a reload. Absent: there is nothing to read. @throws InvalidSettingError */
  readonly readSettings?: () => Promise<Config>;
  /** Said first in the log: how the backends came to be what they are. */
  readonly backendsLine?: string;
}

export interface App {
  /** @throws VramkeeperError when a part cannot start; what had started is stopped again */
  start(): Promise<void>;
  /**
   * Accepts nothing more, lets running jobs finish for `graceMs` (default 10 s), returns the rest to the queue and closes everything.
   * A second call with a shorter grace ends the first one's patience.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Puts who may come in and what single clients may take into force as the settings have it by now. @throws InvalidSettingError, and nothing has changed then */
  reload(): Promise<Reloaded>;
  /** Resolves when it can go on no longer, with why and what to do; whoever runs it then has to stop it. Never rejects. */
  readonly failed: Promise<VramkeeperError>;
  /** Where it listens. Valid after `start`. */
  readonly url: string;
  readonly graphqlUrl: string;
  /** Where it listens in place of an Ollama; null: nowhere. Valid after `start`. */
  readonly ollamaUrl: string | null;
}

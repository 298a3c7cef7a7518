/** Settings read again while the server runs. */

export interface Reloaded {
  /** Keys that are in force now. */
  readonly keys: number;
  /** Clients with an entry of their own. */
  readonly clients: number;
  /** Settings that are other than those that the server runs with, and wait for a restart. */
  readonly needRestart: readonly string[];
}

export interface Reload {
  /** Who may come in, and what single clients may take. @throws InvalidSettingError, and nothing has changed then */
  reload(): Promise<Reloaded>;
}

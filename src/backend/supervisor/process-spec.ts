/** What a caller says about a process that it wants run. */
import type { Json } from '../../domain/json.ts';

export interface ProcessSpec {
  /** For people, logs and the back-off: processes of one name share their deaths. */
  readonly name: string;
  /** A path, or a name that is looked up on the PATH of `env`. */
  readonly command: string;
  /** `{port}` stands for a chosen port. */
  readonly args: readonly string[];
  /** Exactly this and the two marks of ours; nothing is inherited. `{port}` stands for a chosen port. */
  readonly env: Readonly<Record<string, string>>;
  /** Default `/`. */
  readonly cwd?: string;
  readonly readiness: Readiness;
  /** Kept in the record, for whoever finds the process after a crash of ours. Default null. */
  readonly note?: Json;
  /** How much of its output is kept, about; default 1 MiB. */
  readonly logBytes?: number;
  /** From SIGTERM to SIGKILL; default 3 s. */
  readonly graceMs?: number;
}

export interface Readiness {
  readonly port: PortSource;
  /**
   * Resolves when the program serves on 127.0.0.1 at `port`; rejects when it does not yet. Called again and again; must give up
   * when `signal` aborts. That the port is the program's own is checked here, not by the probe.
   */
  readonly probe: (port: number, signal: AbortSignal) => Promise<void>;
  /** From the start to READY; default 60 s. */
  readonly readyLimitMs?: number;
  /** For one call of the probe; default 5 s. */
  readonly probeLimitMs?: number;
}

export type PortSource =
  /** The program takes any free port and prints it: the group named `port`, else the first group, of the first line that matches. */
  | { readonly kind: 'from-output'; readonly pattern: RegExp }
  /** A free port is put in the place of `{port}`; another one when the program says, by a line that matches `taken`, that it is not free. */
  | { readonly kind: 'chosen'; readonly taken?: RegExp };

export const DEFAULTS = {
  cwd: '/',
  logBytes: 1024 ** 2,
  graceMs: 3_000,
  readyLimitMs: 60_000,
  probeLimitMs: 5_000,
  taken: /address already in use|EADDRINUSE|port \d+ is (already )?in use/i,
} as const;

/** The specification with a chosen port in the place of every `{port}`. */
export function withPort(spec: ProcessSpec, port: number): ProcessSpec {
  const fill = (text: string) => text.replaceAll('{port}', String(port));
  return {
    ...spec,
    args: spec.args.map(fill),
    env: Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, fill(value)])),
  };
}

/** How a supervised process ended, and what a person should know of it. */

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether we had told it to end. */
  readonly asked: boolean;
  /** One sentence. */
  readonly why: string;
  /** The newest lines of its output, oldest first. */
  readonly lastLines: readonly string[];
  /** Epoch milliseconds at which its end was noticed. */
  readonly at: number;
  readonly livedMs: number;
}

/** What the kernel told the parent; both null for an adopted process, whose parent we are not. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Signals that a program gets for a fault of its own. */
const FAULTS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT']);

export function explainExit({ code, signal }: ExitStatus, asked: boolean): string {
  if (asked) return 'It was told to end.';
  if (signal === 'SIGKILL') {
    return "Somebody killed it (SIGKILL): most often the kernel, for want of memory (`dmesg | grep -i 'out of memory'`).";
  }
  if (signal && FAULTS.has(signal)) return `It crashed (${signal}).`;
  if (signal) return `Somebody ended it (${signal}).`;
  if (code === null) return 'It ended; with which status is not known, as an earlier server had started it.';
  return code === 0 ? 'It ended by itself (exit code 0).' : `It failed (exit code ${code}).`;
}

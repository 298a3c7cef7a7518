/** A server's store in a process of its own, to be killed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endsWithTest } from '../../support/ends-with-test.ts';

/** See `store-process.ts`. */
export type ChildTask = 'idle' | 'fill' | 'work' | 'live';

export interface StoreChild {
  /** What it said so far. */
  readonly lines: readonly string[];
  /** Waits for a line; every line so far and to come is offered in order. Rejects when the process ends before. */
  line(wanted: (text: string) => boolean): Promise<void>;
  /** Lets its files grow without limit again. */
  makeRoom(): void;
  /** It stands still, with all that it holds, until it may go on. */
  standStill(): void;
  goOn(): void;
  /** It has ended, and all it said has been read. */
  readonly hasEnded: boolean;
  /** Kills it at once, and resolves when it is gone and all it said has been read. */
  kill(): Promise<void>;
}

export function startChild(
  dataDir: string,
  task: ChildTask,
  { fileSizeKiB, preload }: { readonly fileSizeKiB?: number; readonly preload?: string } = {},
): StoreChild {
  const script = fileURLToPath(new URL('./store-process.ts', import.meta.url));
  const limit = fileSizeKiB === undefined ? 'unlimited' : String(fileSizeKiB);
  // Threads take it along.
  const preloaded = preload === undefined ? [] : ['--import', preload];
  const child: ChildProcess = spawn(
    'bash',
    ['-c', 'ulimit -S -f "$1"; shift; exec "$@"', 'bash', limit, process.execPath].concat(
      preloaded,
      script,
      dataDir,
      task,
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  endsWithTest(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  if (!child.stdout) throw new Error('The child has no output.');
  const reader = createInterface({ input: child.stdout });
  const closed = once(reader, 'close');
  let ended = false;
  reader.on('line', (text) => {
    lines.push(text);
    for (const watch of watchers) watch();
  });
  reader.on('close', () => {
    ended = true;
    for (const watch of watchers) watch();
  });
  return {
    lines,
    line(wanted) {
      let at = 0;
      return new Promise((resolve, reject) => {
        const watch = () => {
          for (; at < lines.length; at += 1) {
            if (!wanted(lines[at] ?? '')) continue;
            watchers.delete(watch);
            return resolve();
          }
          if (ended) reject(new Error('The child ended without saying it.'));
        };
        watchers.add(watch);
        watch();
      });
    },
    makeRoom() {
      execFileSync('prlimit', [`--pid=${child.pid}`, '--fsize=unlimited:']);
    },
    standStill: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    get hasEnded() {
      return ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await Promise.all([exited, closed]);
    },
  };
}

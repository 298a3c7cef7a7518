/** A data folder with supervisors in it, and the proof at the end that nothing of it is left running. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect } from 'vitest';
import { Supervisor, type SupervisorOptions } from '../../../../src/backend/supervisor/index.ts';
import { parseStat } from '../../../../src/backend/supervisor/proc/stat.ts';
import { seededRandom, systemClock } from '../../../../src/clock.ts';
import { silentLogger } from '../../../../src/telemetry/logger.ts';

export { PROGRAM, probe, spec } from './spec.ts';

const PARENT = join(import.meta.dirname, 'parent.ts');

let folders: string[] = [];
let supervisors: Supervisor[] = [];
let parents: ChildProcess[] = [];
let seed = 1;

/** A data folder of this test; removed after it. */
export function dataFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'vramkeeper-supervisor-')));
  folders.push(folder);
  return folder;
}

/** Stopped after the test. */
export function supervisorIn(dataDir: string, options: Partial<SupervisorOptions> = {}): Supervisor {
  seed += 1;
  const random = seededRandom(seed * 7919 + process.pid);
  const supervisor = new Supervisor({
    dataDir,
    clock: systemClock,
    random,
    logger: silentLogger,
    ...options,
  });
  supervisors.push(supervisor);
  return supervisor;
}

/** Pids of the processes that live and bear the mark of this folder, by a look of the test's own. */
export function livingIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const marked = readFileSync(`/proc/${name}/environ`, 'utf8')
          .split('\0')
          .includes(`VRAMKEEPER_HOME=${folder}`);
        return marked && isAlive(Number(name));
      } catch {
        return false;
      }
    })
    .map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
  } catch {
    return false;
  }
}

/** A change of state that a parent told. */
export interface Told {
  readonly state: string;
  readonly uuid: string;
  readonly pid: number;
  readonly adopted: boolean;
  /** Which of its programs, by their order. */
  readonly program: number;
}

export interface Parent {
  readonly child: ChildProcess;
  /** What it has told so far, oldest first. */
  readonly told: readonly Told[];
  /** Resolves when it has told so, rejects when it ends before. */
  tells(state: string): Promise<void>;
  /** Resolves when it is dead and what it told has all arrived. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A process of its own with a supervisor on that folder and one program for each set of flags. */
export function parentIn(folder: string, ...programs: string[]): Parent {
  const child = spawn(process.execPath, [PARENT, folder, ...programs], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parents.push(child);
  const told: Told[] = [];
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const closed = new Promise<void>((resolve) => lines.once('close', () => resolve()));
  const waiting = new Set<() => void>();
  lines.on('line', (line) => {
    told.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const has = (state: string) => told.some((one) => one.state === state);
  return {
    child,
    told,
    tells: (state) =>
      new Promise((resolve, reject) => {
        const look = () => has(state) && resolve();
        waiting.add(look);
        look();
        ended.then(() => reject(new Error(`The parent ended before it told ${state}.`)));
      }),
    async kill(signal) {
      child.kill(signal);
      await Promise.all([ended, closed]);
    },
  };
}

export function recordsIn(folder: string): string[] {
  return readdirSync(join(folder, 'cells')).filter((name) => name.endsWith('.json'));
}

afterEach(async () => {
  for (const parent of parents) parent.kill('SIGKILL');
  const stopped = await Promise.allSettled(supervisors.map((supervisor) => supervisor.stop()));
  const left = folders.flatMap(livingIn);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  supervisors = [];
  parents = [];
  folders = [];
  expect(stopped.filter((result) => result.status === 'rejected')).toEqual([]);
  expect(left, 'processes left running').toEqual([]);
});

/** The signs that a load gets on: its processes read, compute or take memory, or the log grows. */
import { statSync } from 'node:fs';
import type { Clock, Timer } from '../../clock.ts';
import { activityOf, type SupervisedProcess } from '../supervisor/index.ts';

const LOOK_MS = 500;

export interface Loading {
  readonly process: SupervisedProcess;
  /** Those of its processes whose work is the load. */
  readonly pids: () => readonly number[];
}

/** Calls `progress` when something of the load was seen, until disposed of. */
export function watchLoad(loading: Loading, clock: Clock, progress: () => void): Disposable {
  let last = signsOf(loading);
  let timer: Timer;
  const look = () => {
    const now = signsOf(loading);
    if (now !== last) progress();
    last = now;
    timer = clock.after(LOOK_MS, look);
  };
  timer = clock.after(LOOK_MS, look);
  return { [Symbol.dispose]: () => timer.cancel() };
}

function signsOf({ process, pids }: Loading): string {
  return `${logBytes(process.output.path)}\n${activityOf(pids())}`;
}

function logBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

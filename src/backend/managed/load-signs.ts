/** The signs that a load of a cell gets on: its engine reads, computes or takes memory, or the log grows. */
import { statSync } from 'node:fs';
import type { Clock, Timer } from '../../clock.ts';
import { activityOf } from '../supervisor/index.ts';
import type { Cell } from './cell.ts';

const LOOK_MS = 500;

/**
 * Calls `progress` when something of the load was seen, until disposed of. The server process itself is left out: it asks its engine
 * again and again whether it is ready, also one that hangs.
 */
export function watchLoad(cell: Pick<Cell, 'process'>, clock: Clock, progress: () => void): Disposable {
  let last = signsOf(cell);
  let timer: Timer;
  const look = () => {
    const now = signsOf(cell);
    if (now !== last) progress();
    last = now;
    timer = clock.after(LOOK_MS, look);
  };
  timer = clock.after(LOOK_MS, look);
  return { [Symbol.dispose]: () => timer.cancel() };
}

function signsOf({ process }: Pick<Cell, 'process'>): string {
  const engines = process.memberPids().filter((pid) => pid !== process.pid);
  return `${logBytes(process.output.path)}\n${activityOf(engines)}`;
}

function logBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

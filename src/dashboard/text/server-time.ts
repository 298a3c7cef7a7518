/** The time of the server, whatever this machine's clock says: what just happened there has just happened here. */
import { useSyncExternalStore } from 'react';
import { every, now } from '../live/clock.ts';
import { ClockGap } from './clock-gap.ts';

const gap = new ClockGap();

/** @param at of an event that has come at this moment */
export function hearServerTime(at: string): void {
  gap.hear(Date.parse(at), now());
}

/** To be called when the connection is lost: the next server may have another time. */
export function doubtServerTime(): void {
  gap.doubt();
}

export function serverNow(): number {
  return now() - gap.ahead;
}

const listeners = new Set<() => void>();
let second = 0;
let stop = () => {};

function watch(listener: () => void): () => void {
  if (listeners.size === 0) {
    second = Math.floor(serverNow() / 1000);
    stop = every(1_000, () => {
      second = Math.floor(serverNow() / 1000);
      for (const each of listeners) each();
    });
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) stop();
  };
}

/** The server's time in ms, anew each second. */
export function useServerNow(): number {
  return useSyncExternalStore(watch, () => second || Math.floor(serverNow() / 1000)) * 1000;
}

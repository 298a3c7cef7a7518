/** The time of the server, whatever this machine's clock says: what just happened there has just happened here. */
import { useSyncExternalStore } from 'react';
import { every, now } from '../live/clock.ts';

/** How far this machine's clock is ahead, in ms, at most: events take their time to come. */
let ahead = Number.POSITIVE_INFINITY;

/** @param at of an event that has come at this moment */
export function hearServerTime(at: string): void {
  ahead = Math.min(ahead, now() - Date.parse(at));
}

export function serverNow(): number {
  return now() - (Number.isFinite(ahead) ? ahead : 0);
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

/** Answers that follow what happens: asked again after the server's figures have changed. */
import { useEffect, useRef } from 'react';
import { SituationDocument } from '../generated/graphql.ts';
import { after, now } from './clock.ts';
import { type Shown, useLive } from './use-live.ts';

const LEAST_MS = 2_000;

/** Another text whenever something has happened on the server: at most each second, and each few seconds where nothing has. */
export function usePulse(): string | undefined {
  return useLive(SituationDocument, {}).value?.statsChanged.at;
}

/**
 * @param pulse undefined: it stands still
 * @param leastMs between two questions. None is asked before the last one was answered, so that a slow server is not asked the more.
 */
export function useFollowed<T>(shown: Shown<T>, pulse: string | undefined, leastMs = LEAST_MS): Shown<T> {
  const last = useRef<{ pulse: string | undefined; unanswered: Shown<T> | null; at: number }>({
    pulse,
    unanswered: null,
    at: Number.NEGATIVE_INFINITY,
  });
  useEffect(() => {
    const before = last.current;
    if (pulse === undefined || pulse === before.pulse || shown === before.unanswered) return;
    // The first one tells only what was asked at the same time.
    if (before.pulse === undefined) {
      last.current = { ...before, pulse, at: now() };
      return;
    }
    return after(Math.max(0, before.at + leastMs - now()), () => {
      last.current = { pulse, unanswered: shown, at: now() };
      shown.again();
    });
  }, [pulse, shown, leastMs]);
  return shown;
}

/** Asks again when something is told. */
import { useEffect, useRef } from 'react';
import type { Shown } from '../../live/use-live.ts';

export function useNews<T>(shown: Shown<T>, news: object | undefined): Shown<T> {
  const heard = useRef(news);
  const { again } = shown;
  useEffect(() => {
    if (news === heard.current) return;
    heard.current = news;
    again();
  }, [news, again]);
  return shown;
}

/** Keeps the end of what grows in sight, unless somebody has scrolled away from it. */
import { type RefObject, useEffect, useRef } from 'react';

/** How far from the end, in px, still counts as being there: some lines come at once. */
const NEAR = 120;

/** @param newest what one wants to see whenever it is another, wherever one is */
export function useShownEnd(newest: string | null | undefined): RefObject<HTMLOListElement | null> {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (newest == null || !list.current) return;
    const page = document.documentElement;
    const show = () => window.scrollTo(0, page.scrollHeight);
    let height = page.scrollHeight;
    show();
    const grown = new ResizeObserver(() => {
      const wasNear = height - (window.scrollY + window.innerHeight) < NEAR;
      height = page.scrollHeight;
      if (wasNear) show();
    });
    grown.observe(list.current);
    return () => grown.disconnect();
  }, [newest]);
  return list;
}

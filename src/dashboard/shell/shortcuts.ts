/** The keys of the page. None of them means anything where one types. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { now } from '../live/clock.ts';
import type { Page } from './pages.ts';

/** How long after `g` a letter belongs to it. */
const CHORD_MS = 1_500;
/** What takes letters. A box to tick does not. */
const TYPED =
  'input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable], [contenteditable] *';

/** @param pages those that the viewer is shown */
export function useShortcuts(pages: readonly Page[], onHelp: () => void): void {
  const [, go] = useLocation();
  useEffect(() => {
    let chordAt = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]')) return;
      const inChord = now() - chordAt < CHORD_MS;
      chordAt = Number.NEGATIVE_INFINITY;
      const page = inChord ? pages.find(({ letter }) => letter === event.key) : undefined;
      if (page) go(page.path);
      else if (event.key === 'g') chordAt = now();
      else if (event.key === '?') onHelp();
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
      else if (event.key === 'j') moveRow(1);
      else if (event.key === 'k') moveRow(-1);
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [go, pages, onHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches(TYPED);
}

/** Rows are links: Enter opens the one that has the focus. */
function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}

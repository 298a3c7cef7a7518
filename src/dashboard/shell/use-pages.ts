/** The pages that the viewer is shown, in the order of the menu. */
import { useMemo } from 'react';
import { PAGES, type Page } from './pages.ts';
import { useViewer } from './viewer.tsx';

export function usePages(): readonly Page[] {
  const { admin } = useViewer();
  return useMemo(() => PAGES.filter((page) => admin || !page.admin), [admin]);
}

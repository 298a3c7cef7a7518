/** The pages, in the order of the menu. */
import { type ComponentType, lazy } from 'react';
import { Overview } from '../pages/overview/overview.tsx';

export interface Page {
  readonly path: string;
  readonly title: string;
  /** After `g`. */
  readonly letter: string;
  readonly component: ComponentType;
  /** Shown to administrators alone. */
  readonly admin?: boolean;
}

export const PAGES: readonly Page[] = [{ path: '/', title: 'Overview', letter: 'o', component: Overview }];

/** Of one job; reached from lists. */
export const JobPage = lazy(() =>
  import('../pages/job/job.tsx').then(({ JobPage }) => ({ default: JobPage })),
);

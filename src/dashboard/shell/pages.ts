/** The pages, in the order of the menu. */
import { type ComponentType, lazy } from 'react';
import { Overview } from '../pages/overview/overview.tsx';
import { Queue } from '../pages/queue/queue.tsx';

export interface Page {
  readonly path: string;
  readonly title: string;
  /** After `g`. */
  readonly letter: string;
  readonly component: ComponentType;
  /** Shown to administrators alone. */
  readonly admin?: boolean;
}

const Models = lazy(() => import('../pages/models/models.tsx').then(({ Models }) => ({ default: Models })));
const Reservations = lazy(() =>
  import('../pages/reservations/reservations.tsx').then(({ Reservations }) => ({ default: Reservations })),
);
const Decisions = lazy(() =>
  import('../pages/decisions/decisions.tsx').then(({ Decisions }) => ({ default: Decisions })),
);
const Workers = lazy(() =>
  import('../pages/workers/workers.tsx').then(({ Workers }) => ({ default: Workers })),
);

export const PAGES: readonly Page[] = [
  { path: '/', title: 'Overview', letter: 'o', component: Overview },
  { path: '/queue', title: 'Queue', letter: 'q', component: Queue },
  { path: '/models', title: 'Models', letter: 'm', component: Models },
  { path: '/reservations', title: 'Reservations', letter: 'r', component: Reservations },
  { path: '/decisions', title: 'Decisions', letter: 'd', component: Decisions },
  { path: '/workers', title: 'Workers', letter: 'w', component: Workers, admin: true },
];

/** Of one job; reached from lists. */
export const JobPage = lazy(() =>
  import('../pages/job/job.tsx').then(({ JobPage }) => ({ default: JobPage })),
);

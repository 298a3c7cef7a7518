/** The pages, in the order of the menu. */
import type { ComponentType } from 'react';
import { Overview } from '../pages/overview/overview.tsx';
import { Queue } from '../pages/queue/queue.tsx';
import { lazyPage } from './lazy-page.tsx';

export interface Page {
  readonly path: string;
  readonly title: string;
  /** After `g`. */
  readonly letter: string;
  readonly component: ComponentType;
  /** Shown to administrators alone. */
  readonly admin?: boolean;
}

/** Without an id: a chat that is not begun yet. */
export const ChatPage = lazyPage<{ readonly id?: string }>(
  async () => (await import('../pages/chat/chat.tsx')).Chat,
);
const Batches = lazyPage(async () => (await import('../pages/batches/batches.tsx')).Batches);
const Clients = lazyPage(async () => (await import('../pages/clients/clients.tsx')).Clients);
const Compare = lazyPage(async () => (await import('../pages/compare/compare.tsx')).Compare);
const Models = lazyPage(async () => (await import('../pages/models/models.tsx')).Models);
const Reservations = lazyPage(
  async () => (await import('../pages/reservations/reservations.tsx')).Reservations,
);
const Decisions = lazyPage(async () => (await import('../pages/decisions/decisions.tsx')).Decisions);
const History = lazyPage(async () => (await import('../pages/history/history.tsx')).History);
const Workers = lazyPage(async () => (await import('../pages/workers/workers.tsx')).Workers);

export const PAGES: readonly Page[] = [
  { path: '/', title: 'Overview', letter: 'o', component: Overview },
  { path: '/queue', title: 'Queue', letter: 'q', component: Queue },
  { path: '/batches', title: 'Batches', letter: 'b', component: Batches },
  { path: '/chat', title: 'Chat', letter: 'c', component: ChatPage },
  { path: '/compare', title: 'Compare', letter: 'p', component: Compare },
  { path: '/models', title: 'Models', letter: 'm', component: Models },
  { path: '/reservations', title: 'Reservations', letter: 'r', component: Reservations },
  { path: '/history', title: 'History', letter: 'h', component: History },
  { path: '/decisions', title: 'Decisions', letter: 'd', component: Decisions },
  { path: '/clients', title: 'Clients', letter: 'l', component: Clients },
  { path: '/workers', title: 'Workers', letter: 'w', component: Workers, admin: true },
];

/** Of one thing; reached from lists. */
export const JobPage = lazyPage(async () => (await import('../pages/job/job.tsx')).JobPage);
export const BatchPage = lazyPage(async () => (await import('../pages/batches/batch.tsx')).BatchPage);
export const ComparisonPage = lazyPage(
  async () => (await import('../pages/compare/comparison.tsx')).ComparisonPage,
);

/** Pages of one thing, with the titles that they have in common. */
export const DETAILS: readonly (readonly [path: string, title: string])[] = [
  ['/batches/', 'Batch'],
  ['/chat/', 'Chat'],
  ['/compare/', 'Comparison'],
];

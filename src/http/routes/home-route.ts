/** The root of a listener that has the drop-in APIs alone. */
import { sendPlainPage, sendRunning, wantsPage } from '../page/plain-page.ts';
import type { Route, RouteGuard } from '../route.ts';

export interface HomeOptions {
  readonly guard: RouteGuard;
  /** Of the server's own API and web page, where another listener answers. */
  readonly apiPort: () => number;
}

export function homeRoute({ guard, apiPort }: HomeOptions): Route {
  return {
    path: '/',
    methods: ['GET'],
    guard,
    open: true,
    handle({ request, response, url }) {
      if (!wantsPage(request)) return sendRunning(response);
      sendPlainPage(response, '', `${url.protocol}//${named(url.hostname)}:${apiPort()}`);
    },
  };
}

/** A caller can name its host as it likes, and the name stands in the page. */
const named = (hostname: string) => (/^[\w.:[\]-]+$/.test(hostname) ? hostname : 'localhost');

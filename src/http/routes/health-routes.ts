/** For whoever watches the process. */
import { sendJson } from '../respond.ts';
import type { Route } from '../route.ts';

/** @param notReady why the server cannot take work now; null when it can. */
export function healthRoutes(notReady: () => string | null): readonly Route[] {
  return [
    {
      path: '/healthz',
      methods: ['GET'],
      open: true,
      handle: ({ response }) => sendJson(response, 200, { status: 'alive' }),
    },
    {
      path: '/readyz',
      methods: ['GET'],
      open: true,
      handle({ response }) {
        const reason = notReady();
        if (reason === null) sendJson(response, 200, { status: 'ready' });
        else sendJson(response, 503, { status: 'not ready', reason });
      },
    },
  ];
}

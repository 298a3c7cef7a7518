/** For whoever watches the process. */
import { sendJson } from '../respond.ts';
import type { Route } from '../route.ts';

/**
 * @param notReady why the server cannot take work now; null when it can.
 * @param problems the kinds of what is not well, for `?verbose`: kinds alone, since whoever asks needs no key
 */
export function healthRoutes(
  notReady: () => string | null,
  problems: () => readonly string[] = () => [],
): readonly Route[] {
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
      handle({ response, url }) {
        const reason = notReady();
        const more = url.searchParams.has('verbose') ? { problems: problems() } : {};
        if (reason === null) sendJson(response, 200, { status: 'ready', ...more });
        else sendJson(response, 503, { status: 'not ready', reason, ...more });
      },
    },
  ];
}

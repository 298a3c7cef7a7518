/** What both test runs need: a Node that the server can run on, and packages resolved as Node itself does. */
import { isNewEnough, OLDEST_NODE } from './bin/bundled-node.js';

if (!isNewEnough(process.versions.node)) {
  throw new Error(
    `The tests need Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}. ` +
      'Run them as `npm test` or `npx vitest`: both use the Node that npm ci has installed.',
  );
}

/** Without these conditions graphql would be loaded twice, once with its checks for development. */
export const ssr = { resolve: { conditions: ['node', 'module-sync'] } };

/** What both test runs need: a Node that the server can run on, nothing left behind, and packages resolved as Node itself does. */
import { isNewEnough, OLDEST_NODE } from './bin/bundled-node.js';

if (!isNewEnough(process.versions.node)) {
  throw new Error(
    `The tests need Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}. ` +
      'Run them as `npm test` or `npx vitest`: both use the Node that npm ci has installed.',
  );
}

/** Temporary folders and processes go with the tests that made them, also with failed ones. */
export const nothingLeft = {
  globalSetup: './test/support/whole-run.ts',
  setupFiles: './test/support/each-file.ts',
};

/** Without these conditions graphql would be loaded twice, once with its checks for development. */
export const ssr = { resolve: { conditions: ['node', 'module-sync'] } };

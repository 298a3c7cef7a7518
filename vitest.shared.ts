/** What both test runs need: a Node that the server can run on, nothing left behind, and packages resolved as Node itself does. */
import { isNewEnough, OLDEST_NODE } from './bin/bundled-node.js';

if (!isNewEnough(process.versions.node)) {
  throw new Error(
    `The tests need Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}. ` +
      'Run them as `npm test` or `npx vitest`: both use the Node that npm ci has installed.',
  );
}

/**
 * Threads strip types by WebAssembly. The V8 of Node 24.21 can end a process (SIGSEGV, SIGTRAP) when two threads replace the same generic
 * wrapper by a compiled one: `Runtime_TierUpWasmToJSWrapper` frees code that it does not own. So many calls make no wrapper worth it.
 */
const keepGenericWrappers = '--wasm-wrapper-tiering-budget=2147483647';

/** How every run goes. Temporary folders and processes go with the tests that made them, also with failed ones. */
export const eachRun = {
  execArgv: [keepGenericWrappers],
  globalSetup: './test/support/whole-run.ts',
  setupFiles: './test/support/each-file.ts',
};

/** Without these conditions graphql would be loaded twice, once with its checks for development. */
export const ssr = { resolve: { conditions: ['node', 'module-sync'] } };

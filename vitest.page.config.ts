import { defineConfig } from 'vitest/config';
import { TEST_MS } from './test/support/limits.ts';
import { eachRun, ssr } from './vitest.shared.ts';

/** The web page in a browser, before a real server. */
export default defineConfig({
  ssr,
  test: {
    include: ['test/page/**/*.test.ts'],
    ...eachRun,
    pool: 'forks',
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    allowOnly: false,
    // Browsers take the cores for themselves.
    fileParallelism: false,
  },
});

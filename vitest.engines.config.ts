import { defineConfig } from 'vitest/config';
import { CAMPAIGN_MS } from './test/support/limits.ts';
import { eachRun, ssr } from './vitest.shared.ts';

/** Those that need a real engine, which they install. */
export default defineConfig({
  ssr,
  test: {
    include: ['test/engines/**/*.engine.test.ts'],
    ...eachRun,
    pool: 'forks',
    // The first test of a run installs the engine.
    testTimeout: CAMPAIGN_MS,
    hookTimeout: CAMPAIGN_MS,
    allowOnly: false,
    fileParallelism: false,
  },
});

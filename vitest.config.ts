import { defineConfig } from 'vitest/config';
import { TEST_MS } from './test/support/limits.ts';
import { eachRun, ssr } from './vitest.shared.ts';

export default defineConfig({
  ssr,
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.campaign.test.ts', 'test/**/*.engine.test.ts', 'test/page/**'],
    ...eachRun,
    pool: 'forks',
    // Many tests wait for servers and processes of their own rather than for a core.
    maxWorkers: 4,
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    allowOnly: false,
  },
});

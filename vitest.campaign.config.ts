import { defineConfig } from 'vitest/config';
import { CAMPAIGN_MS, TEST_MS } from './test/support/limits.ts';
import { eachRun, ssr } from './vitest.shared.ts';

/** The long ones: kills, floods, large properties. */
export default defineConfig({
  ssr,
  test: {
    include: ['test/**/*.campaign.test.ts'],
    ...eachRun,
    pool: 'forks',
    testTimeout: CAMPAIGN_MS,
    hookTimeout: TEST_MS,
    allowOnly: false,
    fileParallelism: false,
  },
});

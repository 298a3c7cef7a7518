import { defineConfig } from 'vitest/config';
import { ssr } from './vitest.shared.ts';

/** The long ones: kills, floods, large properties. */
export default defineConfig({
  ssr,
  test: {
    include: ['test/**/*.campaign.test.ts'],
    pool: 'forks',
    testTimeout: 900_000,
    hookTimeout: 120_000,
    allowOnly: false,
    fileParallelism: false,
  },
});

import { defineConfig } from 'vitest/config';

/** The long ones: kills, floods, large properties. */
export default defineConfig({
  // As Node itself resolves packages: without this, graphql would be loaded twice, once with its checks for development.
  ssr: { resolve: { conditions: ['node', 'module-sync'] } },
  test: {
    include: ['test/**/*.campaign.test.ts'],
    pool: 'forks',
    testTimeout: 900_000,
    hookTimeout: 120_000,
    allowOnly: false,
    fileParallelism: false,
  },
});

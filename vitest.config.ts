import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As Node itself resolves packages: without this, graphql would be loaded twice, once with its checks for development.
  ssr: { resolve: { conditions: ['node', 'module-sync'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.campaign.test.ts'],
    pool: 'forks',
    // Many tests wait for servers and processes of their own rather than for a core.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    allowOnly: false,
  },
});

import { defineConfig } from 'vitest/config';
import { TEST_MS } from './test/support/limits.ts';
import { eachRun, ssr } from './vitest.shared.ts';

export default defineConfig({
  ssr,
  test: {
    ...eachRun,
    include: ['test/support/half-way/fixtures.ts'],
    pool: 'forks',
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
  },
});

/**
 * Adds up what vitest wrote with `--reporter=json` and prints `N passed, N failed` on a line of its own. Ends with 1 when a test
 * failed, was left out, or none ran: a suite that skips is not one that passes.
 *
 * node scripts/test-totals.ts FILE.json...
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const report = z.object({
  success: z.boolean(),
  numTotalTests: z.number(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

let passed = 0;
let failed = 0;
let good = true;

for (const file of process.argv.slice(2)) {
  const { success, numTotalTests, testResults } = report.parse(JSON.parse(readFileSync(file, 'utf8')));
  let counted = 0;
  for (const { name, status, message, assertionResults } of testResults) {
    // A file that broke before its first test has none to count, and is a failure all the same.
    if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')) {
      failed += 1;
      console.error(`failed: ${name}: ${message ?? 'the file could not be run'}`);
    }
    for (const test of assertionResults) {
      counted += 1;
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') {
        failed += 1;
        console.error(`failed: ${name}: ${test.fullName}`);
      } else {
        good = false;
        console.error(`left out (${test.status}): ${name}: ${test.fullName}`);
      }
    }
  }
  if (!success || counted === 0 || counted !== numTotalTests) {
    good = false;
    if (counted === 0) console.error(`${file} has no tests in it.`);
  }
}

if (process.argv.length < 3) throw new Error('Name at least one report.');
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || !good) process.exit(1);

/** The one place for what must end with a test, also with one that failed half-way. */
import { onTestFinished } from 'vitest';

const endsOfFile: (() => unknown)[] = [];

/**
 * Calls `end` after the test that runs, or after the last one of the file where none runs (in `beforeAll`, say).
 * It may have been called before: then it does nothing.
 */
export function endsWithTest(end: () => unknown): void {
  try {
    onTestFinished(async () => void (await end()));
  } catch {
    endsOfFile.push(end);
  }
}

/** For the setup of each file. */
export async function endOfFile(): Promise<void> {
  for (const end of endsOfFile.splice(0).reverse()) await end();
}

/** What the server advises names commands where a person reads it at a terminal. */
import { expect, test } from 'vitest';
import { waitText } from '../../src/cli/chat/wait-status.ts';
import { inCommandWords } from '../../src/cli/terminal/command-words.ts';

test.each([
  [
    'The scheduler is paused; resumeScheduler lets it go on.',
    'The scheduler is paused; "vramkeeper resume" lets it go on.',
  ],
  [
    'Call resumeScheduler to go on, or pauseScheduler.',
    'Call "vramkeeper resume" to go on, or "vramkeeper pause".',
  ],
  ['My resumeSchedulers wait for 3 GiB.', 'My resumeSchedulers wait for 3 GiB.'],
])('%s', (sentence, told) => {
  expect(inCommandWords(sentence)).toBe(told);
});

test('so does what is said of a question that waits', () => {
  const waiting = { reason: 'SCHEDULER_PAUSED' as const, explanation: 'Paused; resumeScheduler ends it.' };
  expect(waitText({ status: 'PENDING', queuePosition: 2, waiting })).toBe(
    'Place 3 in the queue. Paused; "vramkeeper resume" ends it.',
  );
});

/** What would keep jobs out of the queue that are not in it yet, beside what is wrong with them. */
import { expect, test } from 'vitest';
import { spentProblem } from '../../src/accept/queue-room.ts';
import { ClientLimitError } from '../../src/domain/allowance.ts';

test('a client that has used up what it may is told so in the words of the refusal', () => {
  const spent = new ClientLimitError('ann', 'TOKENS_PER_MINUTE', 1_000, 2_500);
  const checkWork = (client: string) => {
    if (client === 'ann') throw spent;
    if (client === 'bob') throw new Error('broken');
  };
  expect(spentProblem({ allowances: { checkWork } }, 'ann')).toEqual({
    path: ['jobs'],
    message: spent.message,
  });
  expect(spentProblem({ allowances: { checkWork } }, 'eve')).toBeNull();
  expect(spentProblem({}, 'ann')).toBeNull();
  expect(() => spentProblem({ allowances: { checkWork } }, 'bob')).toThrow('broken');
});

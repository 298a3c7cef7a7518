/** `clients`: what single clients may take. */
import { expect, it } from 'vitest';
import { clients, clientTable } from '../../src/config/clients.ts';
import { limitsOf } from '../../src/domain/client-limits.ts';

const read = (settings: unknown) => clientTable(clients.parse(settings));

it('an entry holds for its client, what it leaves out and all others go by the default one', () => {
  const table = read({ default: { maxRunning: 4, maxQueued: 100 }, alice: { weight: 2, maxRunning: 8 } });
  expect(limitsOf(table, 'alice')).toEqual({ weight: 2, maxRunning: 8, maxQueued: 100 });
  expect(limitsOf(table, 'bob')).toEqual({ weight: 1, maxRunning: 4, maxQueued: 100 });
  expect(limitsOf(table, 'constructor')).toEqual(limitsOf(table, 'bob'));
});

it('nobody has a limit where nothing is said', () => {
  const none = { weight: 1, maxRunning: null, maxQueued: null };
  expect(limitsOf(clientTable(), 'alice')).toEqual(none);
  expect(limitsOf(read({ bob: { maxRunning: 1 } }), 'alice')).toEqual(none);
});

it.each([
  [{ alice: { weight: 0 } }, '0 is not a weight. Write a number from 0.001 to 1000'],
  [{ alice: { weight: 'much' } }, '"much" is not a weight.'],
  [{ alice: { maxRunning: 0 } }, '0 is not a whole number'],
  [{ alice: { maxQueued: 1.5 } }, '1.5 is not a whole number'],
  [{ alice: { maxRuning: 1 } }, 'maxRuning'],
  [{ alice: 3 }, '3 is not a group of limits, such as'],
  ['all', '"all" is not a group of limits by client, such as'],
])('%j is refused with what would be right', (settings, said) => {
  const { error } = clients.safeParse(settings);
  expect(error?.issues.map(({ message }) => message).join()).toContain(said);
});

import { expect, test } from 'vitest';
import { seriesOf } from '../../src/dashboard/pages/clients/client-series.ts';

const looks = (clients: Parameters<typeof seriesOf>[0]) =>
  Object.fromEntries(seriesOf(clients).map(({ name, look }) => [name, look]));

test('A client keeps its colour when another one has used more', () => {
  const [ann, bob] = [
    { client: 'ann', busy: [5, 1] },
    { client: 'bob', busy: [2, null] },
  ];
  expect(looks([ann, bob])).toEqual(looks([bob, ann]));
});

test('The busiest six are told apart, and the others are one', () => {
  const clients = ['g', 'f', 'e', 'd', 'c', 'b', 'a'].map((client) => ({ client, busy: [1, null] }));
  const series = seriesOf([...clients, { client: null, busy: [2, null] }]);
  expect(series.map(({ name }) => name)).toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'all others']);
  expect(series.at(-1)?.values).toEqual([3, null]);
});

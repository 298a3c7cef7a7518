/** The recorded jobs on an attached server, with many seeds in virtual time, against what a real server did with them. */
import { expect, test } from 'vitest';
import { AIM, spreads } from '../../bench/attached.ts';
import { RECORDED } from '../../bench/measured/recorded.ts';

const SEEDS = 20;

test('Ollama never evicts by itself, and the makespan is in the mean within the aim', async () => {
  const found = await spreads(SEEDS);
  expect(found.map(({ name }) => name)).toEqual(Object.keys(RECORDED));
  for (const { name, outcomes, ratio } of found) {
    expect(outcomes, name).toHaveLength(SEEDS);
    expect(
      outcomes.map(({ ownEvictions }) => ownEvictions),
      name,
    ).toEqual(outcomes.map(() => 0));
    expect(ratio, name).toBeLessThanOrEqual(AIM);
  }
});

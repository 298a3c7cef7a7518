/** With the settings and the jobs of the measured runs the simulated ones come out as those did. */
import { describe, expect, test } from 'vitest';
import { RECORDED } from '../../bench/measured/recorded.ts';
import { meansOf, simulated } from '../../bench/scheduler/as-measured.ts';

const SEEDS = 20;
/** Times what was recorded, either way. */
const AIM = 1.2;

function within(value: number, recorded: number | null, what: string): void {
  const ratio = value / (recorded ?? Number.NaN);
  expect(ratio, `${what}: ${value.toFixed(1)} of ${recorded}`).toBeGreaterThan(1 / AIM);
  expect(ratio, `${what}: ${value.toFixed(1)} of ${recorded}`).toBeLessThan(AIM);
}

describe.each(Object.entries(RECORDED))('%s', (name, recorded) => {
  test.each(['attached', 'process per model'] as const)('%s', (way) => {
    const { seconds, loads } = meansOf(simulated(name, way, SEEDS));
    within(seconds, recorded[way].seconds, 'seconds');
    within(loads, recorded[way].loads, 'loads');
  });
});

describe('one Ollama', () => {
  const backlogs = ['backlog-1', 'backlog-2', 'backlog-3'] as const;

  test.each(['open-1-per-second', 'open-0.5-per-second'])('%s', (name) => {
    const { seconds, loads } = meansOf(simulated(name, 'one Ollama', SEEDS));
    within(seconds, RECORDED[name]?.['one Ollama'].seconds ?? null, 'seconds');
    within(loads, RECORDED[name]?.['one Ollama'].loads ?? null, 'loads');
  });

  test('the three backlogs together, each of which is chance', () => {
    const sum = (of: (name: string) => number) => backlogs.reduce((total, name) => total + of(name), 0);
    const means = Object.fromEntries(
      backlogs.map((name) => [name, meansOf(simulated(name, 'one Ollama', SEEDS))]),
    );
    const recorded = (name: string) => RECORDED[name]?.['one Ollama'];
    within(
      sum((name) => means[name]?.seconds ?? 0),
      sum((name) => recorded(name)?.seconds ?? 0),
      'seconds',
    );
    within(
      sum((name) => means[name]?.loads ?? 0),
      sum((name) => recorded(name)?.loads ?? 0),
      'loads',
    );
  });
});

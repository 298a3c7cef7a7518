/** Simulated runs beside those that were measured on a real server: the same jobs, the same settings, the same simple scheduler. */
import { systemClock } from '../../src/clock.ts';
import {
  type ContenderFactory,
  longestQueue,
  meanOf,
  ollama,
  run as runOnce,
  type ServerKind,
} from '../../src/simulator/index.ts';
import { RECORDED } from '../measured/recorded.ts';
import type { RecordedWay } from '../measured/runs-folder.ts';
import { MEASURED_MACHINE, MEASURED_OLLAMA, measuredWorkload } from './measured-machine.ts';

export const WAYS: Readonly<
  Record<RecordedWay, { readonly policy: ContenderFactory; readonly server: ServerKind }>
> = {
  'one Ollama': { policy: ollama(MEASURED_OLLAMA), server: 'attached' },
  attached: { policy: longestQueue(MEASURED_OLLAMA), server: 'attached' },
  'process per model': { policy: longestQueue(MEASURED_OLLAMA), server: 'managed' },
};

export interface AsMeasured {
  readonly seconds: number;
  readonly loads: number;
  readonly meanSeconds: number;
}

/** One run for each of so many seeds. */
export function simulated(name: string, way: RecordedWay, seeds: number): readonly AsMeasured[] {
  const { policy, server } = WAYS[way];
  return Array.from({ length: seeds }, (_, i): AsMeasured => {
    const seed = i + 1;
    const workload = measuredWorkload(name, seed);
    const parts = { workload, machine: MEASURED_MACHINE, server, seed, stopwatch: systemClock };
    const { jobs, stays } = runOnce(policy, parts);
    return {
      seconds: (jobs.at(-1)?.doneMs ?? 0) / 1_000,
      loads: stays.length,
      meanSeconds: meanOf(jobs.map(({ arrivedMs, doneMs }) => (doneMs - arrivedMs) / 1_000)),
    };
  });
}

export function meansOf(runs: readonly AsMeasured[]): AsMeasured {
  return {
    seconds: meanOf(runs.map(({ seconds }) => seconds)),
    loads: meanOf(runs.map(({ loads }) => loads)),
    meanSeconds: meanOf(runs.map(({ meanSeconds }) => meanSeconds)),
  };
}

const SEEDS = 20;

export async function run(print: (line: string) => void): Promise<void> {
  print(`Means of ${SEEDS} seeds, and times what was recorded.`);
  for (const [name, ways] of Object.entries(RECORDED)) {
    for (const [way, recorded] of Object.entries(ways)) {
      const { seconds, loads, meanSeconds } = meansOf(simulated(name, way as RecordedWay, SEEDS));
      const ratio = (value: number, of: number | null) => (value / (of ?? Number.NaN)).toFixed(2);
      print(
        `${name.padEnd(20)} ${way.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s ${ratio(seconds, recorded.seconds)}  ${loads.toFixed(1).padStart(5)} loads ${ratio(loads, recorded.loads)}  mean ${meanSeconds.toFixed(2).padStart(6)} s ${ratio(meanSeconds, recorded.meanSeconds)}`,
      );
    }
  }
}

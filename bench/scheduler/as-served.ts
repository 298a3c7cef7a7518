/**
 * The same jobs by a whole server and by a simulated run: the server over HTTP with a virtual Ollama and real timers, the simulator with the
 * settings of that Ollama. `npm run bench -- as-served [backlog-1 ...]`
 */
import { Agent, setGlobalDispatcher } from 'undici';
import { systemClock } from '../../src/clock.ts';
import {
  boundsOf,
  figuresOf,
  meanOf,
  run as runOnce,
  type ServerKind,
  vramkeeper,
} from '../../src/simulator/index.ts';
import { onVirtual } from '../managed-runs.ts';
import { RECORDED, recordedJobs } from '../measured/recorded.ts';
import type { Outcome } from '../measured/workload.ts';
import { MEASURED_MACHINE, MEASURED_OLLAMA, measuredWorkload } from './measured-machine.ts';

type Told = Pick<Outcome, 'seconds' | 'meanSeconds' | 'p95Seconds' | 'loads'>;

const KINDS: readonly ServerKind[] = ['attached', 'managed'];
const USUAL_RUNS = ['backlog-1', 'open-1-per-second'];
/** A simulated run may differ by such a share. */
const AIM = 0.1;
const SEEDS = 20;

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  const unknown = args.find((name) => !(name in RECORDED));
  if (unknown !== undefined)
    throw new Error(`There are no jobs "${unknown}". There are: ${Object.keys(RECORDED).join(', ')}.`);
  setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 }));
  print(
    `served once; simulated: the means of ${SEEDS} seeds, and times what was served (within ${AIM * 100} %)`,
  );
  for (const name of args.length > 0 ? args : USUAL_RUNS) {
    for (const kind of KINDS) {
      const served = await onVirtual(kind, recordedJobs(name));
      const simulated = simulatedMeans(name, kind);
      print(`${name.padEnd(20)} ${kind.padEnd(9)} served    ${told(served)}`);
      print(`${''.padEnd(30)} simulated ${told(simulated)}; times that: ${ratios(simulated, served)}`);
    }
  }
}

function simulatedMeans(name: string, server: ServerKind): Told {
  const runs = Array.from({ length: SEEDS }, (_, i) => {
    const workload = measuredWorkload(name, i + 1);
    const parts = { workload, machine: MEASURED_MACHINE, server, seed: i + 1, stopwatch: systemClock };
    const history = runOnce(vramkeeper(MEASURED_OLLAMA), parts);
    const bounds = boundsOf(workload, MEASURED_MACHINE, server);
    return figuresOf(history, bounds, { workload: name, policy: 'vramkeeper', seed: i + 1 });
  });
  const mean = (of: (figures: (typeof runs)[number]) => number) => meanOf(runs.map(of));
  return {
    seconds: mean(({ makespanSeconds }) => makespanSeconds),
    meanSeconds: mean(({ meanSeconds }) => meanSeconds),
    p95Seconds: mean(({ p95Seconds }) => p95Seconds),
    loads: mean(({ loads }) => loads),
  };
}

function told({ seconds, loads, meanSeconds, p95Seconds }: Told): string {
  return `${seconds.toFixed(1)} s, ${loads?.toFixed(1)} loads, mean ${meanSeconds.toFixed(2)}, p95 ${p95Seconds.toFixed(2)}`;
}

function ratios(simulated: Told, served: Told): string {
  const keys = ['seconds', 'loads', 'meanSeconds', 'p95Seconds'] as const;
  return keys.map((key) => ((simulated[key] ?? 0) / (served[key] ?? Number.NaN)).toFixed(2)).join(', ');
}

/** Where the jobs of a simulated run come from. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../../domain/errors.ts';
import {
  generate,
  type MachineSettings,
  parseTrace,
  recordedWorkload,
  type Simulation,
  type WorkloadSettings,
} from '../../simulator/index.ts';
import { UsageError } from '../exit.ts';
import { prioritiesOf, type SimulateFlags, workloadNameOf } from './flags.ts';

const USUAL = { workload: 'backlog', jobs: 400, ratePerSecond: 0.16, models: 12 } as const;

/** @throws UsageError when more than one source is named */
export async function workloadSource(
  flags: SimulateFlags,
  machine: MachineSettings,
): Promise<Simulation['workload']> {
  const sources = [
    flags.workload !== undefined && '--workload',
    flags.trace !== undefined && '--trace',
    flags.fromServer !== undefined && '--from-server',
  ].filter((each) => each !== false);
  if (sources.length > 1)
    throw new UsageError(`${sources.join(' and ')} name jobs of their own. Give one of them.`);
  const settings = {
    jobs: flags.jobs ?? (sources.includes('--trace') ? Number.POSITIVE_INFINITY : USUAL.jobs),
    ratePerSecond: flags.rate ?? USUAL.ratePerSecond,
    models: flags.models ?? USUAL.models,
    zipf: flags.zipf,
    priorities: prioritiesOf(flags.priorities),
    machine,
  };
  if (flags.trace !== undefined) return traceSource(flags.trace, settings);
  const name = workloadNameOf(flags.workload ?? USUAL.workload);
  return (seed) => generate(name, settings, seed);
}

async function traceSource(file: string, settings: WorkloadSettings): Promise<Simulation['workload']> {
  const trace = parseTrace(await readText(file), file);
  return (seed) => recordedWorkload(basename(file), trace, settings, seed);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read: ${messageOf(error)}. Name a table of jobs with --trace FILE.`,
      {
        cause: error,
      },
    );
  }
}

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
import { connected } from '../connection.ts';
import { UsageError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { prioritiesOf, type SimulateFlags, workloadNameOf } from './flags.ts';
import { recordedPast } from './recorded-past.ts';

/** Of a server's past. */
const USUAL_PAST_JOBS = 10_000;

const USUAL = { workload: 'backlog', jobs: 400, ratePerSecond: 0.16, models: 12 } as const;

/** @throws UsageError when more than one source is named */
export async function workloadSource(
  flags: SimulateFlags,
  machine: MachineSettings,
  terminal: Terminal,
): Promise<Simulation['workload']> {
  const sources = [
    flags.workload !== undefined && '--workload',
    flags.trace !== undefined && '--trace',
    flags.fromServer !== undefined && '--from-server',
  ].filter((each) => each !== false);
  if (sources.length > 1)
    throw new UsageError(`${sources.join(' and ')} name jobs of their own. Give one of them.`);
  const settings = {
    jobs: flags.jobs ?? (flags.trace === undefined ? USUAL.jobs : Number.POSITIVE_INFINITY),
    ratePerSecond: flags.rate ?? USUAL.ratePerSecond,
    models: flags.models ?? USUAL.models,
    zipf: flags.zipf,
    priorities: prioritiesOf(flags.priorities),
    machine,
  };
  if (flags.trace !== undefined) return traceSource(flags.trace, settings);
  if (flags.fromServer !== undefined)
    return pastSource(flags, { ...settings, jobs: flags.jobs ?? USUAL_PAST_JOBS }, terminal);
  const name = workloadNameOf(flags.workload ?? USUAL.workload);
  return (seed) => generate(name, settings, seed);
}

async function traceSource(file: string, settings: WorkloadSettings): Promise<Simulation['workload']> {
  const trace = parseTrace(await readText(file), file);
  return (seed) => recordedWorkload(basename(file), trace, settings, seed);
}

/** Of the server of `--from-server URL`, or of the usual one. */
async function pastSource(
  { fromServer, key }: SimulateFlags,
  settings: WorkloadSettings,
  terminal: Terminal,
): Promise<Simulation['workload']> {
  const connection = {
    ...(typeof fromServer === 'string' && { server: fromServer }),
    ...(key !== undefined && { key }),
  };
  const { jobs, models } = await connected(connection, terminal, (api) => recordedPast(api, settings.jobs));
  return (seed) => recordedWorkload('recorded jobs', jobs, settings, seed, models);
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

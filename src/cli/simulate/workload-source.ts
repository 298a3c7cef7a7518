/** Where the jobs of a simulated run come from. */
import { generate, type MachineSettings, type Simulation } from '../../simulator/index.ts';
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
  const name = workloadNameOf(flags.workload ?? USUAL.workload);
  const settings = {
    jobs: flags.jobs ?? USUAL.jobs,
    ratePerSecond: flags.rate ?? USUAL.ratePerSecond,
    models: flags.models ?? USUAL.models,
    zipf: flags.zipf,
    priorities: prioritiesOf(flags.priorities),
    machine,
  };
  return (seed) => generate(name, settings, seed);
}

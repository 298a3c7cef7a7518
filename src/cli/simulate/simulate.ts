/** `vramkeeper simulate`: the real scheduler, and others, over a workload in virtual time. */
import { systemClock } from '../../clock.ts';
import {
  InvalidSimulationError,
  InvalidTraceError,
  type SimulatedRun,
  type Simulation,
  simulate,
} from '../../simulator/index.ts';
import { EXIT, type ExitCode, UsageError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { largerMachineOf, machineOf, policiesOf, type SimulateFlags, serverKindOf } from './flags.ts';
import { writeReport } from './report-file.ts';
import { runTable } from './run-table.ts';
import { workloadSource } from './workload-source.ts';

/** @throws UsageError for what makes no sense together */
export async function runSimulation(flags: SimulateFlags, terminal: Terminal): Promise<ExitCode> {
  try {
    return await simulated(flags, terminal);
  } catch (error) {
    if (error instanceof InvalidSimulationError || error instanceof InvalidTraceError)
      throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function simulated(flags: SimulateFlags, terminal: Terminal): Promise<ExitCode> {
  const machine = machineOf(flags);
  const seeds = Array.from({ length: flags.seeds }, (_, index) => flags.seed + index);
  const larger = largerMachineOf(machine, flags);
  const simulation: Simulation = {
    policies: policiesOf(flags.policy),
    server: serverKindOf(flags.server),
    machine,
    seeds,
    p95Seconds: flags.p95,
    workload: await workloadSource(flags, machine, terminal),
  };
  const runs = [...simulate(simulation, systemClock)];
  const withMore = larger && [...simulate({ ...simulation, machine: larger }, systemClock)];
  if (flags.json) {
    const told = { runs: runs.map(figuresOf), ...(withMore && { runsWithMore: withMore.map(figuresOf) }) };
    terminal.outLine(JSON.stringify(told));
  } else {
    terminal.outLine(runTable(runs, simulation, terminal.columns));
    if (larger && withMore)
      terminal.outLine(`\n${runTable(withMore, { ...simulation, machine: larger }, terminal.columns)}`);
  }
  if (flags.report !== undefined) await writeReport(flags.report, runs, simulation);
  const note = runs[0]?.workload.note;
  if (note) terminal.note(note);
  return EXIT.done;
}

function figuresOf({ figures, capacityTimes }: SimulatedRun) {
  return { ...figures, ...(capacityTimes !== null && { capacityTimes }) };
}

/** The page with drawings of a simulation. */
import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../domain/errors.ts';
import { reportPage, type SimulatedRun, type Simulation } from '../../simulator/index.ts';
import { CommandError } from '../exit.ts';
import { aboutRuns } from './run-table.ts';

/** Of the first seed. @throws CommandError when it cannot be written */
export async function writeReport(
  file: string,
  runs: readonly SimulatedRun[],
  simulation: Simulation,
): Promise<void> {
  const [first] = runs;
  if (!first) return;
  const { seed } = first.figures;
  const shown = runs.filter(({ figures }) => figures.seed === seed);
  const about = aboutRuns(first, { ...simulation, seeds: [seed] });
  const reported = shown.map(({ figures, history }) => ({ policy: figures.policy, figures, history }));
  try {
    await writeFile(file, reportPage(about, reported, first.workload.note));
  } catch (error) {
    throw new CommandError(
      `${file} cannot be written: ${messageOf(error)}. Name another file with --report.`,
      {
        cause: error,
      },
    );
  }
}

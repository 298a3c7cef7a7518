/** A folder of runs measured on a real server: a file of jobs for each, and a README.md with a table of what was measured. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readWorkload, type WorkloadJob } from './workload.ts';

/** Beside the checkout. */
export const USUAL_FOLDER = resolve(import.meta.dirname, '..', '..', '..', 'shared/reference/measured-runs');

/** The rows of the table, by what they are called there. */
export type RecordedWay = 'one Ollama' | 'attached' | 'process per model';

export interface Recorded {
  readonly seconds: number;
  readonly loads: number;
  readonly meanSeconds: number;
  readonly p95Seconds: number;
}

const SLOTS = '4';

export class RunsFolder {
  readonly #path: string;
  readonly #rows: readonly (readonly string[])[];

  /** @throws Error that says what to give */
  constructor(path: string) {
    const table = join(path, 'README.md');
    if (!existsSync(table)) {
      throw new Error(
        `There are no measured runs in ${path}: no README.md with their figures. Name their folder with --runs FOLDER.`,
      );
    }
    this.#path = path;
    this.#rows = readFileSync(table, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
  }

  /** @throws Error that names those there are */
  jobs(name: string): readonly WorkloadJob[] {
    const file = join(this.#path, `${name}.csv`);
    if (!existsSync(file)) {
      const names = [...new Set(this.#rows.map(([first]) => first ?? ''))].filter((one) =>
        existsSync(join(this.#path, `${one}.csv`)),
      );
      throw new Error(`There is no ${file}. There are: ${names.join(', ')}.`);
    }
    return readWorkload(file);
  }

  /** With four slots; null where the table has no such row. */
  recorded(name: string, way: RecordedWay): Recorded | null {
    const row = this.#rows.find((cells) => cells[0] === name && cells[1] === SLOTS && cells[2] === way);
    if (!row) return null;
    const [, , , seconds, loads, meanSeconds, p95Seconds] = row.map(Number);
    if (!seconds || !loads || !meanSeconds || !p95Seconds) return null;
    return { seconds, loads, meanSeconds, p95Seconds };
  }
}

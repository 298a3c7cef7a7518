import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InvalidSettingError } from '../../domain/errors.ts';
import { count, FAULT_SHAPE } from '../fault-schema.ts';
import { type CountedFault, type FaultSource, type Faults, NO_FAULTS } from '../faults.ts';
import { FolderLock } from './folder-lock.ts';
import { writeWhole } from './gpu-folder.ts';

/** Faults of a program, beside those of a server. Each counts down. */
export interface ProgramFaults {
  /** Starts whose look for GPUs does not come back before its limit. */
  hangDiscovery: number;
  /** Starts that never say on which port they listen. */
  noPort: number;
  /** Starts that end at once with code 1. */
  exitAtStart: number;
}

export type FolderFaultSettings = Partial<Faults & ProgramFaults>;

const FAULTS_FILE = 'faults.json';

const SCHEMA = z
  .strictObject({ ...FAULT_SHAPE, hangDiscovery: count, noPort: count, exitAtStart: count })
  .partial();

/** Fault switches in a file, for all processes together: a count of 1 fails once, whichever process comes first. */
export class FolderFaults implements FaultSource {
  readonly #path: string;
  readonly #lock: FolderLock;

  constructor(folder: string) {
    this.#path = join(folder, FAULTS_FILE);
    this.#lock = new FolderLock(folder);
  }

  get state(): Readonly<Faults> {
    return { ...NO_FAULTS, ...this.#read() };
  }

  set(faults: FolderFaultSettings): void {
    this.#lock.hold(() => writeWhole(this.#path, { ...this.#read(), ...faults }));
  }

  reset(): void {
    this.#lock.hold(() => writeWhole(this.#path, {}));
  }

  take(name: CountedFault | keyof ProgramFaults): boolean {
    // Nearly always there is none: that must not cost a lock.
    if (!this.#read()[name]) return false;
    return this.#lock.hold(() => {
      const faults = this.#read();
      const left = faults[name] ?? 0;
      if (left <= 0) return false;
      writeWhole(this.#path, { ...faults, [name]: left - 1 });
      return true;
    });
  }

  /** @throws InvalidSettingError */
  #read(): FolderFaultSettings {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return {};
    }
    const result = SCHEMA.safeParse(parseJson(text, this.#path));
    if (!result.success)
      throw new InvalidSettingError(`${this.#path} cannot be used: ${z.prettifyError(result.error)}`);
    return Object.fromEntries(
      Object.entries(result.data).filter(([, value]) => value !== undefined),
    ) as FolderFaultSettings;
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidSettingError(`${path} cannot be read as JSON.`, { cause: error });
  }
}

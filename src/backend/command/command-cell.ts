/** A server process of ours that a command started, with its model in it. */
import type { CellRole } from '../../domain/cell.ts';
import { Cell, type CellParts, type Occupant } from '../cells/cell.ts';
import { livingEngine } from '../cells/engine.ts';
import type { OpenAiConnection } from '../openai/connection.ts';
import { readStat } from '../supervisor/proc/stat.ts';

export interface CommandOccupant extends Occupant {
  /** What the server itself calls its model: some refuse every other name. */
  readonly servedName: string;
}

export interface CommandCellParts extends CellParts {
  readonly connection: OpenAiConnection;
}

export class CommandCell extends Cell<CommandOccupant> {
  readonly connection: OpenAiConnection;

  constructor(parts: CommandCellParts, role: CellRole) {
    super(parts, role);
    this.connection = parts.connection;
  }

  /** What it is made of nobody knows: a server may have workers, and a script stand before it. */
  override get holders(): readonly number[] {
    return this.occupant ? this.process.memberPids() : [];
  }

  override get cpuTicks(): number | null {
    if (!this.occupant || !livingEngine(this.occupant.engine)) return null;
    return this.holders.reduce((sum, pid) => sum + (readStat(pid)?.cpuTicks ?? 0), 0);
  }

  async disconnect(): Promise<void> {
    await this.connection.close();
  }

  protected async tidy(): Promise<void> {
    // It has nothing on the disk.
  }
}

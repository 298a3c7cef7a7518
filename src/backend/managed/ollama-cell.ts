/** One `ollama serve` process of ours, with a model folder of its own. */
import type { CellRole } from '../../domain/cell.ts';
import { Cell, type CellParts, type Occupant } from '../cells/cell.ts';
import type { OllamaConnection } from '../ollama/connection.ts';
import type { PrivateFolder } from './private-folder.ts';

/** Its options are in every request, so that none makes the cell reload; other names can be called when the folder has them too. */
export interface OllamaOccupant extends Occupant {
  readonly weightFiles: string;
}

export interface OllamaCellParts extends CellParts {
  readonly connection: OllamaConnection;
  /** Null for the library's, which works on the user's folder. */
  readonly folder: PrivateFolder | null;
}

export class OllamaCell extends Cell<OllamaOccupant> {
  readonly connection: OllamaConnection;
  readonly folder: PrivateFolder | null;
  /** Models in its folder, by name. */
  readonly names = new Set<string>();

  constructor(parts: OllamaCellParts, role: CellRole) {
    super(parts, role);
    this.connection = parts.connection;
    this.folder = parts.folder;
  }

  async disconnect(): Promise<void> {
    await this.connection.close();
  }

  protected async tidy(): Promise<void> {
    await this.folder?.remove();
  }
}

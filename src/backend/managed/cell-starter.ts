/** Starts cells. */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import type { CellRole } from '../../domain/cell.ts';
import { BackendError } from '../../domain/errors.ts';
import type { CellPlan } from '../cells/cell-plan.ts';
import { startFailure } from '../cells/failures.ts';
import { type CellPurpose, startNote } from '../cells/note.ts';
import { OllamaConnection } from '../ollama/connection.ts';
import type { Deadlines } from '../ollama/deadlines.ts';
import { versionAnswer } from '../ollama/wire.ts';
import type { ProcessSpec, Supervisor } from '../supervisor/index.ts';
import { cellKey, libraryEnvironment, plannedEnvironment } from './cell-plan.ts';
import { deviceMismatch } from './devices.ts';
import { OllamaCell, type OllamaCellParts } from './ollama-cell.ts';
import { PrivateFolder } from './private-folder.ts';
import { findProgram, type Program } from './program.ts';
import { type ManagedDeadlines, type ManagedOllamaOptions, managedDeadlines } from './settings.ts';

const LISTENING = /Listening on 127\.0\.0\.1:(?<port>\d+)/;
/** From SIGTERM to SIGKILL; Ollama itself needs some 50 ms. */
const GRACE_MS = 2_000;
const LOG_LINES = 2_000;

export interface StarterOptions {
  readonly options: ManagedOllamaOptions;
  readonly supervisor: Supervisor;
  /** Where HOME and the private model folders are. */
  readonly folder: string;
  /** Of each cell, as soon as there is one. */
  readonly made: (cell: OllamaCell) => void;
}

export class CellStarter {
  readonly deadlines: Deadlines & ManagedDeadlines;
  readonly #options: ManagedOllamaOptions;
  readonly #supervisor: Supervisor;
  readonly #made: StarterOptions['made'];
  readonly #home: string;
  readonly #modelFolders: string;
  /** The start that makes the key of HOME; several at once would each make one. */
  #keyMaker: Promise<unknown> | undefined;
  #hasStarted = false;
  readonly #left = new Set<Promise<unknown>>();

  constructor({ options, supervisor, folder, made }: StarterOptions) {
    this.deadlines = managedDeadlines(options);
    this.#options = options;
    this.#supervisor = supervisor;
    this.#made = made;
    this.#home = join(folder, 'home');
    this.#modelFolders = join(folder, 'models');
  }

  program(): Promise<Program> {
    return findProgram(this.#options.binary, this.#options.surroundings.PATH);
  }

  /** The key that a cell of this plan would have if it were started now. @throws BackendError */
  async keyOf(plan: CellPlan): Promise<string> {
    return cellKey(plan, this.#options, await this.program());
  }

  /** An empty cell for a plan, whose log names the planned cards and no others. @throws BackendError, or the signal's reason */
  async start(plan: CellPlan, purpose: CellPurpose, signal: AbortSignal): Promise<OllamaCell> {
    const program = await this.program();
    const environment = plannedEnvironment(plan, this.#options);
    const name = Buffer.from(this.#options.random.bytes(12)).toString('hex');
    const folder = await PrivateFolder.create(join(this.#modelFolders, name));
    let cell: OllamaCell | undefined;
    try {
      const env = { ...environment, OLLAMA_MODELS: folder.path };
      const key = cellKey(plan, this.#options, program);
      cell = await this.#launch({ plan, key, folder, env, program, purpose }, signal);
      const mismatch = deviceMismatch(plan.gpus, cell.process.output.tail(LOG_LINES));
      if (mismatch === null) return cell;
      const planned = plan.gpus.map((gpu) => gpu.key).join(', ') || 'no GPU';
      // A driver that lost a card may find it again, and no job is to blame for it.
      throw new BackendError(
        'LOAD_FAILED',
        'retry',
        `A server process was started for ${planned}, but ${mismatch}. Look into its log; managed.env may name other devices.`,
      );
    } catch (error) {
      await cell?.end('It does not see the cards that were planned for it.');
      await folder.remove();
      throw error;
    }
  }

  /** The cell that serves the user's own model folder. @throws BackendError, or the signal's reason */
  async startLibrary(models: string, reason: string, signal: AbortSignal): Promise<OllamaCell> {
    const program = await this.program();
    const environment = libraryEnvironment(this.#options);
    const plan: CellPlan = {
      gpus: [],
      config: { parallel: 1, kvCacheType: 'f16', flashAttention: null },
    };
    const env = { ...environment, OLLAMA_MODELS: models };
    const key = cellKey(plan, this.#options, program);
    const purpose: CellPurpose = { role: 'library', modelName: null, reason };
    return this.#launch({ plan, key, folder: null, env, program, purpose }, signal);
  }

  /** A cell around a process that is there already. */
  cellOf(parts: Omit<OllamaCellParts, 'connection' | 'clock' | 'leave'>, role: CellRole): OllamaCell {
    const url = `http://127.0.0.1:${parts.process.port}`;
    const connection = new OllamaConnection({
      url,
      clock: this.#options.clock,
      deadlines: this.deadlines,
    });
    const leave = (work: Promise<unknown>) => {
      this.#left.add(work);
      void work.finally(() => this.#left.delete(work));
    };
    const cell = new OllamaCell({ ...parts, connection, clock: this.#options.clock, leave }, role);
    this.#made(cell);
    return cell;
  }

  /** Resolves when what ended cells left to be done is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#left);
  }

  async #launch(
    start: Pick<OllamaCell, 'plan' | 'key' | 'folder'> & {
      readonly purpose: CellPurpose;
      readonly env: Readonly<Record<string, string>>;
      readonly program: Program;
    },
    signal: AbortSignal,
  ): Promise<OllamaCell> {
    const { plan, key, folder, purpose } = start;
    const spec: ProcessSpec = {
      name: `${this.#options.name}'s ${purpose.role === 'library' ? 'library' : 'model'} server`,
      command: start.program.path,
      args: ['serve'],
      env: { ...start.env, HOME: this.#home },
      readiness: {
        port: { kind: 'from-output', pattern: LISTENING },
        probe: askVersion,
        readyLimitMs: this.deadlines.cellReadyMs,
      },
      note: startNote(plan, purpose),
      graceMs: GRACE_MS,
    };
    try {
      await mkdir(this.#home, { recursive: true, mode: 0o700 });
      const process = await this.#withKey(() => this.#supervisor.start(spec, { signal }));
      return this.cellOf({ process, plan, key, folder }, purpose.role);
    } catch (error) {
      throw startFailure(error);
    }
  }

  async #withKey<T>(start: () => Promise<T>): Promise<T> {
    while (!(this.#hasStarted || (await this.#hasKey()))) {
      if (!this.#keyMaker) {
        const made = start().then((started) => {
          this.#hasStarted = true;
          return started;
        });
        const done = () => {
          this.#keyMaker = undefined;
        };
        this.#keyMaker = made.then(done, done);
        return made;
      }
      await this.#keyMaker;
    }
    return start();
  }

  #hasKey(): Promise<boolean> {
    return access(join(this.#home, '.ollama', 'id_ed25519')).then(
      () => true,
      () => false,
    );
  }
}

async function askVersion(port: number, signal: AbortSignal): Promise<void> {
  const answer = await request(`http://127.0.0.1:${port}/api/version`, { signal });
  if (answer.statusCode !== 200) throw new Error(`it answers with status ${answer.statusCode}`);
  versionAnswer.parse(await answer.body.json());
}

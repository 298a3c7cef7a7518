/** Runs server processes: starts them, sees them end, ends them, and finds again what an earlier server left behind. */
import type { Clock, Random } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { notAdoptable, requireAdoptable } from './adoption.ts';
import { BackOff, type BackOffSettings } from './back-off.ts';
import { endGroup } from './end-group.ts';
import {
  PortTakenError,
  ProcessExitedError,
  ProcessStuckError,
  ProgramBackingOffError,
  ReadinessLimitError,
  SupervisorStoppedError,
} from './errors.ts';
import { findFreePort } from './free-port.ts';
import { launch } from './launch.ts';
import { watchLeader } from './leader.ts';
import { OutputFile } from './output-file.ts';
import { readBootId } from './proc/host.ts';
import { ProcessRecords } from './process-record.ts';
import { DEFAULTS, type ProcessSpec, withPort } from './process-spec.ts';
import { becomeReady } from './readiness.ts';
import { type SupervisedParts, SupervisedProcess } from './supervised-process.ts';
import { findSurvivors, type Survivor } from './survivors.ts';
import { newUuid } from './uuid.ts';

export interface SupervisorOptions {
  /** Records and logs are in its folder `cells`. Whoever holds the data folder sees to it that there is one supervisor. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly backOff?: BackOffSettings;
}

export interface StartOptions {
  readonly signal?: AbortSignal;
  /** Called with each process that is started for it, which is not ready yet: more than once where a port turns out to be taken. */
  readonly launched?: (process: SupervisedProcess) => void;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PORT_ATTEMPTS = 5;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #bootId: string;
  readonly #records: ProcessRecords;
  readonly #backOff: BackOff;
  readonly #processes = new Map<string, SupervisedProcess>();
  /** Of starts that have no process yet. */
  readonly #launching = new Set<string>();
  readonly #starts = new Set<Promise<unknown>>();
  readonly #listeners = new Set<(process: SupervisedProcess) => void>();
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;

  /** @throws SupervisionUnsupportedError on anything but Linux with /proc */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#bootId = readBootId();
    this.#records = new ProcessRecords(options.dataDir);
    this.#backOff = new BackOff(options.clock, options.random, options.backOff);
  }

  /** All that are not EXITED, those that are only starting included; oldest first. */
  get processes(): readonly SupervisedProcess[] {
    return [...this.#processes.values()];
  }

  /** Calls back at every change of a process's state, until released. */
  onChange(listener: (process: SupervisedProcess) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Milliseconds until a program of that name may be started again; 0 for now. */
  waitMs(name: string): number {
    return this.#backOff.waitMs(name);
  }

  /** The newest lines of a process's output, oldest first, also of one that ended a while ago; none when it is not known. */
  tail(uuid: string, lineCount: number): readonly string[] {
    // The id becomes part of a path.
    return UUID.test(uuid) ? OutputFile.tailOf(this.#records.logPath(uuid), lineCount) : [];
  }

  /**
   * Resolves when it is READY. When it is not to be, or `signal` aborts, everything of it is ended before this rejects.
   * @throws ProgramNotRunnableError | ProcessRecordError | ProcessExitedError | ReadinessLimitError | PortTakenError |
   * ProgramBackingOffError | SupervisorStoppedError | ProcessStuckError | the signal's reason
   */
  start(spec: ProcessSpec, options: StartOptions = {}): Promise<SupervisedProcess> {
    const signals = options.signal ? [options.signal, this.#stopped.signal] : [this.#stopped.signal];
    const started = this.#start(spec, { ...options, signal: AbortSignal.any(signals) });
    this.#starts.add(started);
    const done = () => this.#starts.delete(started);
    started.then(done, done);
    return started;
  }

  /** What an earlier server left running and nobody looks after. To be adopted or ended, each of them. */
  async findSurvivors(): Promise<readonly Survivor[]> {
    this.#stopped.signal.throwIfAborted();
    const home = await this.#records.open();
    return findSurvivors({
      records: this.#records,
      home,
      bootId: this.#bootId,
      isSupervised: (uuid) => this.#isSupervised(uuid),
      clock: this.#options.clock,
      logger: this.#options.logger,
    });
  }

  /**
   * Looks after it from now on, as READY. That it is still the listener on its recorded port is checked here; whether it
   * is well is for the caller to find out.
   * @throws NotAdoptableError; it is still there to be ended then
   */
  async adopt(survivor: Survivor): Promise<SupervisedProcess> {
    const { uuid, group } = survivor;
    const { clock, logger } = this.#options;
    const path = this.#records.logPath(uuid);
    const { record, leader } = await requireAdoptable(survivor, path);
    // Looked at after the wait, so that two at once do not both take it over.
    this.#stopped.signal.throwIfAborted();
    if (this.#processes.has(uuid)) throw notAdoptable(uuid, 'it is under supervision already');
    return this.#supervise({
      record,
      leader: watchLeader(leader, clock),
      group,
      output: new OutputFile({ path, limitBytes: record.logBytes, clock, logger }),
      adopted: true,
    });
  }

  /**
   * Ends it and all its children. Resolves when nothing of it is left.
   * @throws ProcessStuckError; its record stays
   */
  async end(survivor: Survivor): Promise<void> {
    const supervised = this.#processes.get(survivor.uuid);
    if (supervised) {
      await supervised.end();
      return;
    }
    const outcome = await endGroup(survivor.group, {
      graceMs: survivor.record?.graceMs ?? DEFAULTS.graceMs,
      clock: this.#options.clock,
    });
    if (outcome.kind === 'stuck') {
      throw new ProcessStuckError(
        survivor.record?.name ?? survivor.uuid,
        outcome.members.map((member) => member.pid),
      );
    }
    await this.#records.remove(survivor.uuid);
  }

  /**
   * Ends all, at once; no start afterwards. With `keep`, those that are READY are left running for the next server to find.
   * @throws ProcessStuckError when something does not end; an AggregateError of several
   */
  stop(options: { readonly keep?: boolean } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.keep ?? false);
    return this.#stopping;
  }

  async #start(
    spec: ProcessSpec,
    options: StartOptions & { readonly signal: AbortSignal },
  ): Promise<SupervisedProcess> {
    if (spec.readiness.port.kind === 'from-output') return this.#attempt(spec, null, options);
    for (let attempt = 1; ; attempt += 1) {
      const port = await findFreePort();
      try {
        return await this.#attempt(withPort(spec, port), port, options);
      } catch (error) {
        if (!(error instanceof PortTakenError) || attempt === PORT_ATTEMPTS) throw error;
        this.#options.logger.info(`${spec.name} found port ${port} taken; it gets another one.`);
      }
    }
  }

  async #attempt(
    spec: ProcessSpec,
    chosenPort: number | null,
    { signal, launched }: StartOptions & { readonly signal: AbortSignal },
  ): Promise<SupervisedProcess> {
    signal.throwIfAborted();
    const waitMs = this.#backOff.waitMs(spec.name);
    if (waitMs > 0) throw new ProgramBackingOffError(spec.name, this.#backOff.deaths(spec.name), waitMs);
    const process = await this.#launch(spec);
    launched?.(process);
    const { clock } = this.#options;
    try {
      await becomeReady(process, { readiness: spec.readiness, chosenPort, clock, signal });
      return process;
    } catch (error) {
      if (error instanceof ReadinessLimitError || error instanceof ProcessExitedError) {
        this.#backOff.died(spec.name, clock.now() - process.startedAt);
      }
      await process.end();
      throw error;
    }
  }

  async #launch(spec: ProcessSpec): Promise<SupervisedProcess> {
    const { clock, random, logger } = this.#options;
    const uuid = newUuid(random);
    this.#launching.add(uuid);
    try {
      const launched = await launch({
        spec,
        uuid,
        records: this.#records,
        bootId: this.#bootId,
        clock,
        logger,
      });
      return this.#supervise({ ...launched, adopted: false });
    } finally {
      this.#launching.delete(uuid);
    }
  }

  #supervise(
    parts: Pick<SupervisedParts, 'record' | 'leader' | 'group' | 'output' | 'adopted'>,
  ): SupervisedProcess {
    const { clock, logger } = this.#options;
    const process = new SupervisedProcess({
      ...parts,
      records: this.#records,
      clock,
      logger,
      onChange: (changed) => this.#changed(changed),
    });
    this.#processes.set(process.uuid, process);
    this.#changed(process);
    return process;
  }

  #changed(process: SupervisedProcess): void {
    const { logger } = this.#options;
    const fields = { cell: process.uuid, pid: process.pid, port: process.port };
    switch (process.state) {
      case 'STARTING':
        logger.debug(`${process.name} was started.`, fields);
        break;
      case 'READY':
        logger.info(`${process.name} is ${process.adopted ? 'taken over' : 'ready'}.`, fields);
        break;
      case 'STOPPING':
        break;
      case 'SWEEPING':
        this.#noteDeath(process);
        break;
      case 'EXITED':
        this.#processes.delete(process.uuid);
        this.#tidy();
        break;
      default:
        process.state satisfies never;
    }
    for (const listener of this.#listeners) {
      try {
        listener(process);
      } catch (error) {
        // A listener's fault must not keep a process from being ended.
        logger.error('A listener to process states failed.', { cause: messageOf(error) });
      }
    }
  }

  #isSupervised(uuid: string): boolean {
    return this.#processes.has(uuid) || this.#launching.has(uuid);
  }

  #tidy(): void {
    this.#records
      .tidy((uuid) => this.#isSupervised(uuid))
      .catch((error: unknown) => {
        this.#options.logger.warn('Old logs of ended processes cannot be removed.', {
          cause: messageOf(error),
        });
      });
  }

  #noteDeath(process: SupervisedProcess): void {
    const { exit } = process;
    if (!exit) return;
    const { logger } = this.#options;
    if (exit.asked) logger.info(`${process.name} ended.`, { cell: process.uuid, livedMs: exit.livedMs });
    else {
      // The death of one that was not ready yet is counted where it is known whether only its port was taken.
      if (process.port !== null) this.#backOff.died(process.name, exit.livedMs);
      logger.warn(`${process.name} died: ${exit.why}`, { cell: process.uuid, log: process.output.path });
    }
  }

  async #release(process: SupervisedProcess): Promise<void> {
    this.#processes.delete(process.uuid);
    await process.release();
  }

  async #stop(keep: boolean): Promise<void> {
    this.#stopped.abort(new SupervisorStoppedError('The server is stopping; it starts no more processes.'));
    if (keep) {
      for (const process of this.processes) if (process.state === 'READY') await this.#release(process);
    }
    const ends = this.processes.map((process) => process.end());
    const results = await Promise.allSettled(ends);
    // Starts end what they had begun, also what had no process yet above.
    await Promise.allSettled(this.#starts);
    for (const process of this.processes) await this.#release(process);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Several processes do not end.');
  }
}

import type { Clock } from '../../clock.ts';
import type { OllamaError } from '../../ollama-api/errors.ts';
import type { EventLog } from '../events.ts';
import { type FaultSource, isMeant } from '../faults.ts';
import type { GpuMemory, GpuState } from '../gpu-memory.ts';
import { MIB, type VirtualOllamaSettings } from '../settings.ts';
import { Batch, type BatchTimings } from './batch.ts';
import { displayNames } from './catalog.ts';
import { embeddingOf } from './embedding.ts';
import { EngineLoad, type LoadResult } from './engine-load.ts';
import { CRASHED, EMBEDDING_CUT, FAILED, loadFailure, RAN_OUT, STOPPED } from './engine-messages.ts';
import type { EngineLaunch, EngineProcess, EngineStarter } from './engine-process.ts';
import { EngineError } from './errors.ts';
import { type Footprint, isKnownKvType, placeEngine } from './footprint.ts';
import type { Pace } from './pace.ts';
import { Slots } from './slots.ts';
import { countTokens } from './text.ts';

/** What every engine of a server shares. */
export interface EngineWorld {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly settings: VirtualOllamaSettings;
  readonly memory: GpuMemory;
  readonly faults: FaultSource;
  readonly events: EventLog;
  nextPid(): number;
  readonly startEngine?: EngineStarter;
}

export interface GenerationTimings extends BatchTimings {
  readonly outputTokens: number;
}

export interface GenerationSink {
  /** The wait for a slot is over. A text is returned here to refuse the work with it. */
  started?(): OllamaError | undefined;
  token?(index: number): void;
  done(timings: GenerationTimings): void;
  failed(error: OllamaError): void;
}

export interface GenerationWork {
  /** What it is about, for faults that look at it. */
  readonly prompt?: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Ends the request; what it was doing stops, and its slot is free at once. */
export interface Cancelable {
  cancel(): void;
}

/**
 * The engine process of one model: it takes memory, loads, works with its slots, and dies. Ollama only sees
 * what it says; nothing here knows of Ollama's scheduler.
 */
export class Engine {
  readonly pid: number;
  readonly launch: EngineLaunch;
  /** What was free on each of its cards when it started: Ollama keeps this as its reading of the card. */
  readonly freeAtLoad: ReadonlyMap<number, number>;
  readonly #world: EngineWorld;
  readonly #slots: Slots;
  readonly #footprint: Footprint | 'out of memory';
  readonly #batch: Batch;
  readonly #work = new Set<{ fail(error: OllamaError): void }>();
  /** Who waits to hear whether it still answers. */
  readonly #checks = new Set<() => void>();
  readonly #process: EngineProcess | undefined;
  #alive = true;
  #load: EngineLoad | undefined;

  constructor(world: EngineWorld, launch: EngineLaunch) {
    this.#world = world;
    this.launch = launch;
    this.#process = world.startEngine?.(launch);
    this.pid = this.#process?.pid ?? world.nextPid();
    this.#process?.onExit(() => this.#onProcessExit());
    this.#slots = new Slots(launch.parallel);
    const cards = this.#cards();
    this.freeAtLoad = new Map(
      cards.map((card) => [card.index, Math.floor(card.freeBytes / MIB) * MIB] as const),
    );
    this.#footprint = this.#place(cards);
    this.#batch = new Batch(world.clock, world.pace, cards.length > 0 ? this.gpuPart : undefined);
  }

  get alive(): boolean {
    return this.#alive;
  }

  get gpuPart(): number {
    return this.#footprint === 'out of memory' ? 0 : this.#footprint.gpuPart;
  }

  /** Bytes on cards, as its log tells Ollama. */
  get vramBytes(): number {
    return this.#footprint === 'out of memory' ? 0 : this.#footprint.vramBytes;
  }

  /** Everything it takes; equal to `vramBytes` when every layer is on a card. */
  get totalBytes(): number {
    return this.#footprint === 'out of memory' ? 0 : this.#footprint.totalBytes;
  }

  vramOn(gpu: number): number {
    if (this.#footprint === 'out of memory') return 0;
    const share = this.#footprint.shares.find((candidate) => candidate.gpu === gpu);
    return share ? share.bytes - this.#world.settings.contextBytes : 0;
  }

  get busy(): number {
    return this.#batch.size;
  }

  get waiting(): number {
    return this.#slots.waiting;
  }

  #cards(): readonly GpuState[] {
    const { launch } = this;
    if (launch.options.numGpu === 0) return [];
    const seen = this.#world.memory.read().filter((gpu) => launch.gpus.includes(gpu.index));
    const { mainGpu } = launch.options;
    const only =
      mainGpu !== undefined && this.#world.settings.regime !== 'classic' ? seen[mainGpu] : undefined;
    return only ? [only] : seen;
  }

  #place(cards: readonly GpuState[]): Footprint | 'out of memory' {
    const { memory, faults, settings } = this.#world;
    const { model, options, parallel } = this.launch;
    const footprint = placeEngine(model, options, parallel, cards, settings);
    if (footprint === 'out of memory') return footprint;
    if (cards.length > 0 && faults.take('oomOnLoad')) return 'out of memory';
    const owner = { pid: this.pid, name: 'llama-server' };
    return memory.allocate(owner, footprint.shares) === 'ok' ? footprint : 'out of memory';
  }

  /** Loads; the result is told at one of the times at which Ollama looks. `abandon` ends the wait likewise. */
  load(done: (result: LoadResult) => void): { abandon(): void } {
    const { clock, pace, faults, settings } = this.#world;
    const load = new EngineLoad(clock, pace, done);
    this.#load = load;
    const hung = faults.take('hangLoad');
    const crashed = faults.take('crashOnLoad');
    const readyMs = pace.loadMs(this.launch.model.weightsBytes);
    if (!isKnownKvType(settings.kvCacheType)) load.endAfter(0, loadFailure(settings.regime, 'bad argument'));
    else if (this.#footprint === 'out of memory') {
      load.endAfter(pace.outOfMemoryMs, loadFailure(settings.regime, 'out of memory'));
    } else if (!this.#alive) load.endAfter(0, loadFailure(settings.regime, 'killed'));
    else if (hung) load.endAfter(pace.loadTimeoutMs, loadFailure(settings.regime, 'stalled'));
    else if (crashed) load.endAfter(readyMs / 2, loadFailure(settings.regime, 'killed'));
    else this.#readyAfter(readyMs, load);
    return load;
  }

  /** A process is not ready before it has said a word; one that never does has stalled. */
  #readyAfter(readyMs: number, load: EngineLoad): void {
    if (!this.#process) {
      load.endAfter(readyMs, undefined);
      return;
    }
    const { clock, pace, settings } = this.#world;
    const startMs = clock.monotonic();
    load.endAfter(pace.startLimitMs, loadFailure(settings.regime, 'stalled'));
    this.#process.echo(() => load.endAfter(Math.max(readyMs, clock.monotonic() - startMs), undefined));
    this.#readOn(load);
  }

  /** A load that gets on reads its file, which can be seen of its process. */
  #readOn(load: EngineLoad): void {
    this.#world.clock.after(this.#world.pace.loadPollMs, () => {
      if (load.isOver) return;
      this.#process?.echo(() => {});
      this.#readOn(load);
    });
  }

  /**
   * Ollama's health check: whether the engine answers, at once where it is no process of its own. One that does not within the limit is
   * as good as dead.
   */
  whenChecked(then: () => void): void {
    if (!this.#process || !this.#alive) {
      then();
      return;
    }
    const check = () => {
      if (!this.#checks.delete(check)) return;
      limit.cancel();
      then();
    };
    this.#checks.add(check);
    const limit = this.#world.clock.after(this.#world.pace.healthCheckMs, () => this.die(CRASHED));
    this.#process.echo(check);
  }

  /** Everything that the engine says goes through its process: a stopped one falls silent. */
  #say(words: () => void): void {
    if (this.#process) this.#process.echo(words);
    else words();
  }

  /** Somebody else ended it. */
  #onProcessExit(): void {
    if (!this.#alive) return;
    // A load that it was in fails in its own words, when Ollama looks next.
    this.#load?.fail(loadFailure(this.#world.settings.regime, 'killed'));
    this.#load = undefined;
    this.die(CRASHED);
  }

  /** Works on a prompt as soon as a slot is free. */
  generate(work: GenerationWork, sink: GenerationSink): Cancelable {
    return this.#inSlot(sink, (finish) => {
      const refusal = sink.started?.();
      if (refusal) {
        finish(() => sink.failed(refusal));
        return { stop: () => {}, midStream: false };
      }
      const half = Math.floor(work.outputTokens / 2);
      const { faults } = this.#world;
      if (isMeant(faults, 'failOf', work.prompt ?? '')) {
        finish(() => sink.failed(new EngineError(FAILED)));
        return { stop: () => {}, midStream: false };
      }
      const dies = isMeant(faults, 'dieOf', work.prompt ?? '') || faults.take('dieMidStream');
      const runsOut = !dies && faults.take('oomMidStream');
      const stalls = !dies && !runsOut && faults.take('stallMidStream');
      const member = this.#batch.add({
        ...work,
        ...(dies || runsOut ? { dieAt: half } : {}),
        ...(stalls ? { stallAt: half } : {}),
        ...(sink.token ? { onToken: (index: number) => this.#say(() => sink.token?.(index)) } : {}),
        onDone: (timings) =>
          this.#say(() => finish(() => sink.done({ ...timings, outputTokens: work.outputTokens }))),
        onDie: () => this.die(runsOut ? RAN_OUT : CRASHED),
      });
      return { stop: () => member.leave(), midStream: true };
    });
  }

  /** The vector of a text: deterministic, not normalised. */
  embed(
    text: string,
    sink: { done(vector: number[], tokens: number): void; failed(error: OllamaError): void },
  ): Cancelable {
    return this.#inSlot(sink, (finish) => {
      const { clock, pace, faults } = this.#world;
      const tokens = countTokens(text);
      if (isMeant(faults, 'failOf', text)) {
        finish(() => sink.failed(new EngineError(FAILED)));
        return { stop: () => {}, midStream: false };
      }
      if (isMeant(faults, 'dieOf', text) || faults.take('dieMidStream')) {
        this.die(EMBEDDING_CUT);
        return { stop: () => {}, midStream: false };
      }
      const timer = clock.after(pace.embeddingMs(tokens), () =>
        this.#say(() => finish(() => sink.done(this.#vectorOf(text), tokens))),
      );
      return { stop: () => timer.cancel(), midStream: false };
    });
  }

  #vectorOf(text: string): number[] {
    const vector = embeddingOf(this.launch.model, text);
    return isMeant(this.#world.faults, 'notANumberOf', text) ? vector.map(() => Number.NaN) : vector;
  }

  /**
   * Runs `begin` in a slot. `finish` frees the slot and reports. A cancelled wait takes no slot; a cancelled
   * generation gives its slot back, unless the slot leak is switched on.
   */
  #inSlot(
    sink: { failed(error: OllamaError): void },
    begin: (finish: (report: () => void) => void) => { stop(): void; midStream: boolean },
  ): Cancelable {
    let running: { stop(): void; midStream: boolean } | undefined;
    let over = false;
    let holdsSlot = false;
    const settle = (report?: () => void) => {
      if (over) return;
      over = true;
      this.#work.delete(entry);
      running?.stop();
      if (holdsSlot) this.#slots.release();
      report?.();
    };
    const entry = { fail: (error: OllamaError) => settle(() => sink.failed(error)) };
    this.#work.add(entry);
    const wait = this.#slots.acquire(() => {
      holdsSlot = true;
      if (!this.#alive) settle(() => sink.failed(new EngineError(STOPPED)));
      else running = begin(settle);
    });
    return {
      cancel: () => {
        if (over) return;
        wait.withdraw();
        const leaks = running?.midStream && this.#world.faults.state.slotLeakOnAbort;
        if (leaks) holdsSlot = false;
        settle();
      },
    };
  }

  /** Dies by itself: everybody who is being served hears of it, those who wait fail one after the other. */
  die(message: string): void {
    if (!this.#alive) return;
    this.#world.events.add({
      kind: 'engine-died',
      model: displayNames.short(this.launch.model.name),
      pid: this.pid,
    });
    this.#end(new EngineError(message));
  }

  /** Ended by Ollama (SIGKILL): its memory is free at once. */
  kill(): void {
    this.#end(new EngineError(STOPPED));
  }

  /** Left behind by a killed server: it works for nobody and keeps its memory. */
  orphan(): void {
    this.#alive = false;
    this.#load?.drop();
    this.#batch.clear();
    this.#work.clear();
  }

  #end(error: OllamaError): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#load?.drop();
    this.#process?.kill();
    this.#world.memory.free(this.pid);
    this.#batch.clear();
    for (const work of [...this.#work]) work.fail(error);
    for (const check of [...this.#checks]) check();
  }
}

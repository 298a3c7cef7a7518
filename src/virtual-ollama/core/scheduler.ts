import type { Clock, Random } from '../../clock.ts';
import { OllamaError, QUEUE_FULL, RequestCanceledError } from '../../ollama-api/errors.ts';
import { type Admission, admit, lowerAutomaticContext } from './admission.ts';
import { type CatalogModel, displayNames } from './catalog.ts';
import { CompletedLoop, stopTimer } from './completed-loop.ts';
import type { Engine, EngineWorld } from './engine.ts';
import { isOutOfMemory } from './errors.ts';
import { type FailedLoad, Loader } from './loader.ts';
import { MemoryBelief, type Reading } from './memory-belief.ts';
import { MetadataCache } from './metadata.ts';
import { type Lease, type Pending, pendingOf, type RunnerRequest, slotsOf } from './pending.ts';
import { chooseVictim, needsReload, type Runner, runnerKey } from './runner.ts';
import { systemMemoryRefusal } from './system-memory.ts';

/** The first of the scheduler's two loops is always in one of these. */
type LoopState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly pending: Pending }
  /** For that many unload events, of any model. */
  | { readonly kind: 'waiting'; readonly pending: Pending; remaining: number };

/** What one judgement of a request came to. */
type Step =
  | { readonly kind: 'over' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'evict'; readonly victim: Runner | undefined; readonly cause: 'evicted' | 'reloaded' };

const MODELS_PER_GPU = 3;

/**
 * Ollama's scheduler. A request for a loaded model with fitting options gets its runner at once, past every
 * queue and limit. All others queue for one loop that loads one model at a time and stays with a request until
 * its model is loaded or has failed: nobody overtakes. It evicts one model, waits for *any* unload, and judges
 * afresh. Both of Ollama's wedges follow from this and are not cured here.
 */
export class Scheduler {
  readonly #world: EngineWorld;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #belief: MemoryBelief;
  readonly #completed: CompletedLoop;
  readonly #loader: Loader;
  readonly #metadata: MetadataCache;
  readonly #loaded = new Map<string, Runner>();
  readonly #queue: Pending[] = [];
  #state: LoopState = { kind: 'idle' };
  /** Unload events that nobody has waited for yet. */
  #unreadUnloads = 0;
  #waking = false;

  constructor(world: EngineWorld, random: Random) {
    this.#world = world;
    this.#clock = world.clock;
    this.#random = random;
    const { memory, clock, pace, settings } = world;
    this.#belief = new MemoryBelief({ memory, random, clock, pace, regime: settings.regime });
    this.#loader = new Loader(world);
    this.#metadata = new MetadataCache(clock, random, pace);
    this.#completed = new CompletedLoop({
      clock,
      belief: this.#belief,
      events: world.events,
      loaded: this.#loaded,
      onUnloaded: () => this.#onUnloaded(),
    });
  }

  /** Loaded runners. A model that is being loaded is not among them. */
  runners(): Runner[] {
    return [...this.#loaded.values()];
  }

  /** Requests that wait behind the one being worked on. */
  get queued(): number {
    return this.#queue.length;
  }

  /** What the loading loop is doing, and for which model. */
  get activity(): { readonly kind: LoopState['kind']; readonly model?: string } {
    const state = this.#state;
    if (state.kind === 'idle') return { kind: 'idle' };
    return { kind: state.kind, model: displayNames.short(state.pending.model.name) };
  }

  request(request: RunnerRequest): Lease {
    const pending = pendingOf(request, this.#world.settings.regime !== 'classic');
    if (this.#world.settings.regime === 'classic') this.#accept(pending);
    else this.#metadata.whenKnown(request.model, () => this.#accept(pending));
    return { end: () => this.#end(pending) };
  }

  /** Hands out a loaded runner, or queues, or refuses. */
  #accept(pending: Pending): void {
    if (pending.ended) return;
    const runner = this.#usable(pending);
    if (!runner) {
      this.#enqueue(pending);
      return;
    }
    runner.engine.whenChecked(() => {
      if (pending.ended) return;
      // It may have died, or gone, while it was asked.
      const checked = this.#usable(pending);
      if (checked) this.#handOut(checked, pending);
      else this.#enqueue(pending);
    });
  }

  #usable(pending: Pending): Runner | undefined {
    const runner = this.#loaded.get(pending.key);
    return runner && !needsReload(runner, pending) ? runner : undefined;
  }

  #enqueue(pending: Pending): void {
    if (this.#hasRoom()) {
      this.#queue.push(pending);
      this.#wake();
    } else {
      this.#world.events.add({ kind: 'refused', model: displayNames.short(pending.model.name) });
      pending.onError(new OllamaError(503, QUEUE_FULL));
    }
  }

  /** `keep_alive: 0` without work: returns at once; the model goes when its requests are done. */
  unload(model: CatalogModel): void {
    const runner = this.#loaded.get(runnerKey(model));
    if (!runner) return;
    runner.expiresAtMs = this.#clock.now();
    this.#completed.expire(runner, 'requested');
  }

  /** A generation ran out of memory: every model goes, so that the next request finds room. */
  expireAll(): void {
    for (const runner of this.#loaded.values()) this.#completed.expire(runner, 'out-of-memory');
  }

  /** Kills or leaves behind every engine; the clock's owner has ended all timers. */
  stop(engineEnd: (engine: Engine) => void): void {
    for (const runner of this.#loaded.values()) {
      stopTimer(runner);
      engineEnd(runner.engine);
    }
    this.#loaded.clear();
    this.#queue.length = 0;
    this.#loader.stop(engineEnd);
  }

  #hasRoom(): boolean {
    const { maxQueue } = this.#world.settings;
    if (maxQueue === 0) return this.#state.kind === 'idle' && this.#queue.length === 0;
    return this.#queue.length < maxQueue;
  }

  #handOut(runner: Runner, pending: Pending): void {
    runner.references++;
    stopTimer(runner);
    if (pending.keepAliveMs !== undefined) runner.sessionMs = pending.keepAliveMs;
    this.#give(runner, pending);
  }

  #give(runner: Runner, pending: Pending): void {
    pending.runner = runner;
    if (pending.ended) this.#completed.finished(runner.key);
    else pending.onRunner(runner);
  }

  #end(pending: Pending): void {
    if (pending.ended) return;
    pending.ended = true;
    if (pending.runner) this.#completed.finished(pending.runner.key);
    else pending.load?.abandon();
  }

  #wake(): void {
    if (this.#waking || this.#state.kind !== 'idle') return;
    this.#waking = true;
    this.#clock.after(0, () => {
      this.#waking = false;
      this.#run();
    });
  }

  /** Takes the next request, or throws away an unload event that nobody waits for: by chance when there are both. */
  #run(): void {
    while (this.#state.kind === 'idle') {
      if (this.#unreadUnloads > 0 && (this.#queue.length === 0 || this.#random.next() < 0.5)) {
        this.#unreadUnloads--;
        continue;
      }
      const pending = this.#queue.shift();
      if (!pending) return;
      if (!pending.ended) this.#consider(pending);
    }
  }

  #onUnloaded(): void {
    const state = this.#state;
    if (state.kind !== 'waiting') {
      this.#unreadUnloads++;
      this.#wake();
      return;
    }
    state.remaining--;
    if (state.remaining > 0) return;
    this.#clock.after(0, () => {
      if (this.#state !== state) return;
      this.#consider(state.pending);
      this.#run();
    });
  }

  /** Judges a request until it is loading, served, or waiting for an unload. */
  #consider(pending: Pending): void {
    for (;;) {
      const step = this.#judge(pending);
      if (step.kind === 'over') {
        this.#state = { kind: 'idle' };
        return;
      }
      if (step.kind === 'loading') return;
      if (!step.victim) continue;
      this.#completed.expire(step.victim, step.cause);
      if (this.#unreadUnloads === 0) {
        this.#state = { kind: 'waiting', pending, remaining: 1 };
        return;
      }
      this.#unreadUnloads--;
    }
  }

  #judge(pending: Pending): Step {
    const runner = this.#loaded.get(pending.key);
    if (runner) {
      if (needsReload(runner, pending)) return { kind: 'evict', victim: runner, cause: 'reloaded' };
      this.#handOut(runner, pending);
      return { kind: 'over' };
    }
    const limit =
      this.#world.settings.maxLoadedModels || MODELS_PER_GPU * Math.max(1, this.#world.memory.read().length);
    const evict = () =>
      ({ kind: 'evict', victim: chooseVictim(this.#loaded.values()), cause: 'evicted' }) as const;
    if (this.#loaded.size >= limit) return evict();
    const numGpu = pending.options.runner.numGpu;
    const reading: Reading =
      numGpu === 0
        ? { gpus: [], tookMs: 0 }
        : this.#belief.available(this.#belief.snapshot(this.#loaded.values()));
    const admission = admit(
      {
        model: pending.model,
        options: pending.options.runner,
        numBatchAutomatic: pending.options.numBatchAutomatic,
        parallel: slotsOf(pending.model, this.#world.settings.numParallel),
        cards: reading.gpus,
        othersLoaded: this.#loaded.size > 0,
      },
      this.#world.settings,
    );
    if (admission.verdict === 'evict') return evict();
    const refusal = systemMemoryRefusal(pending, admission, this.runners(), this.#world);
    if (refusal === 'evict') return evict();
    if (refusal) {
      pending.onError(refusal);
      return { kind: 'over' };
    }
    this.#state = { kind: 'loading', pending };
    this.#clock.after(reading.tookMs, () => this.#load(pending, admission));
    return { kind: 'loading' };
  }

  #load(pending: Pending, admission: Admission): void {
    const othersLoaded = this.#loaded.size > 0;
    this.#loader.load(pending, admission, (outcome) => {
      if (outcome.kind === 'loaded') {
        this.#loaded.set(outcome.runner.key, outcome.runner);
        this.#state = { kind: 'idle' };
        this.#give(outcome.runner, pending);
      } else this.#loadFailed(pending, outcome, othersLoaded);
      this.#run();
    });
  }

  /** Out of memory is tried once more: with a smaller automatic context, or after evicting everybody else. */
  #loadFailed(pending: Pending, { error, pid }: FailedLoad, othersLoaded: boolean): void {
    const { events, settings } = this.#world;
    const model = displayNames.short(pending.model.name);
    const outOfMemory = isOutOfMemory(error);
    if (outOfMemory) events.add({ kind: 'out-of-memory', model, pid });
    const mayRetry = outOfMemory && !pending.outOfMemoryRetried && settings.regime !== 'classic';
    const smallerContext = mayRetry ? this.#smallerContext(pending) : undefined;
    if (mayRetry && (smallerContext !== undefined || this.#loaded.size > 0)) {
      pending.outOfMemoryRetried = true;
      if (smallerContext !== undefined) pending.options.runner.numCtx = smallerContext;
      if (othersLoaded) this.#evictAll(pending);
      else this.#consider(pending);
      return;
    }
    events.add({ kind: 'load-failed', model, pid, error: error.message });
    this.#state = { kind: 'idle' };
    pending.onError(pending.ended ? new RequestCanceledError() : error);
  }

  #smallerContext(pending: Pending): number | undefined {
    if (!pending.options.numCtxAutomatic) return undefined;
    return lowerAutomaticContext(Math.min(pending.options.runner.numCtx, pending.model.facts.contextLength));
  }

  #evictAll(pending: Pending): void {
    const others = this.runners().filter((runner) => runner.key !== pending.key);
    for (const runner of others) this.#completed.expire(runner, 'out-of-memory');
    const unread = Math.min(this.#unreadUnloads, others.length);
    this.#unreadUnloads -= unread;
    if (unread < others.length) this.#state = { kind: 'waiting', pending, remaining: others.length - unread };
    else this.#consider(pending);
  }
}

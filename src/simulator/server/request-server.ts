/**
 * A server as Ollama is one: a request for a loaded model takes it at once, past every queue. All others wait in one line for a loop that
 * loads one model at a time and stays with the first of them until its model is there. What it evicts, what it believes and how long it
 * waits are its rules.
 */
import type { Clock, Random, Timer } from '../../clock.ts';
import { greatest } from '../../domain/long-lists.ts';
import { bytesOn, type GpuShare, type Machine } from '../machine/machine.ts';
import type { SimulatedModel } from '../workload/workload.ts';
import { believedFree, recoveryMs } from './belief.ts';
import { LeavingLoop } from './leaving-loop.ts';
import type { ServerRules } from './rules.ts';
import { type Request, Runner } from './runner.ts';

/** A load that does not fit is known to have failed after so long. */
const OUT_OF_MEMORY_MS = 300;

type Placement = { readonly kind: 'load'; readonly shares: readonly GpuShare[] } | Eviction;
type Eviction = { readonly kind: 'evict'; readonly victims: readonly Runner[] };

export class RequestServer {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #machine: Machine;
  readonly #rules: ServerRules;
  readonly #freed: () => void;
  readonly #runners = new Map<string, Runner>();
  readonly #line: Request[] = [];
  readonly #leaving = new LeavingLoop();
  readonly #timers = new Map<Runner, Timer>();
  readonly #goneListeners = new Map<Runner, () => void>();
  /** Of the loading loop: whether it loads, or waits for unloads. */
  #isLoading = false;
  #awaited = 0;
  /** The first in line has had a load of its own run out of memory. */
  #hasFailed = false;

  /** @param freed called whenever the memory of a model is free again, whoever let it go */
  constructor(
    clock: Clock,
    random: Random,
    machine: Machine,
    rules: ServerRules,
    freed: () => void = () => {},
  ) {
    this.#freed = freed;
    this.#clock = clock;
    this.#random = random;
    this.#machine = machine;
    this.#rules = rules;
  }

  /** Loaded models; one that is being loaded is not among them. */
  get runners(): readonly Runner[] {
    return [...this.#runners.values()];
  }

  request(request: Request): void {
    const runner = this.#usable(request.model);
    if (runner) {
      this.#handOut(runner, request);
      return;
    }
    this.#line.push(request);
    this.#judge();
  }

  /** Lets it go when its requests are done; `gone` when it is listed no more. */
  unload(model: SimulatedModel, gone: () => void): void {
    const runner = this.#runners.get(model.name);
    if (!runner) {
      this.#clock.after(0, gone);
      return;
    }
    this.#goneListeners.set(runner, gone);
    this.#expire(runner);
  }

  #usable(model: SimulatedModel): Runner | undefined {
    const runner = this.#runners.get(model.name);
    return runner && (this.#rules.servesVictims || !runner.expires) ? runner : undefined;
  }

  #handOut(runner: Runner, request: Request): void {
    this.#timers.get(runner)?.cancel();
    runner.requests += 1;
    runner.uses += 1;
    runner.lastUsedMs = this.#clock.monotonic();
    // What is to go goes, unless a request says otherwise: so a server can wait for ever.
    if (request.keepAliveMs !== undefined) {
      runner.keepAliveMs = request.keepAliveMs;
      runner.expires = false;
    }
    this.#rules.used?.(runner);
    if (request.job === null) {
      request.started();
      request.done();
      this.#finished(runner);
      return;
    }
    runner.queue.push(request);
    this.#serve(runner);
  }

  #serve(runner: Runner): void {
    const { loaded } = runner;
    while (loaded.running < this.#machine.settings.slots) {
      const request = runner.queue.shift();
      if (!request?.job) return;
      request.started();
      this.#machine.run(loaded, request.job, () => {
        this.#serve(runner);
        request.done();
        this.#finished(runner);
      });
    }
  }

  #finished(runner: Runner): void {
    this.#leaving.add((free) => {
      runner.requests -= 1;
      runner.lastUsedMs = this.#clock.monotonic();
      if (runner.isIdle) this.#rest(runner);
      free();
    });
  }

  #rest(runner: Runner): void {
    if (runner.expires) this.#leave(runner);
    else if (Number.isFinite(runner.keepAliveMs))
      this.#timers.set(
        runner,
        this.#clock.after(runner.keepAliveMs, () => this.#expire(runner)),
      );
  }

  #expire(runner: Runner): void {
    if (runner.expires) return;
    runner.expires = true;
    if (runner.isIdle) this.#leave(runner);
  }

  #leave(runner: Runner): void {
    this.#leaving.add((free) => {
      const isThere = this.#runners.get(runner.model.name) === runner;
      if (!isThere || !runner.isIdle || !runner.expires) {
        free();
        return;
      }
      this.#timers.get(runner)?.cancel();
      const onSameCards = [...this.#runners.values()].filter(({ loaded }) =>
        loaded.shares.some(({ gpu }) => bytesOn(runner.loaded.shares, gpu) > 0),
      );
      const waitMs = recoveryMs(this.#rules.belief, onSameCards.length, this.#random);
      this.#runners.delete(runner.model.name);
      const seen = () => {
        if (waitMs !== 'when-free') free();
        this.#awaited = Math.max(0, this.#awaited - 1);
        this.#judge();
      };
      this.#machine.unload(runner.loaded, () => {
        if (waitMs === 'when-free') seen();
        this.#freed();
      });
      if (waitMs === 'when-free') free();
      else this.#clock.after(waitMs, seen);
      this.#goneListeners.get(runner)?.();
      this.#goneListeners.delete(runner);
    });
  }

  /** The loading loop looks at the first in line. */
  #judge(): void {
    while (!this.#isLoading && this.#awaited === 0) {
      const [request] = this.#line;
      if (!request) return;
      const runner = this.#usable(request.model);
      if (runner) {
        this.#line.shift();
        this.#handOut(runner, request);
        continue;
      }
      // It is on its way out, and has to be gone before it is loaded again.
      if (this.#runners.has(request.model.name)) {
        this.#awaited = 1;
        return;
      }
      const placement = this.#place(request.model);
      if (placement.kind === 'load') this.#load(request, placement.shares);
      else this.#evict(placement.victims);
    }
  }

  #evict(victims: readonly Runner[]): void {
    this.#awaited = victims.length;
    for (const victim of victims) this.#expire(victim);
  }

  #load(request: Request, shares: readonly GpuShare[]): void {
    this.#isLoading = true;
    const { model } = request;
    const loaded = this.#machine.load(model, shares, (ready) => {
      this.#isLoading = false;
      this.#hasFailed = false;
      this.#line.shift();
      const runner = new Runner(ready, this.#rules.keepAliveMs);
      this.#runners.set(model.name, runner);
      this.#handOut(runner, request);
      this.#judge();
    });
    if (!loaded) this.#clock.after(OUT_OF_MEMORY_MS, () => this.#outOfMemory(request));
  }

  /** Everything else goes, and the load is repeated once. */
  #outOfMemory(request: Request): void {
    this.#isLoading = false;
    const others = this.runners;
    if (this.#hasFailed || others.length === 0) {
      this.#hasFailed = false;
      this.#line.shift();
      request.failed();
    } else {
      this.#hasFailed = true;
      this.#evict(others);
    }
    this.#judge();
  }

  #place(model: SimulatedModel): Placement {
    const { rules, runners } = { rules: this.#rules, runners: this.runners };
    const movable = runners.filter(({ expires }) => !expires);
    const bytesOf = (gpu: number) => (runner: Runner) => bytesOn(runner.loaded.shares, gpu);
    if (runners.length >= rules.mostLoaded)
      return this.#evictionOf({ runners: movable, missingBytes: 0, bytesOf: () => 0 }, runners);
    const free = believedFree(rules.belief, this.#machine, runners, this.#random);
    const best = free.indexOf(Math.max(0, greatest(free)));
    const fitsOn = (gpu: number) => model.predictedBytes <= rules.admissibleShare * (free[gpu] ?? 0);
    if (fitsOn(best)) return { kind: 'load', shares: [{ gpu: best, bytes: model.bytes }] };
    if (runners.length === 0 || this.#hasFailed) return { kind: 'load', shares: spread(model, free) };
    const questions = free.map((bytes, gpu) => ({
      runners: movable.filter((runner) => bytesOf(gpu)(runner) > 0),
      missingBytes: model.predictedBytes / rules.admissibleShare - bytes,
      bytesOf: bytesOf(gpu),
    }));
    // Where the fewest have to be waited for, and then where the least has to go.
    const chosen = questions
      .filter((question) => question.runners.length > 0)
      .map((question) => ({ question, victims: rules.victims(question) }))
      .toSorted((a, b) => busy(a.victims) - busy(b.victims) || freed(a) - freed(b))[0];
    return chosen ? { kind: 'evict', victims: chosen.victims } : waitFor(runners);
  }

  #evictionOf(question: Parameters<ServerRules['victims']>[0], runners: readonly Runner[]): Placement {
    return question.runners.length > 0
      ? { kind: 'evict', victims: this.#rules.victims(question) }
      : waitFor(runners);
  }
}

/** All that could go is going already. */
function waitFor(runners: readonly Runner[]): Eviction {
  return { kind: 'evict', victims: runners.slice(0, 1) };
}

/** The one card with most room, or all of them by what they have. */
function spread(model: SimulatedModel, free: readonly number[]): readonly GpuShare[] {
  const largest = Math.max(0, greatest(free));
  if (model.bytes <= largest || free.length === 1)
    return [{ gpu: free.indexOf(largest), bytes: model.bytes }];
  const total = free.reduce((sum, bytes) => sum + bytes, 0);
  return free.map((bytes, gpu) => ({ gpu, bytes: Math.ceil((model.bytes * bytes) / total) }));
}

function busy(victims: readonly Runner[]): number {
  return victims.filter(({ isIdle }) => !isIdle).length;
}

function freed({
  question,
  victims,
}: {
  readonly question: { bytesOf(runner: Runner): number };
  readonly victims: readonly Runner[];
}): number {
  return victims.reduce((sum, victim) => sum + question.bytesOf(victim), 0);
}

/**
 * The loop over a server with any number of cards in virtual time, where what a load really takes, what was estimated of it and what
 * other programs do meanwhile are given apart.
 */

import { seededRandom, VirtualClock } from '../../src/clock.ts';
import type { Resident } from '../../src/domain/backend.ts';
import { Backlog } from '../../src/domain/backlog.ts';
import { type InstanceId, type JobId, stableId } from '../../src/domain/ids.ts';
import type { JobFailure } from '../../src/domain/job.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { parseQueueKey, type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { ModelResolver, ResolvedModel, SlotChoice } from '../../src/domain/resolver.ts';
import type { Effects, TaskOf } from '../../src/scheduler/effects.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';
import { attachedCapabilities, managedCapabilities } from '../support/capabilities.ts';

export interface TruthModel {
  readonly name: string;
  /** Bytes that are expected for so many tokens of all slots. */
  readonly estimate: (tokens: number) => number;
  /** Bytes that it really takes. */
  readonly truth: (tokens: number) => number;
  /** The numbers of slots to choose from, the most first. */
  readonly slots?: readonly number[];
  readonly mayOffload?: boolean;
}

export interface MemoryWorldOptions {
  readonly mode: 'ATTACHED' | 'MANAGED';
  readonly cards: readonly number[];
  readonly models: readonly TruthModel[];
}

interface Held {
  readonly model: string;
  readonly contextLength: number;
  readonly weights: string;
  readonly bytes: number[];
  state: 'loading' | 'resident' | 'gone';
}

const BACKEND = stableId('bkd', 'box');
const READING_MS = 2_000;
const LOAD_MS = 4_000;
const RUN_MS = 1_000;
const LEAVE_MS = 100;

export class MemoryWorld implements ModelResolver, Effects {
  readonly clock = new VirtualClock();
  readonly loop: SchedulerLoop;
  readonly backlog = new Backlog();
  /** Loads that were begun, in order. */
  readonly loads: {
    readonly model: string;
    readonly contextLength: number;
    readonly slots: number;
    readonly at: number;
  }[] = [];
  readonly failures: JobFailure[] = [];
  completed = 0;
  /** How many of the next loads meet another program that has gone before the next reading. */
  spikes = 0;
  /** Of other programs on each card, for all to see. */
  readonly foreign: number[];
  version = 1;
  readonly #options: MemoryWorldOptions;
  readonly #held = new Map<InstanceId, Held>();
  readonly #waiting = new Map<QueueKey, JobId[]>();
  readonly #queued = new Map<InstanceId, JobId[]>();
  readonly #queues = new Map<JobId, QueueKey>();
  readonly #measured = new Map<string, number>();
  #jobs = 0;

  constructor(options: MemoryWorldOptions) {
    this.#options = options;
    this.foreign = options.cards.map(() => 0);
    const isAttached = options.mode === 'ATTACHED';
    this.loop = new SchedulerLoop({
      backends: [
        {
          id: BACKEND,
          name: 'box',
          mode: options.mode,
          url: 'http://box',
          capabilities: isAttached ? attachedCapabilities() : managedCapabilities(),
          maxLoadedModels: 9,
          headroomBytes: 0,
          parallel: 1,
          hasProbe: true,
          probeIntervalMs: READING_MS,
        },
      ],
      backlog: this.backlog,
      resolver: this,
      clock: this.clock,
      random: seededRandom(1),
      changed: () => {},
    });
    this.loop.start(this);
    this.observe();
  }

  get unfinished(): number {
    return this.#jobs - this.completed - this.failures.length;
  }

  submit(model: string, contextLength: number | null = null, count = 1): void {
    const queue = queueKey({ model, contextLength });
    for (let i = 0; i < count; i += 1) {
      this.#jobs += 1;
      const id = `job_${this.#jobs}` as JobId;
      this.#queues.set(id, queue);
      this.#put([id]);
    }
  }

  run(ms: number): void {
    for (let left = ms; left > 0; left -= READING_MS) {
      this.clock.advance(Math.min(READING_MS, left));
      this.observe();
    }
  }

  /** The server is started anew, with nothing in it. */
  restart(): void {
    this.#held.clear();
    this.#observe('UNREACHABLE');
    this.observe();
  }

  observe(): void {
    this.#observe('HEALTHY');
  }

  hasListed(): boolean {
    return true;
  }

  isNamed(): boolean {
    return true;
  }

  resolve(queue: QueueKey): ResolvedModel | null {
    const { model: name, contextLength: asked } = parseQueueKey(queue);
    const model = this.#options.models.find((one) => one.name === name);
    if (!model) return null;
    const [chosen, ...fewerSlots] = (model.slots ?? [1]).map((slots) =>
      this.#choice(model, asked ?? 4096, slots),
    );
    if (!chosen) return null;
    return {
      info: infoOf(name),
      ...chosen,
      fewerSlots,
      loadMs: LOAD_MS,
      keepAliveMs: null,
      partialOffload: model.mayOffload ?? false,
    };
  }

  #choice({ name, estimate }: TruthModel, contextLength: number, slots: number): SlotChoice {
    const measured = this.#measured.get(`${name} ${contextLength} ${slots}`);
    const footprintBytes = measured ?? estimate(contextLength * slots);
    const options = { num_ctx: contextLength, num_gpu: 999 };
    return {
      variant: { modelName: name, weights: name, contextLength, options, embedding: false },
      config: { parallel: slots, kvCacheType: 'f16', flashAttention: null },
      footprintBytes,
      marginBytes: 0,
      predictedByServerBytes: 0,
      measured: measured !== undefined,
    };
  }

  #observe(health: 'HEALTHY' | 'UNREACHABLE'): void {
    const now = this.clock.now();
    this.loop.handle({
      type: 'observed',
      observation: {
        backendId: BACKEND,
        startedAt: now,
        at: now,
        health,
        problem: health === 'HEALTHY' ? null : 'It does not answer.',
        version: '0.33.0',
        residents: health === 'HEALTHY' ? this.#residents() : null,
        host: null,
        gpus: this.#options.cards.map((totalBytes, index) => ({
          key: `GPU-${index}`,
          index,
          name: 'virtual',
          totalBytes,
          usedBytes: this.#used(index),
          processes: [],
          source: 'VIRTUAL',
          sampledAt: now,
        })),
        probeProblem: null,
        models: null,
      },
    });
  }

  #residents(): readonly Resident[] {
    return [...this.#held.values()]
      .filter(({ state }) => state === 'resident')
      .map(({ model, contextLength, bytes }) => ({
        modelName: model,
        digest: model,
        contextLength,
        sizeBytes: sum(bytes),
        vramBytes: sum(bytes),
        expiresAt: null,
        parallel: null,
        gpuKeys: null,
      }));
  }

  #used(card: number): number {
    const held = [...this.#held.values()].reduce((all, { bytes }) => all + (bytes[card] ?? 0), 0);
    return held + (this.foreign[card] ?? 0);
  }

  #free(card: number): number {
    return (this.#options.cards[card] ?? 0) - this.#used(card);
  }

  claim(task: TaskOf<'claim'>): void {
    this.clock.after(1, () => this.#claim(task));
  }

  unload({ instanceId }: TaskOf<'unload'>): void {
    this.clock.after(LEAVE_MS, () => {
      this.#held.delete(instanceId);
      this.loop.handle({ type: 'unloaded', instanceId });
    });
  }

  refuse({ picks, failure }: TaskOf<'refuse'>): void {
    for (const { queue, count } of picks) {
      const refused = (this.#waiting.get(queue) ?? []).splice(0, count);
      this.failures.push(...refused.map(() => failure));
      this.#publish(queue);
    }
  }

  poke(): void {
    this.clock.after(LEAVE_MS, () => this.observe());
  }

  /** Nobody else loads anything, nothing is cancelled, and the registry learns by `loaded`. */
  adopt(): void {}
  cancelLoad(): void {}
  forget(): void {}
  missing(): void {}
  probed(): void {}

  load({ spec, instanceId }: TaskOf<'load'>): void {
    const { modelName, contextLength, weights } = spec.variant;
    const slots = spec.config.parallel;
    this.loads.push({ model: modelName, contextLength, slots, at: this.clock.now() });
    const bytes = this.#options.cards.map(() => 0);
    const one: Held = { model: modelName, contextLength, weights, bytes, state: 'loading' };
    this.#held.set(instanceId, one);
    const spike = this.spikes > 0;
    if (spike) this.spikes -= 1;
    this.clock.after(LOAD_MS, () => {
      if (this.#held.get(instanceId) !== one) return;
      const model = this.#options.models.find(({ name }) => name === modelName);
      const need = model?.truth(contextLength * slots) ?? 0;
      const cards = this.#options.mode === 'ATTACHED' ? null : spec.gpus.map(({ index }) => index);
      const parts = spike ? null : this.#place(need, cards, spec.variant.options.num_gpu === undefined);
      if (!parts) {
        this.loop.handle({
          type: 'load-failed',
          instanceId,
          code: 'OUT_OF_MEMORY',
          remedy: 'free-memory',
          message: 'cudaMalloc failed: out of memory',
          spilled: false,
        });
        this.#giveBack(instanceId);
        return;
      }
      for (const [card, part] of parts.entries()) bytes[card] = part;
      one.state = 'resident';
      if (sum(parts) === need) this.#measured.set(`${modelName} ${contextLength} ${slots}`, need);
      this.version += 1;
      const measured = { sizeBytes: need, vramBytes: sum(parts) };
      this.loop.handle({ type: 'loaded', instanceId, variant: spec.variant, measured });
      for (const id of this.#queued.get(instanceId) ?? []) this.#start(instanceId, id);
      this.#queued.delete(instanceId);
    });
  }

  /** On the named cards, or where the server likes; in proportion to what is free where one is too small. */
  #place(need: number, named: readonly number[] | null, inPart: boolean): readonly number[] | null {
    const all = this.#options.cards.map((_, card) => card);
    const cards = named ?? all;
    const one = cards.find((card) => this.#free(card) >= need);
    if (one !== undefined) return all.map((card) => (card === one ? need : 0));
    const room = sum(cards.map((card) => this.#free(card)));
    if (room < need && !inPart) return null;
    return all.map((card) =>
      cards.includes(card) ? Math.floor((Math.min(need, room) * this.#free(card)) / room) : 0,
    );
  }

  #claim({ claim, claimNumber }: TaskOf<'claim'>): void {
    const got = claim.picks.flatMap(({ queue, count }) => {
      const taken = (this.#waiting.get(queue) ?? []).splice(0, count);
      this.#publish(queue);
      return taken;
    });
    const { instanceId } = claim;
    this.loop.handle({ type: 'claimed', claimNumber, jobs: got });
    const state = this.#held.get(instanceId)?.state;
    if (state === 'resident') for (const id of got) this.#start(instanceId, id);
    else {
      this.#queued.set(instanceId, [...(this.#queued.get(instanceId) ?? []), ...got]);
      const isGone = state === undefined || this.loop.state.instances.get(instanceId)?.status !== 'LOADING';
      if (isGone) this.#giveBack(instanceId);
    }
  }

  #giveBack(instanceId: InstanceId): void {
    const ids = this.#queued.get(instanceId) ?? [];
    this.#queued.delete(instanceId);
    this.#put(ids);
    for (const jobId of ids) this.#left(instanceId, jobId, 0);
  }

  #start(instanceId: InstanceId, jobId: JobId): void {
    this.clock.after(RUN_MS, () => {
      this.completed += 1;
      this.#left(instanceId, jobId, RUN_MS);
    });
  }

  #left(instanceId: InstanceId, jobId: JobId, ranMs: number): void {
    this.loop.handle({
      type: 'left',
      instanceId,
      jobId,
      client: 'someone',
      ranMs,
      evidence: 'none',
      succeeded: ranMs > 0,
    });
  }

  #put(ids: readonly JobId[]): void {
    for (const id of ids) {
      const queue = this.#queues.get(id);
      if (!queue) continue;
      this.#waiting.set(queue, [...(this.#waiting.get(queue) ?? []), id]);
      this.#publish(queue);
    }
  }

  #publish(queue: QueueKey): void {
    const count = this.#waiting.get(queue)?.length ?? 0;
    const now = this.clock.now();
    const oldestCreatedAt = count > 0 ? now : null;
    const bucket = {
      queue,
      priority: 'NORMAL',
      client: 'someone',
      count,
      createdAtSum: count * now,
      oldestCreatedAt,
    };
    this.backlog.apply([{ ...bucket, priority: 'NORMAL' }], 0);
    this.loop.look();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function infoOf(name: string): ModelInfo {
  return {
    name,
    digest: name,
    weights: name,
    diskBytes: 1,
    family: null,
    parameterSize: null,
    quantization: null,
    contextLength: null,
    defaultContextLength: null,
    capabilities: ['completion'],
    facts: null,
  };
}

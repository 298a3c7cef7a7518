/**
 * The real loop over several servers with several cards each, all by one virtual clock: hours take seconds. What must hold under any
 * policy is looked at in each turn (cluster-rules.ts).
 */

import { type Random, VirtualClock } from '../../src/clock.ts';
import type { Resident } from '../../src/domain/backend.ts';
import type { ClientTable } from '../../src/domain/client-limits.ts';
import { type BackendId, type InstanceId, stableId } from '../../src/domain/ids.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { parseQueueKey } from '../../src/domain/queue-key.ts';
import type { Policy } from '../../src/scheduler/decide/policy.ts';
import type { Effects, TaskOf } from '../../src/scheduler/effects.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';
import type { BackendSettings } from '../../src/scheduler/state.ts';
import { attachedCapabilities, managedCapabilities } from '../support/capabilities.ts';
import { type ClusterJob, ClusterJobs, type JobWish } from './cluster-jobs.ts';
import { type ClusterModel, ClusterModels } from './cluster-models.ts';
import { ClusterRules, namesOn } from './cluster-rules.ts';

export interface ClusterServer {
  readonly name: string;
  /** Bytes of each card. */
  readonly cards: readonly number[];
  /** Default managed: processes of our own, each where we say, two loads at once. */
  readonly mode?: 'ATTACHED' | 'MANAGED';
  /** Default the usual one of its mode. */
  readonly maxLoadedModels?: number;
  /** Default unwatched. */
  readonly host?: { readonly totalBytes: number; readonly bytesPerInstance: number };
}

export interface ClusterOptions {
  readonly servers: readonly ClusterServer[];
  readonly models: readonly ClusterModel[];
  readonly random: Random;
  /** Default the usual one. */
  readonly policy?: Policy;
  /** Default: no limits. */
  readonly clients?: ClientTable;
}

interface Held {
  readonly backendId: BackendId;
  readonly model: ClusterModel;
  readonly contextLength: number;
  readonly cards: readonly { readonly gpuId: string; readonly bytes: number }[];
  state: 'loading' | 'resident' | 'leaving';
}

const READING_MS = 2_000;
const POKE_MS = 100;
const LOOK_MS = 10;

export class SimulatedCluster implements Effects {
  readonly clock = new VirtualClock();
  readonly jobs: ClusterJobs;
  readonly rules = new ClusterRules();
  readonly loop: SchedulerLoop;
  readonly models: ClusterModels;
  /** Names, in the order in which they were loaded, with the name of the server. */
  readonly loads: { readonly model: string; readonly server: string; readonly contextLength: number }[] = [];
  /** Jobs that were failed because they can never run, and what they were told. */
  readonly refused = new Map<ClusterJob, string>();
  /** How many of the next loads fail. */
  failingLoads = 0;
  /** What the next unloads take. */
  unloadMs = 400;
  onChange: () => void = () => {};
  readonly #servers: ReadonlyMap<BackendId, ClusterServer>;
  readonly #held = new Map<InstanceId, Held>();
  readonly #down = new Set<BackendId>();
  readonly #poked = new Set<BackendId>();

  constructor({ servers, models, random, policy, clients }: ClusterOptions) {
    this.jobs = new ClusterJobs(clients);
    this.#servers = new Map(servers.map((server) => [backendIdOf(server.name), server]));
    this.models = new ClusterModels(models, (id) => this.#servers.get(id)?.name);
    this.loop = new SchedulerLoop({
      backends: servers.map(settingsOf),
      backlog: this.jobs.backlog,
      clients,
      resolver: this.models,
      clock: this.clock,
      random,
      ...(policy && { policy }),
      changed: (state) => {
        this.rules.turned(state);
        this.onChange();
      },
    });
    this.loop.start(this);
    for (const id of this.#servers.keys()) this.#read(id);
  }

  submit(wish: JobWish): ClusterJob {
    const job = this.jobs.add(wish, this.models.model(wish.model).runMs, this.clock.now());
    this.loop.look();
    return job;
  }

  run(ms: number): void {
    this.clock.advance(ms);
  }

  /** Until every job is done, but not for longer. */
  runUntilDone(mostMs: number): void {
    const end = this.clock.now() + mostMs;
    while (this.jobs.unfinished > 0 && this.clock.now() < end) this.clock.advance(READING_MS);
  }

  residents(server: string): readonly string[] {
    return namesOn(this.loop.state, backendIdOf(server));
  }

  /** The server dies and everything in it; it is back after so long. */
  crash(server: string, forMs: number): void {
    const id = backendIdOf(server);
    if (this.#down.has(id)) return;
    this.#down.add(id);
    for (const [instanceId, { backendId }] of this.#held) if (backendId === id) this.#held.delete(instanceId);
    this.#observe(id);
    this.clock.after(forMs, () => {
      this.#down.delete(id);
      this.#observe(id);
    });
  }

  #read(id: BackendId): void {
    this.#observe(id);
    this.clock.after(READING_MS, () => this.#read(id));
  }

  #observe(backendId: BackendId): void {
    this.loop.handle({ type: 'observed', observation: this.#observation(backendId) });
  }

  #observation(backendId: BackendId): BackendObservation {
    const now = this.clock.now();
    const server = this.#servers.get(backendId);
    const isUp = !this.#down.has(backendId);
    const here = [...this.#held.values()].filter((one) => one.backendId === backendId);
    const heldBytes = here.length * (server?.host?.bytesPerInstance ?? 0);
    const totalBytes = server?.host?.totalBytes ?? 0;
    const host = server?.host ? { totalBytes, heldBytes, availableBytes: totalBytes - heldBytes } : null;
    const gpus = (server?.cards ?? []).map((totalBytes, index) => {
      const key = `GPU-${index}`;
      const id = stableId('gpu', server?.name ?? '', key);
      const parts = here.flatMap(({ cards }) => cards).filter(({ gpuId }) => gpuId === id);
      const usedBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
      const fixed = { name: 'virtual', processes: [], source: 'VIRTUAL', sampledAt: now } as const;
      return { key, index, totalBytes, usedBytes, ...fixed };
    });
    return {
      backendId,
      startedAt: now,
      at: now,
      health: isUp ? 'HEALTHY' : 'UNREACHABLE',
      problem: isUp ? null : 'It does not answer.',
      version: '0.33.0',
      residents: isUp ? here.filter(({ state }) => state === 'resident').map(residentOf) : null,
      host,
      gpus,
      probeProblem: null,
      models: null,
    };
  }

  claim(task: TaskOf<'claim'>): void {
    this.rules.asks(task, this.loop.state);
    this.clock.after(1, () => this.#claim(task));
  }

  poke({ backendId }: TaskOf<'poke'>): void {
    if (this.#poked.has(backendId)) return;
    this.#poked.add(backendId);
    this.clock.after(POKE_MS, () => {
      this.#poked.delete(backendId);
      this.#observe(backendId);
    });
  }

  refuse({ picks, failure }: TaskOf<'refuse'>): void {
    for (const job of picks.flatMap((pick) => this.jobs.claim(pick))) {
      this.refused.set(job, failure.message);
      this.jobs.finish(job, this.clock.now());
    }
  }

  load(task: TaskOf<'load'>): void {
    this.rules.asks(task, this.loop.state);
    const { instanceId, backendId, spec } = task;
    const { modelName, contextLength } = spec.variant;
    const model = this.models.model(modelName);
    const named = this.loop.state.instances.get(instanceId)?.footprint ?? [];
    const cards = this.#cut(backendId, model, contextLength, named);
    const one: Held = { backendId, model, contextLength, cards, state: 'loading' };
    this.#held.set(instanceId, one);
    this.loads.push({ model: modelName, server: this.#servers.get(backendId)?.name ?? '', contextLength });
    this.clock.after(model.loadMs, () => {
      if (this.failingLoads > 0 || !this.#held.has(instanceId)) {
        this.failingLoads = Math.max(0, this.failingLoads - 1);
        this.rules.mayLeave.add(instanceId);
        const how = { code: 'LOAD_FAILED', remedy: 'retry', message: 'it broke', spilled: false } as const;
        this.loop.handle({ type: 'load-failed', instanceId, ...how });
        return;
      }
      one.state = 'resident';
      const bytes = cards.reduce((sum, part) => sum + part.bytes, 0);
      const measured = { sizeBytes: bytes, vramBytes: bytes };
      this.loop.handle({ type: 'loaded', instanceId, variant: spec.variant, measured });
    });
  }

  /** As an engine cuts it: in proportion to what is free, and on every card what it needs there anyhow. */
  #cut(
    backendId: BackendId,
    model: ClusterModel,
    contextLength: number,
    named: Held['cards'],
  ): Held['cards'] {
    const used = [...this.#held.values()].flatMap(({ cards }) => cards);
    const server = this.#servers.get(backendId);
    const free = named.map(({ gpuId }) => {
      const index =
        server?.cards.findIndex((_, i) => stableId('gpu', server.name, `GPU-${i}`) === gpuId) ?? -1;
      const taken = used.reduce((sum, part) => sum + (part.gpuId === gpuId ? part.bytes : 0), 0);
      return (server?.cards[index] ?? 0) - taken;
    });
    const all = this.models.bytesOn(model, contextLength, named.length);
    const each = named.length > 1 ? (model.overhead?.splitBytes ?? 0) : 0;
    const room = free.reduce((sum, bytes) => sum + bytes, 0);
    const cards = named.map(({ gpuId }, i) => {
      const bytes = each + Math.floor(((all - each * named.length) * (free[i] ?? 0)) / room);
      if (bytes > (free[i] ?? 0)) this.rules.violations.push(`${model.name} runs out of memory on ${gpuId}`);
      return { gpuId, bytes };
    });
    return cards;
  }

  unload({ instanceId }: TaskOf<'unload'>): void {
    const one = this.#held.get(instanceId);
    if (one) one.state = 'leaving';
    this.clock.after(this.unloadMs, () => {
      this.#held.delete(instanceId);
      this.loop.handle({ type: 'unloaded', instanceId });
    });
  }

  /** Ollama goes on with a load whose caller has gone: it ends as it would have. */
  cancelLoad(): void {}

  /** Nobody else loads anything, what is forgotten went with its server, and the registry learns nothing. */
  adopt(): void {}
  forget(): void {}
  missing(): void {}
  probed(): void {}

  #claim({ claim, claimNumber }: TaskOf<'claim'>): void {
    const got = claim.picks.flatMap((pick) => this.jobs.claim(pick));
    this.loop.handle({ type: 'claimed', claimNumber, jobs: got.map(({ id }) => id) });
    for (const job of got) this.#start(claim.instanceId, job);
  }

  #start(instanceId: InstanceId, job: ClusterJob): void {
    const one = this.#held.get(instanceId);
    const known = this.loop.state.instances.get(instanceId);
    if (
      known &&
      known.variant.options.shift !== (parseQueueKey(job.queue).shift === false ? false : undefined)
    )
      this.rules.violations.push(`${job.id} runs on an instance whose context moves on otherwise`);
    const status = known?.status;
    if (one && status === 'LOADING') {
      this.clock.after(LOOK_MS, () => this.#start(instanceId, job));
      return;
    }
    if (one?.state !== 'resident') {
      this.#giveBack(instanceId, job);
      return;
    }
    job.startedAt = this.clock.now();
    this.clock.after(job.runMs, () => {
      if (!this.#held.has(instanceId)) {
        this.#giveBack(instanceId, job);
        return;
      }
      this.jobs.finish(job, this.clock.now());
      this.#left(instanceId, job, job.runMs);
    });
  }

  #giveBack(instanceId: InstanceId, job: ClusterJob): void {
    this.jobs.put(job);
    this.#left(instanceId, job, 0);
    this.loop.look();
  }

  #left(instanceId: InstanceId, { id: jobId, client }: ClusterJob, ranMs: number): void {
    this.loop.handle({
      type: 'left',
      instanceId,
      jobId,
      client,
      ranMs,
      evidence: 'none',
      succeeded: ranMs > 0,
    });
  }
}

export function backendIdOf(server: string): BackendId {
  return stableId('bkd', server);
}

function settingsOf({ name, mode = 'MANAGED', maxLoadedModels, host }: ClusterServer): BackendSettings {
  const isManaged = mode === 'MANAGED';
  return {
    id: backendIdOf(name),
    name,
    mode,
    url: 'http://test',
    capabilities: isManaged
      ? managedCapabilities({ hostBytesPerInstance: host?.bytesPerInstance ?? 0 })
      : attachedCapabilities(),
    maxLoadedModels: maxLoadedModels ?? null,
    headroomBytes: 0,
    parallel: 1,
    hasProbe: true,
    probeIntervalMs: READING_MS,
  };
}

function residentOf({ model, contextLength, cards }: Held): Resident {
  const bytes = cards.reduce((sum, part) => sum + part.bytes, 0);
  const fixed = { expiresAt: null, parallel: null, gpuKeys: null };
  return {
    modelName: model.name,
    digest: model.name,
    contextLength,
    sizeBytes: bytes,
    vramBytes: bytes,
    ...fixed,
  };
}

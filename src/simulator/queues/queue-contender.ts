/**
 * A policy with a queue for each model: what is ready serves its own queue, who is to leave gets nothing more, and one exchange at a time is
 * decided by whoever makes the difference.
 */
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { Contender, Stage } from '../policies/contender.ts';
import { type OllamaSettings, USUAL_OLLAMA } from '../policies/ollama.ts';
import type { SimulatedJob, SimulatedModel } from '../workload/workload.ts';
import { type QueueServer, queueServer, type Resident } from './queue-server.ts';

/** The model to load next, on which card, and who leaves for it. */
export interface Exchange {
  readonly model: SimulatedModel;
  readonly gpu: number;
  readonly victims: readonly Resident[];
}

export interface QueueView {
  readonly nowMs: number;
  readonly gpus: number;
  readonly residents: readonly Resident[];
  /** Of jobs that wait, those first that will be served first. */
  waiting(model: string): readonly SimulatedJob[];
  /** When it arrived. */
  arrivedMs(job: SimulatedJob): number;
  /** Models with jobs that wait and no place in memory, in the order of their oldest jobs. */
  readonly wanted: readonly SimulatedModel[];
  freeBytes(gpu: number): number;
}

export type NextExchange = (view: QueueView) => Exchange | null;

export class QueueContender implements Contender {
  readonly #stage: Stage;
  readonly #server: QueueServer;
  readonly #next: NextExchange;
  readonly #models: ReadonlyMap<string, SimulatedModel>;
  readonly #queues = new Map<string, SimulatedJob[]>();
  readonly #arrivedMs = new Map<number, number>();
  readonly #leaving = new Set<string>();
  readonly #unloading = new Set<string>();
  #open: Exchange | null = null;
  #loads = 0;
  #isPlanned = false;

  /** @param ollama how an attached server is set up */
  constructor(stage: Stage, next: NextExchange, ollama: OllamaSettings = USUAL_OLLAMA) {
    this.#stage = stage;
    this.#server = queueServer(stage, ollama, () => this.#plan());
    this.#next = next;
    this.#models = new Map(stage.workload.models.map((model) => [model.name, model]));
  }

  arrive(job: SimulatedJob): void {
    const queue = this.#queues.get(job.model) ?? [];
    const rank = JOB_PRIORITIES.indexOf(job.priority);
    const at = queue.findLastIndex(({ priority }) => JOB_PRIORITIES.indexOf(priority) <= rank) + 1;
    queue.splice(at, 0, job);
    this.#queues.set(job.model, queue);
    this.#arrivedMs.set(job.number, this.#stage.clock.monotonic());
    this.#plan();
  }

  /** Whatever happens at one instant is looked at once. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#stage.clock.after(0, () => {
      this.#isPlanned = false;
      this.#turn();
    });
  }

  #turn(): void {
    this.#serve();
    this.#letGo();
    this.#loadOpen();
    while (!this.#open && this.#loads < this.#server.loadsAtOnce) {
      const exchange = this.#decided();
      if (!exchange) return;
      this.#open = exchange;
      for (const { model } of exchange.victims) this.#leaving.add(model.name);
      this.#letGo();
      this.#loadOpen();
    }
  }

  #decided(): Exchange | null {
    let exchange = null as Exchange | null;
    this.#stage.timed(() => {
      exchange = this.#next(this.#view());
    });
    return exchange;
  }

  #serve(): void {
    const { machine } = this.#stage;
    for (const resident of this.#server.residents()) {
      const { name } = resident.model;
      if (resident.status !== 'ready' || this.#leaving.has(name)) continue;
      const queue = this.#queues.get(name) ?? [];
      while (queue.length > 0 && resident.running < machine.settings.slots) {
        const job = queue.shift();
        if (job) this.#run(job);
      }
    }
  }

  #run(job: SimulatedJob): void {
    this.#stage.started(job);
    this.#server.run(job, () => {
      this.#stage.done(job);
      this.#plan();
    });
  }

  #letGo(): void {
    const residents = this.#server.residents();
    // A server may have let one go by itself.
    for (const name of this.#leaving) {
      const isThere = residents.some(({ model }) => model.name === name);
      if (!isThere && !this.#unloading.has(name)) this.#leaving.delete(name);
    }
    for (const { model, status, running } of residents) {
      const { name } = model;
      if (!this.#leaving.has(name) || this.#unloading.has(name) || status !== 'ready' || running > 0)
        continue;
      this.#unloading.add(name);
      this.#server.unload(model, () => {
        this.#unloading.delete(name);
        this.#leaving.delete(name);
        this.#plan();
      });
    }
  }

  #loadOpen(): void {
    const open = this.#open;
    if (!open || this.#loads >= this.#server.loadsAtOnce) return;
    if (open.victims.some(({ model }) => this.#leaving.has(model.name))) return;
    this.#open = null;
    this.#loads += 1;
    this.#server.load(open.model, open.gpu, () => {
      this.#loads -= 1;
      this.#plan();
    });
  }

  #view(): QueueView {
    const { clock, machine } = this.#stage;
    const residents = this.#server.residents();
    const there = new Set([...residents.map(({ model }) => model.name), ...this.#leaving]);
    const wanted = [...this.#queues]
      .filter(([name, queue]) => queue.length > 0 && !there.has(name))
      .sort(([, a], [, b]) => oldest(a) - oldest(b))
      .flatMap(([name]) => this.#models.get(name) ?? []);
    return {
      nowMs: clock.monotonic(),
      gpus: machine.settings.gpuBytes.length,
      residents: residents.filter(({ model }) => !this.#leaving.has(model.name)),
      waiting: (name) => this.#queues.get(name) ?? [],
      arrivedMs: (job) => this.#arrivedMs.get(job.number) ?? 0,
      wanted,
      freeBytes: (gpu) => machine.freeBytes(gpu),
    };
  }
}

function oldest(queue: readonly SimulatedJob[]): number {
  return queue.reduce((least, { number }) => Math.min(least, number), Number.POSITIVE_INFINITY);
}

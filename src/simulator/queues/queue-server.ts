/** What a policy with queues of its own needs of a server: both kinds of servers have it. */
import type { GpuShare } from '../machine/machine.ts';
import type { Stage } from '../policies/contender.ts';
import { type OllamaSettings, ollamaRules } from '../policies/ollama.ts';
import { RequestServer } from '../server/request-server.ts';
import { LOADS_AT_ONCE } from '../vramkeeper/managed-server.ts';
import type { SimulatedJob, SimulatedModel } from '../workload/workload.ts';

/** A model that has jobs run, or will. */
export interface Resident {
  readonly model: SimulatedModel;
  readonly shares: readonly GpuShare[];
  readonly status: 'loading' | 'ready' | 'leaving' | 'gone';
  readonly running: number;
  readonly lastUsedMs: number;
}

export interface QueueServer {
  readonly loadsAtOnce: number;
  /** Of models that can be told to run jobs or to leave, or are loading. */
  residents(): readonly Resident[];
  /** @param settled its load has ended, well or not */
  load(model: SimulatedModel, gpu: number, settled: () => void): void;
  /** @param gone its memory is free, as far as the server can tell */
  unload(model: SimulatedModel, gone: () => void): void;
  run(job: SimulatedJob, done: () => void): void;
}

/**
 * @param ollama how an attached one is set up
 * @param freed called when memory is free again that nobody here has unloaded
 */
export function queueServer(stage: Stage, ollama: OllamaSettings, freed: () => void): QueueServer {
  return stage.server === 'managed' ? managed(stage) : attached(stage, ollama, freed);
}

function managed({ clock, machine }: Stage): QueueServer {
  const find = (name: string) =>
    machine.loaded.find(({ model, status }) => model.name === name && status !== 'leaving');
  return {
    loadsAtOnce: LOADS_AT_ONCE,
    residents: () => machine.loaded.filter(({ status }) => status !== 'leaving'),
    load: (model, gpu, settled) => {
      const loaded = machine.load(model, [{ gpu, bytes: model.bytes }], settled);
      if (!loaded) clock.after(0, settled);
    },
    unload: (model, gone) => {
      const loaded = find(model.name);
      if (loaded) machine.unload(loaded, gone);
    },
    run: (job, done) => {
      const loaded = find(job.model);
      if (loaded) machine.run(loaded, job, done);
    },
  };
}

/** One Ollama, asked by requests: it places by itself, and may evict by itself. */
function attached(
  { clock, random, machine, workload }: Stage,
  settings: OllamaSettings,
  freed: () => void,
): QueueServer {
  const rules = ollamaRules(
    { ...settings, keepAliveMs: Number.POSITIVE_INFINITY },
    machine.settings.gpuBytes.length,
  );
  const server = new RequestServer(clock, random, machine, rules, freed);
  const models = new Map(workload.models.map((model) => [model.name, model]));
  return {
    loadsAtOnce: 1,
    residents: () => machine.loaded.filter(({ status }) => status !== 'leaving'),
    load: (model, _gpu, settled) =>
      server.request({
        model,
        job: null,
        started: () => {},
        done: () => clock.after(0, settled),
        failed: settled,
      }),
    unload: (model, gone) => server.unload(model, () => clock.after(0, gone)),
    run: (job, done) => {
      const model = models.get(job.model);
      if (model) server.request({ model, job, started: () => {}, done, failed: done });
    },
  };
}

/** The scheduler of this project itself. */
import { RequestServer } from '../server/request-server.ts';
import { AttachedServer } from '../vramkeeper/attached-server.ts';
import { Driver } from '../vramkeeper/driver.ts';
import { knownModels } from '../vramkeeper/known-models.ts';
import { ManagedServer } from '../vramkeeper/managed-server.ts';
import type { ModelServer } from '../vramkeeper/model-server.ts';
import type { Contender, Stage } from './contender.ts';
import { type OllamaSettings, ollamaRules, USUAL_OLLAMA } from './ollama.ts';

/** As a server has it unless it is told otherwise. */
const KEEP_ALIVE_MS = 300_000;

/** @param attached how the Ollama is set up that it is attached to, where it is */
export function vramkeeper(attached: OllamaSettings = USUAL_OLLAMA) {
  return (stage: Stage): Contender => {
    const { clock, random, machine, workload } = stage;
    return new Driver({
      clock,
      random,
      server: serverOf(stage, attached),
      resolver: knownModels(workload.models, machine.settings, KEEP_ALIVE_MS),
      started: (job) => stage.started(job),
      done: (job) => stage.done(job),
      foreseen: (job, startMs) => stage.foreseen(job, startMs),
      timed: (decision) => stage.timed(decision),
    });
  };
}

function serverOf(
  { clock, random, machine, server, workload }: Stage,
  settings: OllamaSettings,
): ModelServer {
  const { models } = workload;
  if (server === 'managed') return new ManagedServer(clock, machine, models);
  const rules = ollamaRules(settings, machine.settings.gpuBytes.length);
  const { mostLoaded } = rules;
  return new AttachedServer({
    clock,
    machine,
    server: new RequestServer(clock, random, machine, rules),
    models,
    mostLoaded,
  });
}

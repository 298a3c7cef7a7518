/** A server with a line of requests, to which every job is sent as it arrives. */
import { RequestServer } from '../server/request-server.ts';
import type { ServerRules } from '../server/rules.ts';
import type { ContenderFactory, Stage } from './contender.ts';

export function requestContender(rulesOf: (stage: Stage) => ServerRules): ContenderFactory {
  return (stage) => {
    const server = new RequestServer(stage.clock, stage.random, stage.machine, rulesOf(stage));
    const models = new Map(stage.workload.models.map((model) => [model.name, model]));
    const send = (job: Parameters<Stage['done']>[0]) => {
      const model = models.get(job.model);
      if (!model) throw new Error(`The workload has no ${job.model}.`);
      server.request({
        model,
        job,
        started: () => stage.started(job),
        done: () => stage.done(job),
        // As a client does that wants its answer.
        failed: () => send(job),
      });
    };
    return { arrive: send };
  };
}

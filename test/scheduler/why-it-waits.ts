/** What a waiting job of a simulated world is told. */
import type { JobWaiting } from '../../src/domain/decision.ts';
import { explain } from '../../src/scheduler/explain/explain.ts';
import { lastingFaults } from '../../src/scheduler/explain/lasting-faults.ts';
import { loadOption } from '../../src/scheduler/snapshot/options.ts';
import { BACKEND, type SimulatedJob, type SimulatedWorld } from './simulated-world.ts';

export function whyItWaits(w: SimulatedWorld, job: SimulatedJob): JobWaiting | null {
  const now = w.clock.now();
  const option = loadOption(job.queue, BACKEND, w.resolver);
  return explain(
    {
      job: { ...job, modelName: job.model, status: 'PENDING', notBefore: null } as never,
      verdict: w.loop.verdictOf(job.queue),
      options: option ? [option] : [],
      modelsKnown: true,
      faults: lastingFaults(w.loop.state, [], now),
    },
    now,
  );
}

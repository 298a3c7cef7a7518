/** Why jobs wait, put together from the parts that know. */
import type { Clock } from '../clock.ts';
import type { BacklogView } from '../domain/backlog.ts';
import type { JobWaiting } from '../domain/decision.ts';
import type { Job } from '../domain/job.ts';
import { parseQueueKey, type QueueKey } from '../domain/queue-key.ts';
import type { LastingFault } from '../domain/system.ts';
import type { Executor } from '../executor/executor.ts';
import type { Registry } from '../registry/registry.ts';
import type { LoadOption } from '../scheduler/decide/snapshot.ts';
import { expectedOf } from '../scheduler/explain/expected.ts';
import { explain as explained } from '../scheduler/explain/explain.ts';
import { lastingFaults } from '../scheduler/explain/lasting-faults.ts';
import { refusedAt } from '../scheduler/loads/refuse-impossible.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import { loadOption } from '../scheduler/snapshot/options.ts';
import type { StartPromises } from './start-promises.ts';

export interface ExplainSources {
  readonly loop: SchedulerLoop;
  readonly executor: Executor;
  readonly registry: Registry;
  readonly backlog: BacklogView;
  readonly promises: StartPromises;
  /** Whether jobs are told that they should miss their deadlines. */
  readonly tellsHopeless: boolean;
  readonly clock: Clock;
}

export function optionsOf(
  sources: Pick<ExplainSources, 'loop' | 'registry'>,
  queue: QueueKey,
): readonly LoadOption[] {
  return [...sources.loop.state.backends.keys()].flatMap(
    (backendId) => loadOption(queue, backendId, sources.registry) ?? [],
  );
}

export function faultsOf({
  loop,
  executor,
  clock,
}: Pick<ExplainSources, 'loop' | 'executor' | 'clock'>): readonly LastingFault[] {
  return lastingFaults(loop.state, executor.troubles, clock.now());
}

export function explainJob(sources: ExplainSources, job: Job): JobWaiting | null {
  const { registry, clock, loop } = sources;
  const { held } = sources.backlog;
  const options = optionsOf(sources, job.queue);
  const input = {
    job,
    verdict: loop.verdictOf(job.queue),
    options,
    modelsKnown: registry.known,
    awaitedOf: awaitedOf(sources, job.queue),
    refusedAt: refusedAt(loop.state, job.queue),
    expected: expectedOf(loop, job, options[0]?.variant.weights),
    faults: faultsOf(sources),
    tellsHopeless: sources.tellsHopeless,
    ...(held.isHeld(job.client) && { clientAtLimit: held.running(job.client) }),
  };
  const waiting = explained(input, clock.now());
  if (waiting?.expectedStart && job.status === 'PENDING')
    sources.promises.promise(job.id, waiting.expectedStart);
  return waiting;
}

function awaitedOf(
  { registry, loop }: Pick<ExplainSources, 'registry' | 'loop'>,
  queue: QueueKey,
): readonly string[] {
  const backends = [...loop.state.backends.values()].map(({ settings }) => settings);
  return backends.filter(({ id }) => registry.isAwaited?.(queue, id)).map(({ name }) => name);
}

/** Why a job of this queue waits that has no reason of its own. */
export function explainQueue(
  sources: Omit<ExplainSources, 'promises' | 'tellsHopeless'>,
  queue: QueueKey,
): JobWaiting | null {
  const { registry, clock, loop } = sources;
  const modelName = parseQueueKey(queue).model;
  const job = {
    client: '',
    deadline: null,
    history: [],
    modelName,
    notBefore: null,
    status: 'PENDING',
  } as const;
  const input = {
    job,
    verdict: loop.verdictOf(queue),
    options: optionsOf(sources, queue),
    modelsKnown: registry.known,
    awaitedOf: awaitedOf(sources, queue),
    refusedAt: refusedAt(loop.state, queue),
    faults: faultsOf(sources),
  };
  return explained(input, clock.now());
}

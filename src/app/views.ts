/** Wiring of what the server says of itself: to people, to programs and to a monitoring system. */
import { StrayOllama, strayUrl } from '../backend/ollama/stray-ollama.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Store } from '../domain/store.ts';
import type { SystemView } from '../domain/system.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { cellStatistics } from '../view/cell-statistics.ts';
import type { JobCourses } from '../view/job-courses.ts';
import type { JobStatistics } from '../view/job-statistics.ts';
import type { StartPromises } from '../view/start-promises.ts';
import { createSystemView } from '../view/system-view.ts';
import type { BuiltBackend } from './backends.ts';
import type { Past } from './past.ts';
import type { Scheduling } from './scheduling/scheduling.ts';
import { version } from './version.ts';

export interface ViewParts {
  readonly backends: readonly BuiltBackend[];
  readonly scheduling: Pick<Scheduling, 'loop' | 'executor' | 'registry' | 'swaps' | 'limits'>;
  readonly store: Pick<Store, 'backlog' | 'counts' | 'writeProblem'>;
  readonly statistics: JobStatistics;
  readonly promises: StartPromises;
  readonly past: Pick<Past, 'lifetime'>;
  readonly events: Pick<EventLog, 'waiting'>;
  readonly courses: Pick<JobCourses, 'of'>;
  /** Null where nobody may ask for them. */
  readonly metrics: ServerMetrics | null;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something of the system is not as it was. */
  readonly changed: () => void;
}

export interface Views {
  readonly system: SystemView;
  /** Looks for an Ollama beside managed ones. */
  readonly stray: StrayOllama;
}

export function buildViews(config: Config, parts: ViewParts): Views {
  const { clock, events, past, promises, scheduling, startedAt, statistics, store } = parts;
  const { loop, executor, registry, swaps } = scheduling;
  const backends = parts.backends.map(({ backend }) => backend);
  const stray = new StrayOllama({
    url: strayUrl(config),
    clock,
    logger: parts.logger.child('MONITOR'),
    changed: parts.changed,
  });
  const system = createSystemView({
    startedAt,
    version,
    loop,
    executor,
    registry,
    backlog: store.backlog,
    statistics,
    limits: scheduling.limits,
    promises,
    tellsHopeless: config.hopelessDeadlines !== 'ignore',
    strayServer: () => stray.found,
    storeProblem: () => store.writeProblem,
    backends,
    swaps: () => ({ ...swaps.stats, ...cellStatistics(backends) }),
    lifetime: () => past.lifetime,
    courseOf: (job) => parts.courses.of(job),
    clock,
  });
  parts.metrics?.describe({
    system,
    jobs: () => store.counts(),
    tokens: () => statistics.tokens,
    cost: () => statistics.cost,
    swapOverheadMs: () => swaps.overheadMs,
    subscribers: () => events.waiting,
    decisions: loop.decisions,
  });
  return { system, stray };
}

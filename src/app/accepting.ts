/** The door to the queue, with what it asks of the parts behind it. */
import { createAcceptService, type ModelDirectory } from '../accept/accept.ts';
import type { AcceptService } from '../accept/accept-service.ts';
import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Store } from '../domain/store.ts';
import type { Registry } from '../registry/registry.ts';
import { tooLarge } from '../scheduler/loads/too-large.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import { expectedEndOf } from '../view/expected-end.ts';
import type { JobStatistics } from '../view/job-statistics.ts';
import { roomInMs } from '../view/queue-room.ts';
import type { Configuration } from './configuration.ts';
import type { Scheduling } from './scheduling/scheduling.ts';

export interface AcceptParts {
  readonly clients: Pick<Configuration, 'allowances' | 'limits'>;
  readonly store: Store;
  readonly models: ModelDirectory;
  readonly registry: Registry;
  readonly loop: SchedulerLoop;
  readonly statistics: JobStatistics;
  readonly scheduling: Pick<Scheduling, 'contexts' | 'fallbacks'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, 'warn'>;
}

export function buildAccept(config: Config, parts: AcceptParts): AcceptService {
  const { clients, store, models, registry, loop, statistics, scheduling, clock, random, logger } = parts;
  return createAcceptService({
    store,
    models,
    queueFor: (asked, request) => scheduling.contexts.queueFor(asked, request),
    tooLarge: (queue) => tooLarge(queue, loop, registry, clock.now()),
    queueLimit: config.queueLimit,
    bytesOfRequest: config.maxBodyBytes,
    clients: clients.limits,
    allowances: clients.allowances,
    ...(config.hopelessDeadlines === 'refuse' && {
      expectedEnd: (job, size) => expectedEndOf(loop, registry, job, size),
    }),
    cache: config.cache,
    chooseModel: (job) => scheduling.fallbacks.choose(job),
    retryAfterMs: (client) =>
      roomInMs({ forecasts: loop.forecasts, statistics, clock, backlog: store.backlog }, client),
    clock,
    random,
    log: (message) => logger.warn(message),
  });
}

/** The tasks of the configuration, with the parts that they are about. */
import type { Config } from '../config/config.ts';
import { Tasks, type TasksDependencies } from '../tasks/tasks.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface TaskParts extends Pick<TasksDependencies, 'store' | 'system' | 'memory'> {
  readonly logger: Logger;
}

export function buildTasks(config: Config, { logger, ...parts }: TaskParts): Tasks {
  const { tasks = [], keepWarm } = config;
  return new Tasks({ ...parts, tasks, keptWarm: keepWarm, logger: logger.child('REGISTRY') });
}

/** Who still needs a model in memory: nobody is to lose it because one task has another one now. */
import type { JobFilter } from '../domain/job-filter.ts';
import type { SystemView } from '../domain/system.ts';
import type { TaskChoice } from '../domain/task.ts';
import { instancesOf } from '../view/lookup.ts';

export interface NeedSources {
  readonly system: Pick<SystemView, 'backends' | 'model'> & SystemView;
  readonly tasks: () => readonly TaskChoice[];
  /** Names of models that the configuration keeps in memory. */
  readonly keptWarm: readonly string[];
  readonly countJobs: (filter: JobFilter) => Promise<number>;
}

/** Why it stays, as the end of a sentence; null where nothing needs it. */
export async function needOf(modelName: string, sources: NeedSources): Promise<string | null> {
  const { system, tasks, keptWarm, countJobs } = sources;
  const model = system.model(modelName);
  if (!model) return null;
  const { weights } = model.info;
  const isSame = (name: string) => system.model(name)?.info.weights === weights;
  const task = tasks().find(({ option }) => isSame(option.model));
  if (task) return `the task ${task.task.name} uses it`;
  if (keptWarm.some(isSame)) return 'keepWarm names it';
  const instances = instancesOf(system).filter(({ variant }) => variant.weights === weights);
  if (instances.some(({ pinned }) => pinned)) return 'it is pinned';
  const names = system.models().flatMap(({ info }) => (info.weights === weights ? [info.name] : []));
  const jobs = await countJobs({ models: names, statuses: ['PENDING', 'QUEUED', 'RUNNING'] });
  if (jobs > 0) return jobs === 1 ? '1 job is for it' : `${jobs} jobs are for it`;
  return null;
}

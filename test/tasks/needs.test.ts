/** Why a model stays in memory when a task has another one. */
import { expect, test } from 'vitest';
import type { JobFilter } from '../../src/domain/job-filter.ts';
import type { TaskChoice } from '../../src/domain/task.ts';
import { type NeedSources, needOf } from '../../src/tasks/needs.ts';
import { instance, modelInfo, SystemFixture } from '../support/system-fixture.ts';

/** The first two are names of one model. */
const infos = [
  modelInfo('before:1b'),
  modelInfo('copy:1b', { weights: modelInfo('before:1b').weights }),
  modelInfo('other:1b'),
] as const;

function sources(more: Partial<NeedSources> & { readonly pinned?: boolean } = {}) {
  const asked: JobFilter[] = [];
  const system = new SystemFixture();
  system.infos = infos;
  system.instances = [instance(infos[0], system.gpus, { pinned: more.pinned ?? false })];
  const needs: NeedSources = {
    system,
    tasks: () => [],
    keptWarm: [],
    countJobs: async (filter) => {
      asked.push(filter);
      return 0;
    },
    ...more,
  };
  return { needs, asked };
}

function choice(model: string): TaskChoice {
  const option = {
    name: 'one',
    model,
    backend: null,
    vramBytes: null,
    quantization: null,
    speed: null,
    description: null,
    fps: null,
    provider: null,
  };
  return {
    task: { name: 'write', description: null, options: [option], selected: 'one', warmup: false },
    option,
  };
}

test('nothing needs a model that nobody names, and that no job is for under any of its names', async () => {
  const { needs, asked } = sources({
    tasks: () => [choice('other:1b'), choice('gone:1b')],
    keptWarm: ['gone:1b'],
  });
  expect(await needOf('before:1b', needs)).toBeNull();
  expect(asked).toEqual([{ models: ['before:1b', 'copy:1b'], statuses: ['PENDING', 'QUEUED', 'RUNNING'] }]);
  expect(await needOf('gone:1b', needs)).toBeNull();
});

test.each<[string, Parameters<typeof sources>[0], string]>([
  ['a task', { tasks: () => [choice('copy:1b')] }, 'the task write uses it'],
  ['what is kept warm', { keptWarm: ['copy:1b'] }, 'keepWarm names it'],
  ['a pin', { pinned: true }, 'it is pinned'],
  ['a job', { countJobs: async () => 1 }, '1 job is for it'],
  ['jobs', { countJobs: async () => 3 }, '3 jobs are for it'],
])('%s needs it, by whichever of its names', async (_what, more, why) => {
  expect(await needOf('before:1b', sources(more).needs)).toBe(why);
});

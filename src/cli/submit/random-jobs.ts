/** Jobs by chance, for trying things out. The same seed over the same models gives the same jobs. */
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import type { Random } from '../../clock.ts';
import type { JobPriority } from '../../domain/job.ts';
import type { JobModel } from '../jobs/api-calls.ts';

const SUBJECTS = [
  'a lighthouse',
  'the tides',
  'a steam engine',
  'sourdough bread',
  'the night sky',
  'a chess opening',
  'river deltas',
];
const TASKS = [
  'Explain in two sentences',
  'Write a short poem about',
  'List three facts about',
  'Describe to a child',
];

/** Half of normal priority, the rest high and low; texts for embedding models, prompts and chats for the others. */
export function randomJobs(
  count: number,
  models: readonly JobModel[],
  random: Random,
): readonly SubmitJobInput[] {
  return Array.from({ length: count }, () => randomJob(pick(models, random), random));
}

function randomJob(model: JobModel, random: Random): SubmitJobInput {
  const priority = pick<JobPriority>(['HIGH', 'NORMAL', 'NORMAL', 'LOW'], random);
  const prompt = `${pick(TASKS, random)} ${pick(SUBJECTS, random)}.`;
  if (embedsOnly(model)) return { model: model.name, priority, request: { embed: { input: [prompt] } } };
  const options = {
    seed: Math.floor(random.next() * 1_000_000),
    maxTokens: 24 + Math.floor(random.next() * 96),
  };
  return {
    model: model.name,
    priority,
    request:
      random.next() < 0.5
        ? { generate: { prompt, options } }
        : { chat: { messages: [{ role: 'USER', content: prompt }], options } },
  };
}

export function embedsOnly(model: Pick<JobModel, 'capabilities'>): boolean {
  return model.capabilities.includes('EMBEDDING') && !model.capabilities.includes('COMPLETION');
}

function pick<T>(from: readonly T[], random: Random): T {
  const chosen = from[Math.floor(random.next() * from.length)];
  if (chosen === undefined) throw new RangeError('There is nothing to pick from.');
  return chosen;
}

/** How a caller narrows and orders lists of jobs. */
import type { BatchId } from '../../domain/ids.ts';
import type { Label } from '../../domain/job.ts';
import type { JobFilter } from '../../domain/job-filter.ts';
import type { SystemView } from '../../domain/system.ts';
import { builder } from '../builder.ts';
import { requestError } from '../request-errors.ts';
import {
  JobKindEnum,
  JobOrderFieldEnum,
  JobPriorityEnum,
  JobStatusEnum,
  OrderDirectionEnum,
} from '../types/enums.ts';

export const LabelInput = builder.inputRef<Label>('LabelInput').implement({
  description: 'A name and a value by which jobs can be found again.',
  fields: (t) => ({
    key: t.string({ required: true }),
    value: t.string({ required: true }),
  }),
});

export const JobFilterInput = builder.inputType('JobFilter', {
  description: 'Which jobs to take: those that meet every condition given.',
  fields: (t) => ({
    batchId: t.id({ description: 'Jobs of this batch.' }),
    clients: t.stringList({ description: 'Jobs of any of these clients.' }),
    createdAfter: t.field({ type: 'DateTime', description: 'Jobs accepted later than this.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Jobs accepted earlier than this.' }),
    finishedAfter: t.field({ type: 'DateTime', description: 'Jobs that ended later than this.' }),
    kinds: t.field({ type: [JobKindEnum] }),
    labels: t.field({ type: [LabelInput], description: 'Jobs that have all of these.' }),
    matching: t.string({
      description:
        'Jobs whose id begins so, or that have this text in a label, in the name of their model or in that of their client, in ' +
        'capitals or not. At most 100 characters; an empty text is no condition. There is no index for it: a search that takes ' +
        'more than ten seconds is ended.',
    }),
    models: t.stringList({ description: 'By name, with or without the tag `:latest`.' }),
    priorities: t.field({ type: [JobPriorityEnum] }),
    statuses: t.field({ type: [JobStatusEnum] }),
  }),
});

export const JobOrderInput = builder.inputType('JobOrder', {
  description: 'How to order jobs.',
  fields: (t) => ({
    direction: t.field({ type: OrderDirectionEnum, required: true }),
    field: t.field({ type: JobOrderFieldEnum, required: true }),
  }),
});

/** More than anyone writes down, and little enough for one statement of the store. */
const LONGEST_LIST = 100;
const LISTS = ['clients', 'kinds', 'labels', 'models', 'priorities', 'statuses'] as const;
const LONGEST_TEXT = 100;

/** The filter without its nulls, with every name that a model can have in the store. @throws GraphQLError BAD_USER_INPUT */
export function jobFilter(
  input: typeof JobFilterInput.$inferInput | null | undefined,
  system: Pick<SystemView, 'modelName'>,
): JobFilter {
  if (!input) return {};
  for (const name of LISTS) {
    if ((input[name]?.length ?? 0) > LONGEST_LIST) {
      throw requestError('BAD_USER_INPUT', `filter.${name} may hold at most ${LONGEST_LIST} entries.`);
    }
  }
  if ((input.matching?.length ?? 0) > LONGEST_TEXT)
    throw requestError('BAD_USER_INPUT', `filter.matching may have at most ${LONGEST_TEXT} characters.`);
  return {
    ...(input.batchId ? { batchId: input.batchId as BatchId } : {}),
    ...(input.clients ? { clients: input.clients } : {}),
    ...(input.createdAfter ? { createdAfter: input.createdAfter.getTime() } : {}),
    ...(input.createdBefore ? { createdBefore: input.createdBefore.getTime() } : {}),
    ...(input.finishedAfter ? { finishedAfter: input.finishedAfter.getTime() } : {}),
    ...(input.kinds ? { kinds: input.kinds } : {}),
    ...(input.labels ? { labels: input.labels } : {}),
    ...(input.models ? { models: input.models.flatMap((name) => [name, system.modelName(name)]) } : {}),
    ...(input.matching ? { matching: input.matching } : {}),
    ...(input.priorities ? { priorities: input.priorities } : {}),
    ...(input.statuses ? { statuses: input.statuses } : {}),
  };
}

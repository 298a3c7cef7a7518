/** `vramkeeper priority` */
import { UpdateJobPriorities, UpdateJobPriority } from '../../client/job-documents.ts';
import type { ConnectionOptions } from '../connection.ts';
import { type ExitCode, UsageError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { changeJobs, manyChanged } from './change-jobs.ts';
import { parsePriority } from './priority-name.ts';

/** @param words ids, and the priority as the last of them */
export async function setPriority(
  words: readonly string[],
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const ids = words.slice(0, -1);
  if (ids.length === 0) throw new UsageError('Give ids and then a priority: vramkeeper priority ID high');
  const priority = parsePriority(words.at(-1) ?? '');
  return changeJobs(
    ids,
    {
      done: `moved to ${priority}`,
      async change(api, id) {
        const { updateJobPriority: answer } = await api.request(UpdateJobPriority, {
          input: { id, priority },
        });
        if (answer.__typename === 'UpdateJobPriorityPayload')
          return { kind: 'changed', status: answer.job.status };
        const issues = answer.__typename === 'InvalidInputError' ? answer.issues : [];
        const message = issues.map((issue) => issue.message).join(' ') || answer.message;
        return { kind: answer.__typename === 'JobNotQueuedError' ? 'late' : 'refused', message };
      },
      changeMany: async (api, jobs) =>
        manyChanged(
          (await api.request(UpdateJobPriorities, { input: { jobs, priority } })).updateJobPriorities,
        ),
    },
    options,
    terminal,
  );
}

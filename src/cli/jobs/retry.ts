/** `vramkeeper retry` */
import { RetryJob, RetryJobs } from '../../client/job-documents.ts';
import type { ConnectionOptions } from '../connection.ts';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { changeJobs, manyChanged } from './change-jobs.ts';

export function retryJobs(
  ids: readonly string[],
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return changeJobs(
    ids,
    {
      done: 'queued again',
      async change(api, id) {
        const { retryJob: answer } = await api.request(RetryJob, { input: { id } });
        if (answer.__typename === 'RetryJobPayload') return { kind: 'changed', status: answer.job.status };
        const isLate = answer.__typename === 'JobNotRetryableError';
        return { kind: isLate ? 'late' : 'refused', message: answer.message };
      },
      changeMany: async (api, jobs) =>
        manyChanged((await api.request(RetryJobs, { input: { jobs } })).retryJobs),
    },
    options,
    terminal,
  );
}

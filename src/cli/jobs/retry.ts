/** `vramkeeper retry` */
import { RetryJob } from '../../client/job-documents.ts';
import type { ConnectionOptions } from '../connection.ts';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { changeJobs } from './change-jobs.ts';

export function retryJobs(
  ids: readonly string[],
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return changeJobs(
    ids,
    {
      from: ['FAILED', 'CANCELLED'],
      done: 'queued again',
      async change(api, id) {
        const { retryJob: answer } = await api.request(RetryJob, { input: { id } });
        if (answer.__typename === 'RetryJobPayload') return { kind: 'changed', status: answer.job.status };
        const isLate = answer.__typename === 'JobNotRetryableError';
        return { kind: isLate ? 'late' : 'refused', message: answer.message };
      },
    },
    options,
    terminal,
  );
}

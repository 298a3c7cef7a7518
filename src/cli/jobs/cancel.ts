/** `vramkeeper cancel` */
import { CancelJob, CancelJobs } from '../../client/job-documents.ts';
import type { ConnectionOptions } from '../connection.ts';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { changeJobs, manyChanged } from './change-jobs.ts';

export interface CancelOptions extends ConnectionOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

export function cancelJobs(
  ids: readonly string[],
  options: CancelOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const reason = options.reason ?? null;
  return changeJobs(
    ids,
    {
      done: 'cancelled',
      async change(api, id) {
        const { cancelJob: answer } = await api.request(CancelJob, { input: { id, reason } });
        if (answer.__typename === 'CancelJobPayload') return { kind: 'changed', status: answer.job.status };
        const isLate = answer.__typename === 'JobNotCancellableError';
        return { kind: isLate ? 'late' : 'refused', message: answer.message };
      },
      changeMany: async (api, jobs) =>
        manyChanged((await api.request(CancelJobs, { input: { jobs, reason } })).cancelJobs),
    },
    options,
    terminal,
  );
}

/** `vramkeeper pause` and `resume` */
import { PauseScheduler, ResumeScheduler } from '../../client/job-documents.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function pause(options: ConnectionOptions, terminal: Terminal): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { stats } = (await api.request(PauseScheduler, {})).pauseScheduler;
    const { running, pending, queued } = stats.counts;
    terminal.outLine(
      `Paused: ${running} running ${running === 1 ? 'job finishes' : 'jobs finish'}, ${pending + queued} wait for "vramkeeper resume".`,
    );
    return EXIT.done;
  });
}

export function resume(options: ConnectionOptions, terminal: Terminal): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { counts } = (await api.request(ResumeScheduler, {})).resumeScheduler.stats;
    terminal.outLine(`Jobs are started again; ${counts.pending + counts.queued} wait.`);
    return EXIT.done;
  });
}

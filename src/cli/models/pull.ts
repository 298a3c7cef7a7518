/** `vramkeeper pull`: starts a download, or joins the one under way, and follows it to its end. */
import type { ApiClient } from '../../client/api-client.ts';
import { PullModel, PullUpdates } from '../../client/model-documents.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type BackendOptions, backendIdOf } from './backend-option.ts';
import { createPullProgress, type Pull } from './pull-progress.ts';

/** A stream that the server ended is begun again after so long. */
const AGAIN_MS = 500;

export async function pullModel(
  name: string,
  options: BackendOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const leaving = new AbortController();
    const stopListening = onInterrupt(() => leaving.abort());
    try {
      const backendId = await backendIdOf(api, options);
      return await followedPull(api, name, { backendId, terminal, clock, signal: leaving.signal });
    } finally {
      stopListening();
    }
  });
}

export interface PullFollowing {
  /** Null for the server's choice. */
  readonly backendId: string | null;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Ends the following; the download goes on. */
  readonly signal: AbortSignal;
}

/** Starts the download, or joins it, and shows it until its end. */
export async function followedPull(
  api: ApiClient,
  name: string,
  { backendId, terminal, clock, signal }: PullFollowing,
): Promise<ExitCode> {
  const id = await startPull(api, name, backendId);
  const progress = createPullProgress(terminal, clock);
  try {
    const pull = await followPull(api, id, (state) => progress.update(state), clock, signal);
    progress.stop();
    if (pull === null) {
      terminal.note(`\nThe download goes on without you. Follow it again with "vramkeeper pull ${name}".`);
      return EXIT.interrupted;
    }
    if (pull.status === 'FAILED') {
      terminal.note(`${pull.modelName} could not be pulled. ${pull.error ?? ''}`.trimEnd());
      return EXIT.failed;
    }
    terminal.outLine(`${pull.modelName} is on ${pull.backend?.name ?? 'its backend'}.`);
    return EXIT.done;
  } finally {
    progress.stop();
  }
}

async function startPull(api: ApiClient, model: string, backendId: string | null): Promise<string> {
  const { pullModel: answer } = await api.request(PullModel, { input: { model, backendId } });
  if (answer.__typename === 'PullModelPayload') return answer.pull.id;
  throw new CommandError(answer.message);
}

/** Resolves with its end, through lost connections; with null when the signal ends it. */
async function followPull(
  api: ApiClient,
  id: string,
  onUpdate: (pull: Pull) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<Pull | null> {
  try {
    for (;;) {
      for await (const { pullUpdated } of api.subscribe(PullUpdates, { id }, signal)) {
        onUpdate(pullUpdated);
        if (pullUpdated.status !== 'RUNNING') return pullUpdated;
      }
      if (signal.aborted) return null;
      await sleep(clock, AGAIN_MS, signal);
    }
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

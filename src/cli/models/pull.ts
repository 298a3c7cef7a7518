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
    const id = await startPull(api, name, options);
    const progress = createPullProgress(terminal, clock);
    const stopListening = onInterrupt(() => {
      progress.stop();
      terminal.note(`\nThe download goes on without you. Follow it again with "vramkeeper pull ${name}".`);
      process.exit(EXIT.interrupted);
    });
    try {
      const pull = await followPull(api, id, (state) => progress.update(state), clock);
      progress.stop();
      if (pull.status === 'FAILED') {
        terminal.note(`${pull.modelName} could not be pulled. ${pull.error ?? ''}`.trimEnd());
        return EXIT.failed;
      }
      terminal.outLine(`${pull.modelName} is on ${pull.backend?.name ?? 'its backend'}.`);
      return EXIT.done;
    } finally {
      progress.stop();
      stopListening();
    }
  });
}

async function startPull(api: ApiClient, model: string, options: BackendOptions): Promise<string> {
  const backendId = await backendIdOf(api, options);
  const { pullModel: answer } = await api.request(PullModel, { input: { model, backendId } });
  if (answer.__typename === 'PullModelPayload') return answer.pull.id;
  throw new CommandError(answer.message);
}

/** Resolves with its end, through lost connections. */
async function followPull(
  api: ApiClient,
  id: string,
  onUpdate: (pull: Pull) => void,
  clock: Clock,
): Promise<Pull> {
  for (;;) {
    for await (const { pullUpdated } of api.subscribe(PullUpdates, { id })) {
      onUpdate(pullUpdated);
      if (pullUpdated.status !== 'RUNNING') return pullUpdated;
    }
    await sleep(clock, AGAIN_MS);
  }
}

/** `vramkeeper serve` */
import type { App } from '../app.ts';
import type { Config } from '../config/config.ts';
import { type Flags, loadConfig } from '../config/load.ts';
import type { ExitCode } from './exit.ts';
import { checkOllama, startOllamaHint } from './ollama-check.ts';
import { StopWish, startApp, untilStopped } from './server-process.ts';
import type { Terminal } from './terminal.ts';

export async function serve(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const config = await loadConfig(flags);
  const app = await startApp(config);
  // Listening for signals first: whoever waits for the ready line may send one at once.
  const wish = new StopWish(terminal);
  sayReady(config, app, terminal);
  const stopped = untilStopped(app, wish, terminal);
  await sayMissingBackends(config, terminal);
  return stopped;
}

/** One line for people and scripts to wait for; where the log itself is JSON on standard output, it goes beside it. */
function sayReady(config: Config, app: App, terminal: Terminal): void {
  const line = `vramkeeper is ready: ${app.url}  GraphQL: ${app.graphqlUrl}`;
  if (config.log.format === 'json' && config.log.file === null) terminal.note(line);
  else terminal.outLine(line);
}

async function sayMissingBackends(config: Config, terminal: Terminal): Promise<void> {
  await Promise.all(
    config.backends.map(async ({ url }) => {
      const check = await checkOllama(url);
      if (check.kind === 'silent')
        terminal.note(`No Ollama answers at ${url} yet: jobs wait until it does. ${startOllamaHint()}`);
      if (check.kind === 'strange')
        terminal.note(`What answers at ${url} is no Ollama (${check.said}): jobs wait until it is one.`);
    }),
  );
}

/** `vramkeeper serve` */

import { notesOn, serverOf } from '../../app/backends.ts';
import { lookAround, settleBackends } from '../../app/choose-backends.ts';
import type { App } from '../../app.ts';
import { lookAtFolder, lookAtProgram } from '../../backend/managed/look.ts';
import { systemClock } from '../../clock.ts';
import type { BackendConfig, Config, ManagedConfig } from '../../config/config.ts';
import { type Flags, loadConfig } from '../../config/load.ts';
import { messageOf } from '../../domain/errors.ts';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { StopWish, startApp, untilStopped } from './server-process.ts';

export async function serve(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const read = () => loadConfig(flags);
  const loaded = await read();
  const { config, line } = await settleBackends(loaded, () => lookAround(loaded.ollama, systemClock));
  const app = await startApp(config, { backendsLine: line, readSettings: read });
  // Listening for signals first: whoever waits for the ready line may send one at once.
  const hangUpReloads = !terminal.outIsTerminal && !terminal.notesAreTerminal;
  const wish = new StopWish(terminal, hangUpReloads);
  const endReloads = hangUpReloads ? reloadOnHangUp(app, terminal) : () => {};
  sayReady(config, app, terminal);
  const stopped = untilStopped(app, wish, terminal);
  await sayMissingBackends(config, terminal);
  return stopped.finally(endReloads);
}

/** As daemons do. In a terminal it says that the terminal is gone, and the server goes with it. */
function reloadOnHangUp(app: App, terminal: Terminal): () => void {
  const reload = () => {
    app.reload().then(
      ({ clients, keys, needRestart }) => {
        terminal.note(`Reloaded: ${keys} keys, ${clients} clients with settings of their own.`);
        if (needRestart.length > 0) terminal.note(`Waiting for a restart: ${needRestart.join(', ')}.`);
      },
      (error: unknown) => terminal.note(`Not reloaded, nothing has changed:\n${messageOf(error)}`),
    );
  };
  process.on('SIGHUP', reload);
  return () => void process.off('SIGHUP', reload);
}

/** One line for people and scripts to wait for; where the log itself is JSON on standard output, it goes beside it. */
function sayReady(config: Config, app: App, terminal: Terminal): void {
  const inPlace = app.ollamaUrl === null ? '' : `  in place of Ollama: ${app.ollamaUrl}`;
  const line = `vramkeeper is ready: ${app.url}  GraphQL: ${app.graphqlUrl}${inPlace}`;
  if (config.log.format === 'json' && config.log.file === null) terminal.note(line);
  else terminal.outLine(line);
}

async function sayMissingBackends(config: Config, terminal: Terminal): Promise<void> {
  await Promise.all(
    config.backends.map(async (backend) => {
      const { managed } = backend;
      const lines = [
        ...(managed ? await unmanageable(managed) : await unanswered(backend)),
        ...(await unusable(backend)),
      ];
      for (const line of lines) terminal.note(line);
    }),
  );
}

async function unanswered(backend: BackendConfig): Promise<readonly string[]> {
  const { url } = backend;
  const server = serverOf(backend);
  if (server === null) return [];
  const check = await server.check(backend, systemClock);
  switch (check.kind) {
    case 'silent':
      return [`No ${server.product} answers at ${url} yet: jobs wait until it does. ${server.start}`];
    case 'closed':
      return [
        `Something listens at ${url}, but ${check.why}. Jobs wait until ${server.product} answers there.`,
      ];
    case 'strange':
      return [`What answers at ${url} is no ${server.product} (${check.said}): jobs wait until it is one.`];
    case 'answers':
      return [];
    default:
      return check satisfies never;
  }
}

/** What its settings name and is not there. */
async function unusable(backend: BackendConfig): Promise<readonly string[]> {
  const notes = await notesOn(backend, process.env);
  return notes.flatMap(({ level, text }) =>
    level === 'fail' ? [`Jobs wait for what cannot be started: ${text}`] : [],
  );
}

async function unmanageable(managed: ManagedConfig): Promise<readonly string[]> {
  const looks = [
    await lookAtProgram(managed, process.env, systemClock),
    await lookAtFolder(managed.models),
  ] as const;
  return looks.flatMap((look) =>
    look.kind === 'unusable' ? [`Ollama cannot be run yet, so jobs wait. ${look.problem}`] : [],
  );
}

/** Runs a server until it is told to end. */
import { type App, type AppOverrides, createApp } from '../../app.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** @throws VramkeeperError that says what to do, for a port that is taken, a data folder in use and the like */
export async function startApp(config: Config, overrides?: AppOverrides): Promise<App> {
  const app = createApp(config, overrides);
  await app.start();
  return app;
}

/** Waits for somebody to want the end. A second wish ends the process at once. */
export class StopWish {
  /** Resolves at the first signal. */
  readonly wanted: Promise<void>;
  /** Stops listening for signals. */
  readonly end: () => void;

  /** @param hangUpReloads whether SIGHUP is no wish to stop */
  constructor(terminal: Terminal, hangUpReloads = false) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wanted = promise;
    this.end = onInterrupt(
      (count) => {
        if (count === 1) resolve();
        else {
          terminal.note('Stopped at once. Jobs that ran start again with the next server.');
          process.exit(EXIT.failed);
        }
      },
      systemClock,
      hangUpReloads ? ['SIGINT', 'SIGTERM'] : undefined,
    );
  }
}

/** Serves until somebody wants the end, then lets running jobs finish for a moment; or until it can go on no longer. */
export async function untilStopped(app: App, wish: StopWish, terminal: Terminal): Promise<ExitCode> {
  const failure = await Promise.race([wish.wanted.then(() => null), app.failed]);
  if (failure) {
    terminal.note(`Stopping: ${failure.message}`);
    try {
      await app.stop({ graceMs: 0 });
    } finally {
      wish.end();
    }
    return EXIT.failed;
  }
  terminal.note(
    'Stopping: running jobs may finish, waiting ones stay in the queue. Once more stops at once.',
  );
  try {
    await app.stop();
  } finally {
    wish.end();
  }
  return EXIT.done;
}

/** How far a set of jobs is: a bar for a person, a line now and then for a log. */
import cliProgress from 'cli-progress';
import type { Tally } from './job-watch.ts';
import type { Terminal } from './terminal.ts';

export interface Progress {
  update(tally: Tally): void;
  /** A line of its own, between two states. */
  say(text: string): void;
  /** Leaves the terminal as it should be. Safe to call twice. */
  stop(): void;
}

export function createProgress(terminal: Terminal): Progress {
  return terminal.notesAreTerminal ? new Bar(terminal) : new Lines(terminal);
}

export function endedOf(tally: Tally): number {
  return tally.complete + tally.failed + tally.cancelled;
}

/** `3 running, 12 waiting, 1 failed`: what is not said by the figure before it. */
export function stateText(tally: Tally): string {
  const parts = [`${tally.running} running`, `${tally.waiting} waiting`];
  if (tally.failed > 0) parts.push(`${tally.failed} failed`);
  if (tally.cancelled > 0) parts.push(`${tally.cancelled} cancelled`);
  return parts.join(', ');
}

class Bar implements Progress {
  readonly #bar: cliProgress.SingleBar;
  readonly #terminal: Terminal;
  #started = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#bar = new cliProgress.SingleBar(
      {
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: false,
        barsize: 30,
        fps: 10,
        format: (options, params, payload: { readonly state?: string }) =>
          `${terminal.noteStyle('cyan', cliProgress.Format.BarFormat(params.progress, options))} ${params.value}/${params.total} jobs  ${payload.state ?? ''}`,
      },
      cliProgress.Presets.shades_classic,
    );
  }

  update(tally: Tally): void {
    if (tally.total === 0) return;
    const payload = { state: stateText(tally) };
    if (this.#started) {
      this.#bar.setTotal(tally.total);
      this.#bar.update(endedOf(tally), payload);
    } else this.#bar.start(tally.total, endedOf(tally), payload);
    this.#started = true;
  }

  say(text: string): void {
    // It is begun anew below the line by the next update.
    this.stop();
    this.#terminal.note(text);
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
    this.#started = false;
  }
}

/** A line for each tenth of the way. */
class Lines implements Progress {
  readonly #terminal: Terminal;
  #tenth = -1;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(tally: Tally): void {
    if (tally.total === 0) return;
    const ended = endedOf(tally);
    const tenth = Math.floor((ended * 10) / tally.total);
    if (tenth === this.#tenth) return;
    this.#tenth = tenth;
    this.#terminal.note(`${ended}/${tally.total} jobs done, ${stateText(tally)}`);
  }

  say(text: string): void {
    this.#terminal.note(text);
  }

  stop(): void {}
}

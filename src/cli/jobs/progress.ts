/** How far a set of jobs is: a bar for a person, a line now and then for a log. */
import cliProgress from 'cli-progress';
import { barLine, LONGEST_BAR } from '../terminal/bar-line.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Tally } from './job-watch.ts';

export interface Progress {
  update(tally: Tally): void;
  /** A line of its own, between two states. */
  say(text: string): void;
  /** The same for results, which `write` puts out. */
  aside(write: () => void): void;
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
  #tally: Tally | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#bar = new cliProgress.SingleBar(
      {
        stream: process.stderr,
        hideCursor: true,
        // What is printed takes its place; it is drawn again below.
        clearOnComplete: true,
        barsize: LONGEST_BAR,
        fps: 10,
        format: (options, params, payload: { readonly state?: string }) =>
          barLine(
            params.progress,
            `${params.value}/${params.total} jobs  ${payload.state ?? ''}`,
            // The cursor stands behind it.
            process.stderr.columns - 1,
            (share, width) =>
              terminal.noteStyle('cyan', cliProgress.Format.BarFormat(share, { ...options, barsize: width })),
          ),
      },
      cliProgress.Presets.shades_classic,
    );
  }

  update(tally: Tally): void {
    if (tally.total === 0) return;
    this.#tally = tally;
    const payload = { state: stateText(tally) };
    if (this.#started) {
      this.#bar.setTotal(tally.total);
      this.#bar.update(endedOf(tally), payload);
    } else this.#bar.start(tally.total, endedOf(tally), payload);
    this.#started = true;
  }

  say(text: string): void {
    this.aside(() => this.#terminal.note(text));
  }

  aside(write: () => void): void {
    this.stop();
    write();
    if (this.#tally && endedOf(this.#tally) < this.#tally.total) this.update(this.#tally);
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

  aside(write: () => void): void {
    write();
  }

  stop(): void {}
}

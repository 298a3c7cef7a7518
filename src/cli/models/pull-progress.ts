/** How far a download is: a bar for a person, a line now and then for a log. */
import cliProgress from 'cli-progress';
import type { PullUpdatesSubscription } from '../../client/generated/graphql.ts';
import type { Clock } from '../../clock.ts';
import { formatBytes } from '../../domain/units.ts';
import { barLine, LONGEST_BAR } from '../terminal/bar-line.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type Pull = PullUpdatesSubscription['pullUpdated'];

export interface PullProgressView {
  update(pull: Pull): void;
  /** Leaves the terminal as it should be. Safe to call twice. */
  stop(): void;
}

export function createPullProgress(terminal: Terminal, clock: Clock): PullProgressView {
  return terminal.notesAreTerminal ? new Bar(terminal, clock) : new Lines(terminal);
}

/** Over so long; less says more about the network's mood than about its speed. */
const SPEED_WINDOW_MS = 5_000;

/** Bytes per second of late. */
class SpeedMeter {
  readonly #clock: Clock;
  #samples: readonly { readonly atMs: number; readonly bytes: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null until two different instants were seen. */
  add(bytes: number): number | null {
    const atMs = this.#clock.monotonic();
    const recent = this.#samples.filter((sample) => atMs - sample.atMs <= SPEED_WINDOW_MS);
    this.#samples = [...(recent.length > 0 ? recent : this.#samples.slice(-1)), { atMs, bytes }];
    const [first] = this.#samples;
    if (!first || first.atMs === atMs) return null;
    return ((bytes - first.bytes) * 1_000) / (atMs - first.atMs);
  }
}

class Bar implements PullProgressView {
  readonly #bar: cliProgress.SingleBar;
  readonly #speed: SpeedMeter;
  #started = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#speed = new SpeedMeter(clock);
    this.#bar = new cliProgress.SingleBar(
      {
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: false,
        barsize: LONGEST_BAR,
        fps: 10,
        format: (options, params, payload: { readonly state?: string }) =>
          barLine(
            params.progress,
            `${Math.floor(params.progress * 100)} %  ${payload.state ?? ''}`,
            // The cursor stands behind it.
            process.stderr.columns - 1,
            (share, width) =>
              terminal.noteStyle('cyan', cliProgress.Format.BarFormat(share, { ...options, barsize: width })),
          ),
      },
      cliProgress.Presets.shades_classic,
    );
  }

  update(pull: Pull): void {
    const total = pull.totalBytes ?? 0;
    const speed = this.#speed.add(pull.completedBytes);
    const rate = speed === null || pull.completedBytes === total ? '' : `, ${formatBytes(speed)}/s`;
    const state = pull.totalBytes ? `${amountText(pull)}${rate}  ${pull.step}` : pull.step;
    if (this.#started) {
      // A bar of nothing would show itself full.
      this.#bar.setTotal(Math.max(1, total));
      this.#bar.update(pull.completedBytes, { state });
    } else this.#bar.start(Math.max(1, total), pull.completedBytes, { state });
    this.#started = true;
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
    this.#started = false;
  }
}

/** A line for each step, and for each tenth of the way. */
class Lines implements PullProgressView {
  readonly #terminal: Terminal;
  #said = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(pull: Pull): void {
    const tenth = pull.totalBytes ? Math.floor((pull.completedBytes * 10) / pull.totalBytes) : 0;
    const key = `${pull.step} ${tenth}`;
    if (key === this.#said) return;
    this.#said = key;
    this.#terminal.note(pull.totalBytes ? `${pull.step}: ${amountText(pull)}` : pull.step);
  }

  stop(): void {}
}

function amountText({ completedBytes, totalBytes }: Pull): string {
  return `${formatBytes(completedBytes)} of ${formatBytes(totalBytes ?? 0)}`;
}

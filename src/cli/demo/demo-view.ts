/** What the demo shows while it runs: a bar, and below it one line of queue, models and memory. */
import cliProgress from 'cli-progress';
import { formatBytes } from '../../domain/units.ts';
import type { Tally } from '../jobs/job-watch.ts';
import { endedOf, stateText } from '../jobs/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Memory } from './vram-watch.ts';

export interface DemoView {
  showJobs(tally: Tally): void;
  showMemory(memory: Memory): void;
  /** Safe to call twice. */
  stop(): void;
}

export function createDemoView(terminal: Terminal): DemoView {
  return terminal.notesAreTerminal ? new LiveView(terminal) : new LineView(terminal);
}

/** `queue 31 | 4 models: gemma:2b, phi3:mini, loading tinyllama:1.1b | VRAM 8.1 of 24.0 GiB` */
function situationText(tally: Tally, memory: Memory | undefined): string {
  const queue = `queue ${tally.waiting}`;
  if (!memory) return queue;
  const loading = memory.loading.map((name) => `loading ${name}`);
  const names = [...memory.resident, ...loading].join(', ');
  const count = `${memory.resident.length} resident${names ? `: ${names}` : ''}`;
  return `${queue} | VRAM ${formatBytes(memory.usedBytes)} of ${formatBytes(memory.totalBytes)} | ${count}`;
}

class LiveView implements DemoView {
  readonly #bars: cliProgress.MultiBar;
  readonly #terminal: Terminal;
  #jobs: cliProgress.SingleBar | undefined;
  #line: cliProgress.SingleBar | undefined;
  #tally: Tally | undefined;
  #memory: Memory | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#bars = new cliProgress.MultiBar(
      { stream: process.stderr, hideCursor: true, barsize: 40, fps: 10, format: '{line}' },
      cliProgress.Presets.shades_classic,
    );
  }

  showJobs(tally: Tally): void {
    this.#tally = tally;
    this.#jobs ??= this.#bars.create(tally.total, 0, {}, { format: this.#jobsFormat });
    this.#jobs.update(endedOf(tally), { state: stateText(tally) });
    this.#showLine();
  }

  showMemory(memory: Memory): void {
    this.#memory = memory;
    this.#showLine();
  }

  stop(): void {
    this.#bars.stop();
  }

  readonly #jobsFormat: NonNullable<ConstructorParameters<typeof cliProgress.MultiBar>[0]['format']> = (
    options,
    params,
    payload,
  ) =>
    `${this.#terminal.noteStyle('cyan', cliProgress.Format.BarFormat(params.progress, options))} ${params.value}/${params.total} jobs  ${payload.state ?? ''}`;

  #showLine(): void {
    if (!this.#tally) return;
    const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
    const text = situationText(this.#tally, this.#memory);
    const line = text.length > width ? `${text.slice(0, width - 3)}...` : text;
    this.#line ??= this.#bars.create(1, 0, { line });
    this.#line.update(0, { line });
  }
}

/** A line for each tenth of the jobs. */
class LineView implements DemoView {
  readonly #terminal: Terminal;
  #memory: Memory | undefined;
  #tenth = -1;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  showJobs(tally: Tally): void {
    const tenth = tally.total === 0 ? 0 : Math.floor((endedOf(tally) * 10) / tally.total);
    if (tenth === this.#tenth) return;
    this.#tenth = tenth;
    this.#terminal.note(
      `${endedOf(tally)}/${tally.total} jobs done, ${stateText(tally)} | ${situationText(tally, this.#memory)}`,
    );
  }

  showMemory(memory: Memory): void {
    this.#memory = memory;
  }

  stop(): void {}
}

/** `vramkeeper top`: GPUs, models in memory, the queue and what is decided, as it changes or once. */
import type { ApiClient } from '../../client/api-client.ts';
import {
  TopDecided,
  TopMemory,
  TopRunning,
  TopSituation,
  TopStatsChanged,
} from '../../client/top-documents.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { holdProcess } from '../terminal/hold.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { type TopState, type TopView, topFrame, topView } from './top-frame.ts';
import { type Move, readKeys } from './top-keys.ts';
import { Pace } from './top-running.ts';
import { Screen } from './top-screen.ts';
import type { Backend, Situation } from './top-sections.ts';

export interface TopOptions extends ConnectionOptions {
  readonly once?: boolean;
}

/** Between two looks at what is not told by itself, and between two redraws at the latest: ages grow. */
const LOOK_MS = 1_000;
/** Most of them are dispatches, which share lines. */
const DECISIONS = 100;
/** Of a page that nobody's terminal limits. */
const PAGE_COLUMNS = 120;

export async function top(
  options: TopOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  if (options.once || !terminal.outIsTerminal) return once(options, terminal, clock);
  return new LiveTop(terminal, clock).run(options);
}

async function once(options: TopOptions, terminal: Terminal, clock: Clock): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const situation = await readSituation(api);
    const running = new Pace().look(await readRunning(api), clock.now());
    const state = { situation, running, backends: await presentBackends(api), notice: null };
    const columns = terminal.columns ?? PAGE_COLUMNS;
    const lines = topFrame(state, { columns, rows: null, now: clock.now(), terminal });
    for (const line of lines) terminal.outLine(line);
    return EXIT.done;
  });
}

async function presentBackends(api: ApiClient): Promise<readonly Backend[]> {
  for await (const { vramChanged } of api.subscribe(TopMemory, {})) return cleaned(vramChanged.backends);
  throw new CommandError(`The server at ${api.url} ended before it had answered.`);
}

async function readSituation(api: ApiClient, signal?: AbortSignal): Promise<Situation> {
  return cleaned(await api.request(TopSituation, { decisions: DECISIONS }, signal));
}

async function readRunning(api: ApiClient, signal?: AbortSignal) {
  return cleaned((await api.request(TopRunning, {}, signal)).jobs.nodes);
}

class LiveTop {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #screen: Screen;
  readonly #pace = new Pace();
  #state: TopState | null = null;
  #view: TopView = { scroll: 0, help: false };

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#screen = new Screen(process.stdout, () => this.#draw());
  }

  async run(options: TopOptions): Promise<ExitCode> {
    // What the connection has to say would spoil the picture.
    const quiet: Terminal = { ...this.#terminal, note: (text) => this.#notice(text ?? null) };
    return connected(options, quiet, async (api) => {
      // Failures before the first picture end the command; later ones are shown in it.
      this.#state = {
        situation: await readSituation(api),
        running: this.#pace.look(await readRunning(api), this.#clock.now()),
        backends: await presentBackends(api),
        notice: null,
      };
      const leave = () => this.#ending.abort();
      const stopListening = onInterrupt(leave, this.#clock);
      const release = holdProcess();
      this.#screen.open();
      const stopKeys = readKeys({
        leave,
        move: (how) => this.#move(how),
        suspend: () => this.#screen.close(),
        resume: () => {
          this.#screen.open();
          this.#draw();
        },
      });
      try {
        this.#draw();
        await Promise.all([
          this.#followMemory(api),
          this.#followStats(api),
          this.#followDecisions(api),
          this.#followRunning(api),
        ]);
        return EXIT.done;
      } finally {
        stopKeys();
        this.#screen.close();
        release();
        stopListening();
      }
    });
  }

  async #followMemory(api: ApiClient): Promise<void> {
    await this.#again(async (signal) => {
      for await (const { vramChanged } of api.subscribe(TopMemory, {}, signal))
        this.#update({ backends: cleaned(vramChanged.backends) });
    });
  }

  async #followStats(api: ApiClient): Promise<void> {
    await this.#again(async (signal) => {
      for await (const { statsChanged } of api.subscribe(TopStatsChanged, {}, signal)) {
        const { health, stats } = cleaned(statsChanged);
        this.#situation({ health, stats });
      }
    });
  }

  async #followDecisions(api: ApiClient): Promise<void> {
    await this.#again(async (signal) => {
      // The stream begins with the newest, oldest first.
      let nodes: Situation['decisions']['nodes'] = [];
      for await (const { decided } of api.subscribe(TopDecided, {}, signal)) {
        nodes = [cleaned(decided.decision), ...nodes].slice(0, DECISIONS);
        this.#situation({ decisions: { nodes } });
      }
    });
  }

  /** How far jobs are is told by nobody: it is looked at, which also shows that the server is there. */
  async #followRunning(api: ApiClient): Promise<void> {
    await this.#again(async (signal) => {
      const running = this.#pace.look(await readRunning(api, signal), this.#clock.now());
      this.#update({ running, notice: null });
    });
  }

  #situation(change: Partial<Situation>): void {
    if (this.#state) this.#update({ situation: { ...this.#state.situation, ...change } });
  }

  #move(how: Move): void {
    const { help, scroll } = this.#view;
    const screen = Math.max(1, this.#screen.size.rows - 2);
    const scrolls: Readonly<Record<Move, number>> = {
      'line-down': scroll + 1,
      'line-up': scroll - 1,
      'screen-down': scroll + screen,
      'screen-up': scroll - screen,
      start: 0,
      end: Number.MAX_SAFE_INTEGER,
      help: scroll,
    };
    this.#view = { scroll: Math.max(0, scrolls[how]), help: how === 'help' && !help };
    this.#draw();
  }

  /** Does `look` over and over until a person leaves; what fails is shown and tried again. */
  async #again(look: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await look(signal);
      } catch (error) {
        if (!signal.aborted) this.#notice(messageOf(error));
      }
      await sleep(this.#clock, LOOK_MS, signal).catch(() => {});
    }
  }

  #notice(text: string | null): void {
    this.#update({ notice: text });
  }

  #update(change: Partial<TopState>): void {
    if (!this.#state) return;
    this.#state = { ...this.#state, ...change };
    this.#draw();
  }

  #draw(): void {
    if (!this.#state) return;
    const { columns, rows } = this.#screen.size;
    const options = { columns, rows, now: this.#clock.now(), terminal: this.#terminal };
    const { lines, scroll } = topView(this.#state, options, this.#view);
    this.#view = { ...this.#view, scroll };
    this.#screen.draw(lines);
  }
}

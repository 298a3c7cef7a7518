/** Waits until a started process serves on a port that is its own. */
import { type Clock, sleep } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { PortTakenError, ProcessExitedError, ReadinessLimitError } from './errors.ts';
import { DEFAULTS, type PortSource, type Readiness } from './process-spec.ts';
import type { SupervisedProcess } from './supervised-process.ts';

const FIRST_POLL_MS = 10;
const LONGEST_POLL_MS = 250;
const LAST_LINES = 20;

export interface ReadinessOptions {
  readonly readiness: Readiness;
  /** Null when the program chooses it. */
  readonly chosenPort: number | null;
  readonly clock: Clock;
  /** Gives up, with the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * Resolves when the process is READY. Ends nothing when it fails.
 * @throws ProcessExitedError | PortTakenError | ReadinessLimitError
 */
export async function becomeReady(process: SupervisedProcess, options: ReadinessOptions): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, options.signal]);
  const wait = new Wait(process, options, signal);
  const { chosenPort } = options;
  const isTaken = takenPattern(options);
  const taken = () => new PortTakenError(process.name, chosenPort ?? 0);
  // Some programs say that the port is taken and end, some say it and stay.
  const release = process.output.follow((line) => {
    if (isTaken(line)) failed.abort(taken());
  });
  process.died.then((exit) => {
    // One that ended at once may have said it before anybody followed.
    failed.abort(exit.lastLines.some(isTaken) ? taken() : new ProcessExitedError(process.name, exit));
  });
  const limitMs = options.readiness.readyLimitMs ?? DEFAULTS.readyLimitMs;
  const limit = options.clock.after(limitMs, () => failed.abort(wait.tooLate(limitMs)));
  try {
    await process.answer(await wait.untilServing());
    signal.throwIfAborted();
  } finally {
    limit.cancel();
    release();
  }
}

/** Whether a line says that the chosen port is another's; none does where the program chooses it. */
function takenPattern({ chosenPort, readiness }: ReadinessOptions): (line: string) => boolean {
  if (chosenPort === null) return () => false;
  const taken = (readiness.port.kind === 'chosen' && readiness.port.taken) || DEFAULTS.taken;
  return (line) => line.search(taken) >= 0;
}

class Wait {
  readonly #process: SupervisedProcess;
  readonly #options: ReadinessOptions;
  readonly #signal: AbortSignal;
  #port: number | null;
  /** Why the newest probe did not do. */
  #lastFailure: unknown;

  constructor(process: SupervisedProcess, options: ReadinessOptions, signal: AbortSignal) {
    this.#process = process;
    this.#options = options;
    this.#signal = signal;
    this.#port = options.chosenPort;
  }

  async untilServing(): Promise<number> {
    this.#port ??= await printedPort(this.#process, this.#options.readiness.port, this.#signal);
    let waitMs = FIRST_POLL_MS;
    while (!(await this.#serves(this.#port))) {
      await sleep(this.#options.clock, waitMs, this.#signal);
      waitMs = Math.min(waitMs * 1.5, LONGEST_POLL_MS);
    }
    return this.#port;
  }

  async #serves(port: number): Promise<boolean> {
    const { clock, readiness } = this.#options;
    const limitMs = readiness.probeLimitMs ?? DEFAULTS.probeLimitMs;
    const late = new AbortController();
    const limit = clock.after(limitMs, () => late.abort(new Error(`no answer within ${limitMs / 1000} s`)));
    const signal = AbortSignal.any([this.#signal, late.signal]);
    try {
      await Promise.race([readiness.probe(port, signal), rejection(signal)]);
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#lastFailure = error;
      return false;
    } finally {
      limit.cancel();
      late.abort();
    }
    // A probe cannot tell whose answer it got.
    if (await this.#process.listensOn(port)) return true;
    this.#lastFailure = new Error(`another process answers on port ${port}`);
    return false;
  }

  tooLate(limitMs: number): ReadinessLimitError {
    const seconds = limitMs / 1000;
    const message =
      this.#port === null
        ? `${this.#process.name} printed no port within ${seconds} s.`
        : `${this.#process.name} did not serve on port ${this.#port} within ${seconds} s (${this.#lastFailure ? messageOf(this.#lastFailure) : 'the first probe still waits'}).`;
    return new ReadinessLimitError(message, this.#process.output.tail(LAST_LINES), {
      cause: this.#lastFailure,
    });
  }
}

async function printedPort(
  process: SupervisedProcess,
  source: PortSource,
  signal: AbortSignal,
): Promise<number> {
  if (source.kind !== 'from-output') throw new Error('A chosen port is not printed.');
  const match = await process.output.waitFor(source.pattern, signal);
  const text = match.groups?.port ?? match[1];
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new ReadinessLimitError(
    `${process.name} printed "${match[0]}", which names no port (${text}).`,
    process.output.tail(LAST_LINES),
  );
}

/** Rejects when the signal aborts, for a probe that does not look at it. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

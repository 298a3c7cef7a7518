/** A held instance of an Ollama: how jobs run on it, and how it is let go. */
import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import type { Contention } from './contention.ts';
import { answerOf } from './job-answer.ts';
import type { OllamaServer } from './server.ts';
import { unload } from './unload.ts';

/**
 * What was listed, or has answered, less than this ago is there as it was: a load takes many times as long. So a look goes before the first of many requests and
 * not before each, which would wait for the server twice.
 */
const FRESH_MS = 20;

/** One instance in an Ollama's memory. */
export class OllamaInstance implements InstanceHandle {
  readonly variant: Variant;
  readonly measured: InstanceHandle['measured'];
  readonly #server: OllamaServer;
  readonly #contention: Contention;
  readonly #onUnloaded: () => void;
  /** Pieces of any answer: while others get on, a silent request may be at a tool call, or wait for its slot. */
  #pieces = 0;
  /** What the runner was last seen to serve, and when by the monotonic clock. */
  #seen: { readonly options: RunnerOptions; at: number } | null = null;

  constructor(
    server: OllamaServer,
    contention: Contention,
    variant: Variant,
    measured: InstanceHandle['measured'],
    onUnloaded: () => void,
  ) {
    this.#server = server;
    this.#contention = contention;
    this.variant = variant;
    this.measured = measured;
    this.#onUnloaded = onUnloaded;
  }

  async run(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const { connection, clock, drain } = this.#server;
    const options = this.#fresh() ?? (await this.#look(signal));
    const { contextLength } = this.variant;
    const counted: OutputSink = (record) => {
      this.#heard(options);
      sink(record);
    };
    const result = await answerOf(
      request,
      { options, contextLength, signs: () => String(this.#pieces) },
      { connection, clock, drain, sink: counted, signal },
    );
    // An answer without pieces is one.
    this.#heard(options);
    this.#contention.noteWait(this.variant, result.usage.loadDurationMs);
    return result;
  }

  #fresh(): RunnerOptions | null {
    const seen = this.#seen;
    return seen && this.#server.clock.monotonic() - seen.at < FRESH_MS ? seen.options : null;
  }

  async #look(signal: AbortSignal): Promise<RunnerOptions> {
    const options = await this.#contention.optionsFor(this.#server, this.variant, signal);
    this.#seen = { options, at: this.#server.clock.monotonic() };
    return options;
  }

  /** A piece of an answer to a request with these options. */
  #heard(options: RunnerOptions): void {
    this.#pieces += 1;
    if (this.#seen?.options === options) this.#seen.at = this.#server.clock.monotonic();
  }

  async unload(signal: AbortSignal): Promise<void> {
    await unload(this.#server, this.variant, signal);
    this.#onUnloaded();
  }
}

/** A held instance of an Ollama: how jobs run on it, and how it is let go. */
import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Variant } from '../../domain/model.ts';
import type { Contention } from './contention.ts';
import { answerOf } from './job-answer.ts';
import type { OllamaServer } from './server.ts';
import { unload } from './unload.ts';

/** One instance in an Ollama's memory. */
export class OllamaInstance implements InstanceHandle {
  readonly variant: Variant;
  readonly measured: InstanceHandle['measured'];
  readonly #server: OllamaServer;
  readonly #contention: Contention;
  readonly #onUnloaded: () => void;
  /** Pieces of any answer: while others get on, a silent request may be at a tool call, or wait for its slot. */
  #pieces = 0;

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
    const options = await this.#contention.optionsFor(this.#server, this.variant, signal);
    const { contextLength } = this.variant;
    const counted: OutputSink = (record) => {
      this.#pieces += 1;
      sink(record);
    };
    const result = await answerOf(
      request,
      { options, contextLength, signs: () => String(this.#pieces) },
      { connection, clock, drain, sink: counted, signal },
    );
    // An answer without pieces is one.
    this.#pieces += 1;
    this.#contention.noteWait(this.variant, result.usage.loadDurationMs);
    return result;
  }

  async unload(signal: AbortSignal): Promise<void> {
    await unload(this.#server, this.variant, signal);
    this.#onUnloaded();
  }
}

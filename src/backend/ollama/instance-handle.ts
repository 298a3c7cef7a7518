import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import type { Call } from './connection.ts';
import type { Contention } from './contention.ts';
import { runCall } from './request-body.ts';
import { runEmbed } from './run-embed.ts';
import { runText } from './run-text.ts';
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

  run(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    return request.request.kind === 'EMBED'
      ? this.#embed(request, request.request.input.length, signal)
      : this.#text(request, sink, signal);
  }

  async unload(signal: AbortSignal): Promise<void> {
    await unload(this.#server, this.variant, signal);
    this.#onUnloaded();
  }

  async #embed(request: RunRequest, inputs: number, signal: AbortSignal): Promise<JobResult> {
    const call = await this.#call(request, signal);
    const result = await runEmbed(this.#server.connection, call, inputs, signal);
    this.#pieces += 1;
    return this.#noted(result);
  }

  async #text(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const { connection, clock, drain } = this.#server;
    const counted: OutputSink = (channel, text) => {
      this.#pieces += 1;
      sink(channel, text);
    };
    const call = await this.#call(request, signal);
    return this.#noted(await runText(connection, clock, call, drain, counted, signal));
  }

  async #call(request: RunRequest, signal: AbortSignal): Promise<Call> {
    const options: RunnerOptions = await this.#contention.optionsFor(this.#server, this.variant, signal);
    return { ...runCall(request, options), signs: () => String(this.#pieces) };
  }

  #noted(result: JobResult): JobResult {
    this.#contention.noteWait(this.variant, result.usage.loadDurationMs);
    return result;
  }
}
